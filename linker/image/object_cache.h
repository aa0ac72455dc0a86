/* SPDX-License-Identifier: MIT */
/*
 * object_cache: lowered objects and their facts by key, in a directory that may be deleted at any time.
 */
#ifndef LINKER_IMAGE_OBJECT_CACHE_H
#define LINKER_IMAGE_OBJECT_CACHE_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>

struct arena;

struct object_cache_entry {
	struct str object;
	struct str facts;
	const char *origin; /* who published it; "": it was lowered here */
};

/*
 * Look an object up.
 *
 * Returns 1 and the entry, or 0 when the cache has none. A damaged entry is
 * removed and counts as none.
 *
 * Owner:  the arena
 * Errors: ERR_IO
 */
int object_cache_get(struct arena *arena, const char *directory, const struct digest *key,
	struct object_cache_entry *ret_entry);

/* Whether the cache has a file for a key, sound or not. */
bool object_cache_has(const char *directory, const struct digest *key);

/*
 * Keep an entry; one that is there already stays. In a cache that belongs to somebody else nothing is
 * kept, and that is no error: it was worth reading.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int object_cache_put(const char *directory, const struct digest *key,
	const struct object_cache_entry *entry);

#endif
