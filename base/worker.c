/* SPDX-License-Identifier: MIT */
/*
 * A worker's standard error is a memory file of a fixed size: it can say little, and cannot make
 * anybody wait who reads it. What it reports stands at the beginning of that file, an error's wire
 * name, a newline and the message, over whatever was said before; its exit status says so.
 *
 * (I1) A worker either runs nothing, or holds a process that was not waited for, its descriptor
 *      and its file.
 */
#include "base/worker.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/process.h"
#include "base/str.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* In the child: let the stack grow. */
static int
raise_stack(void *data)
{
	const struct worker_job *job = data;
	struct rlimit stack;

	if (job->stack == 0)
		return 0;
	if (getrlimit(RLIMIT_STACK, &stack) < 0)
		return -1;
	if (stack.rlim_max == RLIM_INFINITY || stack.rlim_max > job->stack)
		stack.rlim_cur = job->stack;
	return setrlimit(RLIMIT_STACK, &stack);
}

/* A memory file that takes WORKER_MESSAGE_MAX bytes, and not one more. */
static int
make_said(int *ret_fd)
{
	int fd AUTO(file_close) = -1;

	TRY(file_memory("messages", &fd));
	if (ftruncate(fd, (off_t)WORKER_MESSAGE_MAX) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_SHRINK) < 0)
		return err_errno("memory file");
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int
run(const struct worker_job *job, struct worker *worker)
{
	static const char *const no_environment[] = { NULL };
	struct arena *arena AUTO(arena_free) = arena_new();
	size_t count = 0;
	const char **argv;
	struct process process = { .envp = no_environment,
		.stdout_fd = job->output_fd == 0 ? worker->said : job->output_fd,
		.stderr_fd = worker->said,
		.keep_fds = job->fds,
		.keep_count = job->fd_count,
		.dies_with_caller = true,
		.before_exec = raise_stack,
		.data = (void *)job };

	while (job->arguments != NULL && job->arguments[count] != NULL)
		count++;
	argv = arena_array(arena, count + 2, sizeof *argv);
	argv[0] = job->program;
	if (count > 0)
		memcpy(argv + 1, job->arguments, count * sizeof *argv);
	process.argv = argv;
	TRY(process_start(&process, &worker->pid));
	worker->pid_fd = (int)syscall(SYS_pidfd_open, worker->pid, 0);
	return worker->pid_fd < 0 ? err_errno("watch") : 0;
}

/* Wait for its end, close what belongs to it but the file, and say how it ended. */
static int
reap(struct worker *worker, int *ret_status)
{
	int ret = process_wait(worker->pid, ret_status);

	file_close(&worker->pid_fd);
	return ret;
}

int
worker_start(const struct worker_job *job, struct worker *ret_worker)
{
	struct worker worker = { .job = job, .pid_fd = -1, .said = -1, .start = now_ms() };
	int ret = make_said(&worker.said);

	if (ret >= 0)
		ret = run(job, &worker);
	if (ret < 0) {
		if (worker.pid > 0)
			worker_stop(&worker);
		else
			file_close(&worker.said);
		return err_set(
			ERR_WORKER, "%s: cannot start a worker: %s", job->name, err_message());
	}
	*ret_worker = worker;
	return 0;
}

static uint64_t
deadline(const struct worker *worker)
{
	unsigned limit = worker->job->timeout_ms;

	return worker->start + (limit != 0 ? limit : WORKER_TIMEOUT_MS);
}

static void
end_late(struct worker *worker)
{
	(void)kill(worker->pid, SIGKILL);
	worker->is_late = true;
}

int
worker_wait(struct worker *const *workers, size_t count, size_t *ret_index)
{
	struct pollfd fds[WORKERS_MAX];

	if (count > WORKERS_MAX)
		return err_set(
			ERR_LIMIT, "%zu workers at once, at most %d", count, WORKERS_MAX);
	for (;;) {
		uint64_t now = now_ms();
		uint64_t first = UINT64_MAX;

		for (size_t i = 0; i < count; i++) {
			fds[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
			if (workers[i]->job == NULL)
				continue;
			fds[i].fd = workers[i]->pid_fd;
			if (deadline(workers[i]) <= now) {
				end_late(workers[i]);
				*ret_index = i;
				return 0;
			}
			if (deadline(workers[i]) < first)
				first = deadline(workers[i]);
		}
		if (poll(fds, count, first - now < INT_MAX ? (int)(first - now) + 1 : INT_MAX) <
				0 &&
			errno != EINTR)
			return err_errno("wait for workers");
		for (size_t i = 0; i < count; i++)
			if (fds[i].fd >= 0 && fds[i].revents != 0) {
				*ret_index = i;
				return 0;
			}
	}
}

unsigned
worker_time_ms(const struct worker *worker)
{
	return (unsigned)(now_ms() - worker->start);
}

char *
worker_clean_line(struct arena *arena, const char *text, size_t length)
{
	char *line = str_copy(arena, (struct str){ text, length });
	char *end = strchr(line, '\n');

	if (end != NULL)
		*end = '\0';
	for (char *c = line; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return line;
}

/* The error that a worker reported: only what it may know is believed. */
static int
reported_error(struct arena *arena, const struct worker_job *job, struct str said)
{
	struct str name;
	const char *line;

	if (!str_cut(&said, '\n', &name))
		return err_set(ERR_WORKER, "%s: the worker failed without a reason", job->name);
	line = worker_clean_line(arena, said.at, said.len);
	for (const enum err *code = job->believed; code != NULL && *code != 0; code++)
		if (str_is(name, err_name(*code)))
			return err_set(*code, "%s", line);
	if (str_has_prefix(line, job->name))
		return err_set(ERR_WORKER, "%s", line);
	return err_set(ERR_WORKER, "%s: %s", job->name, line);
}

/* Whether a worker's last words are those of LLVM, the C++ library, libsolv or ours without memory. */
static bool
ran_out_of_memory(const char *line)
{
	static const char *const words[] = { "out of memory", "Out of memory", "bad_alloc",
		"Allocation failed" };

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strstr(line, words[i]) != NULL)
			return true;
	return false;
}

static int
death(struct arena *arena, const struct worker *worker, int status, struct str said)
{
	const struct worker_job *job = worker->job;
	const char *line = worker_clean_line(arena, said.at, said.len);
	const char *colon = said.len > 0 ? ": " : "";
	const char *remedy = job->remedy == NULL ? "it may be damaged" : job->remedy;

	if (worker->is_late)
		return err_set(ERR_WORKER, "%s: the worker took longer than %u s (%s)",
			job->name,
			(job->timeout_ms != 0 ? job->timeout_ms : WORKER_TIMEOUT_MS) / 1000,
			remedy);
	if (ran_out_of_memory(line))
		return err_set(ERR_WORKER, "%s: the worker needs more %s", job->name,
			job->no_memory == NULL ? "memory than it may have" : job->no_memory);
	if (status > 128)
		return err_set(ERR_WORKER,
			"%s: the worker was ended by signal %d (%s)%s%s (%s)", job->name,
			status - 128, strsignal(status - 128), colon, line, remedy);
	return err_set(ERR_WORKER, "%s: the worker ended with status %d%s%s", job->name, status,
		colon, line);
}

/* What it said, as far as it said something: the rest of the file is zeros. */
static struct str
read_said(struct arena *arena, int fd)
{
	struct str said;

	if (file_read_fd(arena, fd, WORKER_MESSAGE_MAX, &said) < 0)
		return (struct str){ "", 0 };
	said.len = strnlen(said.at, said.len);
	return said;
}

int
worker_finish(struct worker *worker)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	size_t index;
	int status = 0;
	int ret = 0;

	if (!worker->is_late)
		ret = worker_wait(&worker, 1, &index);
	if (ret < 0) {
		worker_stop(worker);
		return ret;
	}
	ret = reap(worker, &status);
	if (ret >= 0 && (status != 0 || worker->is_late)) {
		struct str said = read_said(arena, worker->said);

		ret = status == WORKER_REPORTED && !worker->is_late
			      ? reported_error(arena, worker->job, said)
			      : death(arena, worker, status, said);
	}
	file_close(&worker->said);
	*worker = (struct worker){ 0 };
	return ret;
}

void
worker_stop(struct worker *worker)
{
	int status;

	if (worker->job == NULL)
		return;
	(void)kill(worker->pid, SIGKILL);
	(void)reap(worker, &status);
	file_close(&worker->said);
	*worker = (struct worker){ 0 };
}

int
worker_report(int code)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	strbuf_printf(&text, "%s\n%s\n", err_name(code), err_message());
	if (text.len > WORKER_MESSAGE_MAX)
		text.len = WORKER_MESSAGE_MAX;
	if (lseek(STDERR_FILENO, 0, SEEK_SET) < 0 ||
		file_write_fd(STDERR_FILENO, text.at, text.len) < 0)
		return EXIT_FAILURE;
	return WORKER_REPORTED;
}

int
worker_parse_fd(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	return end == text || *end != '\0' || number < 0 || number > 1 << 20 ? -1 : (int)number;
}
