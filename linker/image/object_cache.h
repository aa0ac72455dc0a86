/* SPDX-License-Identifier: MIT */
/*
 * object_cache: lowered objects by key, in a directory that may be deleted at any time.
 */
#ifndef LINKER_IMAGE_OBJECT_CACHE_H
#define LINKER_IMAGE_OBJECT_CACHE_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>

struct arena;

/*
 * Look an object up.
 *
 * Returns 1 and the contents, or 0 when the cache has none. A damaged entry is
 * removed and counts as none.
 *
 * Owner:  the arena
 * Errors: ERR_IO
 */
int object_cache_get(struct arena *arena, const char *directory, const struct digest *key,
	struct str *ret_object);

/*
 * Keep an object; one that is there already stays.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int object_cache_put(const char *directory, const struct digest *key, struct str object);

#endif
