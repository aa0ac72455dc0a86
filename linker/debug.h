/* SPDX-License-Identifier: MIT */
/*
 * debug: images with debug information, for debuggers.
 *
 * A copy of an installed image with DWARF sections behind it. These come from lowering the image's
 * units once more, from their variants with debug information. The code that this gives is
 * compared with that of the image: where it differs, there is no copy, since every line
 * would be a lie.
 */
#ifndef LINKER_DEBUG_H
#define LINKER_DEBUG_H

#include "linker/link.h"

struct link_debug_image {
	const char *name; /* "bin/lua" or the library's name */
	const char *package;
	const char *
		path; /* where programs find the image: the slot's path, or the program's own */
	const char *image; /* the file in the store */
	const char *copy; /* the file with debug information; NULL: there is none */
	const char *why_not; /* then */
	const char *const *missing; /* packages whose units have no debug information here */
	size_t missing_count;
};

/*
 * Make copies of a program's image and of the slots that it uses.
 *
 * `units` is a directory with DIGEST.bc for each unit that has debug information; copies
 * are made below `output`, under their digests, and found there the next time.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (no such program, or the images are not what would be linked now), as
 * link_all()
 */
int link_debug(struct arena *arena, const struct link_request *request, const char *program,
	const char *units, const char *output, struct link_debug_image **ret_images,
	size_t *ret_count);

#endif
