/* SPDX-License-Identifier: MIT */
/*
 * merge: three versions of a text become one.
 */
#ifndef STORE_GENERATION_MERGE_H
#define STORE_GENERATION_MERGE_H

#include "base/str.h"

struct arena;

/*
 * Merge what `ours` and `theirs` changed since `base`, line by line.
 *
 * Returns 0 when no line was changed by both in different ways, 1 otherwise: then the text has both,
 * between marks.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (no text, too long, or diff3 does not want it), ERR_NOT_FOUND (no diff3 here),
 *         ERR_IO, ERR_NO_SPACE
 * Source: diff3(1)
 */
int merge_texts(struct arena *arena, struct str ours, struct str base, struct str theirs,
	struct str *ret_text);

#endif
