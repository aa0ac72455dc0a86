/* SPDX-License-Identifier: MIT */
/*
 * spawn RUNS FILE: how long programs take from spawn to exit, side by side.
 *
 * FILE has a line a program: a name, then the program and its arguments, all
 * separated by single tabs. Each round runs every program once, so that what
 * else the machine does hits all of them alike, and in an order of its own, so that
 * none always finds the caches as the same other one left them. A row of output has
 * the name, then median, 10th and 90th percentile in microseconds, then the
 * median of minor page faults, separated by tabs.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define PROGRAMS_MAX 32
#define ARGUMENTS_MAX 16
#define WARM_UP 10 /* rounds that do not count */

extern char **environ;

struct program {
	char *line; /* owns the words */
	char *name;
	char *argv[ARGUMENTS_MAX + 1];
	double *microseconds; /* a round each */
	double *faults; /* a round each */
};

static _Noreturn void
fail(const char *what)
{
	fprintf(stderr, "spawn: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
now_microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static size_t
read_programs(const char *path, struct program *programs)
{
	FILE *file = fopen(path, "re");
	size_t count = 0;
	size_t size = 0;
	ssize_t length;

	if (file == NULL)
		fail(path);
	while (count < PROGRAMS_MAX &&
		(length = getline(&programs[count].line, &size, file)) > 0) {
		struct program *program = &programs[count++];
		char *rest = program->line;
		size_t words = 0;

		if (rest[length - 1] == '\n')
			rest[length - 1] = '\0';
		program->name = strsep(&rest, "\t");
		while (words < ARGUMENTS_MAX && rest != NULL)
			program->argv[words++] = strsep(&rest, "\t");
		if (words == 0) {
			fprintf(stderr, "spawn: %s: a line without a program\n", path);
			exit(2);
		}
		size = 0;
	}
	fclose(file);
	return count;
}

/* Run once; time and page faults go to the given round, or nowhere when it is negative. */
static void
run_once(struct program *program, const posix_spawn_file_actions_t *actions, long round)
{
	double start = now_microseconds();
	struct rusage usage;
	double end;
	int status;
	pid_t pid;

	errno = posix_spawn(&pid, program->argv[0], actions, NULL, program->argv, environ);
	if (errno != 0)
		fail(program->argv[0]);
	while (wait4(pid, &status, 0, &usage) < 0)
		if (errno != EINTR)
			fail("wait4");
	end = now_microseconds();
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "spawn: %s: ended with wait status %d\n", program->argv[0],
			status);
		exit(1);
	}
	if (round >= 0) {
		program->microseconds[round] = end - start;
		program->faults[round] = (double)usage.ru_minflt;
	}
}

/* Another order of the numbers below count, the same in each run of this program. */
static void
shuffle(size_t *order, size_t count)
{
	static unsigned state = 1;

	for (size_t i = count; i > 1; i--) {
		size_t other;
		size_t kept = order[i - 1];

		state = state * 1103515245 + 12345;
		other = (state >> 16) % i;
		order[i - 1] = order[other];
		order[other] = kept;
	}
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
percentile(const double *sorted, long count, long percent)
{
	return sorted[(count - 1) * percent / 100];
}

int
main(int argc, char **argv)
{
	static struct program programs[PROGRAMS_MAX];
	posix_spawn_file_actions_t actions;
	size_t order[PROGRAMS_MAX];
	long runs = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
	size_t count;

	if (runs < 1 || runs > 1000000) {
		fprintf(stderr, "usage: spawn RUNS FILE\n");
		return 2;
	}
	count = read_programs(argv[2], programs);
	if (posix_spawn_file_actions_init(&actions) != 0 ||
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0) != 0)
		fail("file actions");
	for (size_t i = 0; i < count; i++) {
		programs[i].microseconds = calloc((size_t)runs, sizeof(double));
		programs[i].faults = calloc((size_t)runs, sizeof(double));
		if (programs[i].microseconds == NULL || programs[i].faults == NULL)
			fail("calloc");
	}
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	for (long round = -WARM_UP; round < runs; round++) {
		shuffle(order, count);
		for (size_t i = 0; i < count; i++)
			run_once(&programs[order[i]], &actions, round);
	}
	for (size_t i = 0; i < count; i++) {
		struct program *program = &programs[i];

		qsort(program->microseconds, (size_t)runs, sizeof(double), compare_doubles);
		qsort(program->faults, (size_t)runs, sizeof(double), compare_doubles);
		printf("%s\t%.1f\t%.1f\t%.1f\t%.0f\n", program->name,
			percentile(program->microseconds, runs, 50),
			percentile(program->microseconds, runs, 10),
			percentile(program->microseconds, runs, 90),
			percentile(program->faults, runs, 50));
	}
	posix_spawn_file_actions_destroy(&actions);
	return 0;
}
