/* SPDX-License-Identifier: MIT */
/*
 * fold: which directories of a package can stand in a generation as one link; private to store/.
 *
 * A directory can when all that the package has below it is the store's, and links there stay there: what
 * belongs to the user, and what leads elsewhere by "..", must stand in the generation itself. Directories
 * at the top (bin, share) never do: others have them, too.
 */
#ifndef STORE_GENERATION_FOLD_H
#define STORE_GENERATION_FOLD_H

#include "store/generation.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* Where a package's files below a directory stand in its list, which is sorted; "" is the generation. */
void fold_range(const struct generation_file *files, size_t count, const char *directory,
	size_t *ret_from, size_t *ret_to);

/* Whether a directory can be one link. */
bool fold_can(const struct generation_file *files, size_t count, const char *directory);

struct fold_part {
	const char *
		directory; /* that can be one link, with [from, to) below it; NULL: one entry, `from` */
	size_t from;
	size_t to;
};

/*
 * Tell the parts of a directory: those below it that can be one link, as large as can be, and what stands
 * outside of these by itself.
 *
 * Owner: the arena
 * Errors: those of the visitor
 */
int fold_parts(struct arena *arena, const struct generation_file *files, size_t count,
	const char *directory, int (*visit)(void *data, const struct fold_part *part),
	void *data);

#endif
