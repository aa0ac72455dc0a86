/* SPDX-License-Identifier: MIT */
/*
 * ld: one run of the static linker, whose inputs may be in memory.
 *
 * ld.lld opens memory files as /proc/self/fd/N; its messages get the real names back.
 */
#ifndef LINKER_DRIVER_LD_H
#define LINKER_DRIVER_LD_H

#include "base/str.h"
#include "base/vec.h"
#include "linker/driver/strings.h"

struct arena;

struct ld_run {
	struct arena *arena;
	struct strings arguments;
	VEC(int) fds; /* memory files, closed at the end */
	struct strings names; /* of the memory files, by the same index */
	int output; /* where standard output goes; 0: the caller's */
};

/* Begin a run: its arguments follow in order. The caller calls ld_end() in any case. */
struct ld_run ld_begin(struct arena *arena);

/* Add an argument. */
void ld_argue(struct ld_run *run, const char *argument);

/*
 * Add an object from memory; messages call it by the name.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int ld_add(struct ld_run *run, const char *name, struct str bytes);

/*
 * Run the static linker; its messages go to standard error.
 *
 * Errors: ERR_BUILD (it refused and has said why), ERR_IO
 */
int ld_finish(struct ld_run *run);

/* As ld_finish(), with the output in memory. Owner: the arena */
int ld_finish_in_memory(struct ld_run *run, struct str *ret_output);

/* Close the memory files: for AUTO(). */
void ld_end(struct ld_run *run);

#endif
