/* SPDX-License-Identifier: MIT */
/*
 * answer: what configure scripts and build systems ask a compiler.
 */
#ifndef LINKER_DRIVER_ANSWER_H
#define LINKER_DRIVER_ANSWER_H

#include "linker/driver/options.h"

#include <stdbool.h>

struct arena;

/*
 * Answer when the command line only asks: -dumpmachine, --version, -print-prog-name=ld.
 *
 * ret_is_done tells whether it did; ret_status is then the exit status.
 *
 * Errors: ERR_IO
 */
int answer_question(struct arena *arena, const struct options *options,
	const struct strings *arguments, bool *ret_is_done, int *ret_status);

/* Run one of LLVM's tools in our place with the same arguments; returns only on failure. */
int answer_run_tool(struct arena *arena, const char *tool, const struct strings *arguments);

#endif
