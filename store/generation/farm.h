/* SPDX-License-Identifier: MIT */
/*
 * farm: how the paths of all packages, images and outputs fit together to the tree of a generation;
 * private to store/.
 *
 * (F1) No two entries have one path, but directories.
 * (F2) No entry lies below another that is not a directory.
 * (F3) A directory is one link (fold.h) exactly when one package alone has something there, and the directory
 *      above it is not. So the tree follows from the packages, images and outputs, whatever was there before.
 */
#ifndef STORE_GENERATION_FARM_H
#define STORE_GENERATION_FARM_H

#include "base/map.h"
#include "store/generation/tree.h"

struct farm_base { /* the tree of another generation, as the database has it */
	struct tree tree;
	struct map lists; /* label of each of its packages -> struct digest: of its list */
};

/*
 * Make the tree of a generation; with a base only what is different has to be looked at, and files are
 * read of packages that come, go, or share a directory with one that does. `store` may be NULL where all files are there.
 *
 * Owner:  the arena, which that of the base must outlive; entries of the base that stay are in the tree, and have a row
 * Errors: as generation_check(), ERR_DIGEST, ERR_IO
 */
int
farm_make(struct arena *arena, const struct store *store, const struct generation *generation,
	const struct farm_base *base, struct tree *ret_tree);

#endif
