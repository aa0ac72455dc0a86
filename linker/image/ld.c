/* SPDX-License-Identifier: MIT */
/*
 * ld.lld as a child process, its messages caught in a memory file. A window of
 * running children slides over the jobs.
 */
#include "linker/image/ld.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/process.h"
#include "base/str.h"

#include <string.h>
#include <unistd.h>

#define PARALLEL_MAX 64
#define MESSAGES_MAX ((size_t)1 << 20) /* bytes */

struct running {
	const struct ld_job *job;
	pid_t pid;
	int output; /* memory file */
};

static int
start(struct arena *arena, const struct ld_job *job, struct running *ret_running)
{
	size_t count = 0;
	const char **argv;
	struct process process = { 0 };
	struct running running = { .job = job, .output = -1 };
	int ret;

	while (job->arguments[count] != NULL)
		count++;
	argv = arena_array(arena, count + 2, sizeof *argv);
	argv[0] = LD_LLD;
	memcpy(argv + 1, job->arguments, count * sizeof *argv);
	log_debug("link", "%s: static linker", job->name);
	TRY(file_memory("ld", &running.output));
	process.argv = argv;
	process.dies_with_caller = true;
	process.stdout_fd = running.output;
	process.stderr_fd = running.output;
	ret = process_start(&process, &running.pid);
	if (ret < 0) {
		file_close(&running.output);
		return err_context(ret, "%s: static linker", job->name);
	}
	*ret_running = running;
	return 0;
}

static int
finish(struct arena *arena, struct running *running)
{
	struct str output = { 0 };
	struct str line;
	int status = 0;
	int ret = process_wait(running->pid, &status);

	if (ret >= 0 && status != 0)
		ret = file_read_fd(arena, running->output, MESSAGES_MAX, &output);
	file_close(&running->output);
	TRY(ret);
	if (status == 0)
		return 0;
	log_debug("link", "%s: " STR_FMT, running->job->name, STR_ARG(output));
	str_cut(&output, '\n', &line);
	if (memmem(line.at, line.len, "No space left", 13) != NULL)
		return err_set(ERR_NO_SPACE, "%s: no space left to link", running->job->name);
	return err_set(ERR_FAILED, "%s: static linker: status %d: " STR_FMT, running->job->name,
		status, STR_ARG(line));
}

int
ld_run(const struct ld_job *jobs, size_t count)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct running window[PARALLEL_MAX];
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t width = cores < 1 ? 1 : cores > PARALLEL_MAX ? PARALLEL_MAX : (size_t)cores;
	size_t started = 0;
	int ret = 0;

	for (size_t finished = 0; finished < started || (finished < count && ret >= 0);
		finished++) {
		int one;

		while (ret >= 0 && started < count && started - finished < width) {
			ret = start(arena, &jobs[started], &window[started % width]);
			if (ret >= 0)
				started++;
		}
		if (finished == started)
			break;
		/* The first failure is the one told; the others only end. */
		one = ret < 0 ? (process_wait(window[finished % width].pid, &(int){ 0 }), ret)
			      : finish(arena, &window[finished % width]);
		if (ret >= 0)
			ret = one;
	}
	return ret;
}
