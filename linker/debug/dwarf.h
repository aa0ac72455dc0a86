/* SPDX-License-Identifier: MIT */
/*
 * dwarf: the debug sections of an object, with the addresses of the image that it is in.
 */
#ifndef LINKER_DEBUG_DWARF_H
#define LINKER_DEBUG_DWARF_H

#include "base/str.h"

struct arena;

/*
 * Append an object's debug sections to a copy of an image.
 *
 * The object's code must be the image's, but for what linking filled in.
 *
 * Owner:  the caller frees ret_copy
 * Errors: ERR_DIGEST (the code differs: names the function), ERR_FORMAT
 */
int
dwarf_append(struct arena *arena, struct str image, struct str object, struct strbuf *ret_copy);

#endif
