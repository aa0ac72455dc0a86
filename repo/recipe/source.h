/* SPDX-License-Identifier: MIT */
/*
 * source: the files that a recipe names, verified and kept in the cache, and the
 * source tree that they make.
 */
#ifndef REPO_RECIPE_SOURCE_H
#define REPO_RECIPE_SOURCE_H

#include "repo/recipe.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;

/*
 * Make sure that all files of a recipe's sources are in the cache with the right digests.
 *
 * Errors: ERR_FETCH (also when offline and something is missing), ERR_DIGEST, ERR_IO
 */
int source_fetch(struct arena *arena, const char *cache_dir, const struct recipe *recipe,
	bool is_offline);

/*
 * Unpack the sources below top, as top/src, and apply the recipe's patches.
 *
 * ret_epoch is the time of the source in seconds since 1970: of Debian's
 * changelog if there is one, otherwise of the newest file.
 *
 * Errors: ERR_BUILD (an archive or a patch does not fit), ERR_DIGEST, ERR_IO
 */
int source_unpack(struct arena *arena, const char *cache_dir, const struct recipe *recipe,
	const char *top, int64_t *ret_epoch);

/* Where a file is kept: CACHE/sources/SHA256.NAME. Owner: the arena */
char *source_path(struct arena *arena, const char *cache_dir, const struct recipe_file *file);

#endif
