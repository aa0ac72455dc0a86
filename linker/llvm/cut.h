/* SPDX-License-Identifier: MIT */
/*
 * cut: large units in pieces.
 */
#ifndef LINKER_LLVM_CUT_H
#define LINKER_LLVM_CUT_H

#include "base/str.h"
#include "linker/llvm/neutral.h"

#include <stddef.h>

struct arena;

/*
 * Write a unit as bitcode, in pieces when it is large; a small one, or one that cannot be cut, is one.
 *
 * `unit` is a name that no other unit has that may be linked into the same image, and that a new version
 * keeps: what is internal gets it as a part of its name. The module is of no use afterwards.
 *
 * Owner:  the arena has the array; the caller frees each with strbuf_free(), also after a failure
 * Errors: ERR_FORMAT (damaged IR)
 */
int neutral_cut(struct arena *arena, struct neutral *module, const char *unit,
	struct strbuf **ret_pieces, size_t *ret_count);

#endif
