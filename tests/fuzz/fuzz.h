/* SPDX-License-Identifier: MIT */
/*
 * fuzz: one target reads one input. libFuzzer calls it with what it makes up;
 * in the ordinary tests, replay.c calls it with the files of its corpus.
 *
 * Has what every target needs: memory, files, errors, and abort() for a promise that is broken.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* Read the input; a broken promise aborts. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/*
 * Split an input whose first line says what the rest is; false without a line.
 *
 * Owner: both are parts of the input
 */
static inline bool
fuzz_cut_kind(const uint8_t *bytes, size_t length, struct str *ret_kind, struct str *ret_rest)
{
	*ret_rest = (struct str){ .at = (const char *)bytes, .len = length };
	return str_cut(ret_rest, '\n', ret_kind);
}

#endif
