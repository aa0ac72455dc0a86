/* SPDX-License-Identifier: MIT */
/*
 * dwarf: the debug sections of objects, with the addresses of the image that they are in.
 */
#ifndef LINKER_DEBUG_DWARF_H
#define LINKER_DEBUG_DWARF_H

#include "base/str.h"

struct arena;

/*
 * Append the debug sections of some of its objects to a copy of an image.
 *
 * Their code must be the image's, but for what linking filled in.
 *
 * Owner:  the caller frees ret_copy
 * Errors: ERR_DIGEST (the code differs: names the function), ERR_FORMAT
 */
int dwarf_append(struct arena *arena, struct str image, const struct str *objects, size_t count,
	struct strbuf *ret_copy);

#endif
