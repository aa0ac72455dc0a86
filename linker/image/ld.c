/* SPDX-License-Identifier: MIT */
/* ld.lld as a child process, its messages caught in a memory file. */
#include "linker/image/ld.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/log.h"
#include "base/process.h"
#include "base/str.h"

#include <string.h>

int
ld_run(struct arena *arena, const struct ld_job *job)
{
	struct process process = { .dies_with_caller = true };
	struct str output = { 0 };
	const char **argv;
	size_t count = 0;
	struct str line;
	int status = 0;

	while (job->arguments[count] != NULL)
		count++;
	argv = arena_array(arena, count + 2, sizeof *argv);
	argv[0] = LD_LLD;
	memcpy(argv + 1, job->arguments, count * sizeof *argv);
	process.argv = argv;
	log_debug("link", "%s: static linker", job->name);
	TRY(err_context(process_capture(arena, &process, &status, &output), "%s: static linker",
		job->name));
	if (status == 0)
		return 0;
	log_debug("link", "%s: " STR_FMT, job->name, STR_ARG(output));
	str_cut(&output, '\n', &line);
	if (memmem(line.at, line.len, "No space left", 13) != NULL)
		return err_set(ERR_NO_SPACE, "%s: no space left to link", job->name);
	return err_set(ERR_FAILED, "%s: static linker: status %d: " STR_FMT, job->name, status,
		STR_ARG(line));
}
