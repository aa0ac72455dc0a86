/* SPDX-License-Identifier: MIT */
/*
 * ld: run the static linker, where it can write to the scratch directory only.
 */
#ifndef LINKER_IMAGE_LD_H
#define LINKER_IMAGE_LD_H

#include <stddef.h>

struct arena;

struct ld_job {
	const char *name; /* for messages: "jq-1.6-1: bin/jq" */
	const char *scratch; /* absolute path: all that it reads and writes is below it */
	const char *const *arguments; /* NULL-terminated, without the program's name */
};

/*
 * Run one job. Several threads may do so at once.
 *
 * Errors: ERR_FAILED (the linker refused: its first error line is in the message),
 * ERR_NOT_FOUND (no linker), ERR_NO_SPACE, ERR_IO
 */
int ld_run(struct arena *arena, const struct ld_job *job);

#endif
