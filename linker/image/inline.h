/* SPDX-License-Identifier: MIT */
/*
 * inline: functions of slots that a part may take copies of.
 *
 * A part sees the bodies of those functions that its units call and that exactly one slot defines. Their
 * digests are in the key of its object in the tier full, so an object never outlives a body that it may have copied:
 * whose body changes is lowered again, and what calls none of them is not.
 */
#ifndef LINKER_IMAGE_INLINE_H
#define LINKER_IMAGE_INLINE_H

#include "linker/image/state.h"
#include "linker/lower.h"

struct body;

struct inlining { /* the bodies of one library that a part sees */
	const struct library *library;
	const struct body **bodies; /* sorted by name */
	const char **names; /* the same, names only */
	size_t count;
};

/*
 * Find what a library's own part sees, and what a program's main part does; nothing when the policy says so.
 *
 * `except` is a set of enum harden: the defences that the part is lowered without.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (the head of a unit is damaged), ERR_IO
 */
int inline_into_library(struct link_state *state, const struct library *library,
	unsigned except, struct inlinings *ret_inlinings);
int inline_into_program(struct link_state *state, const struct program *program,
	unsigned except, struct inlinings *ret_inlinings);

/* Add to the key of a part's object what it sees. */
void inline_add_key(struct hash *hash, const struct part *part, enum lower_tier tier);

/* How many units of bodies the job of a part has in a tier. */
size_t inline_count(const struct part *part, enum lower_tier tier);

/* The names in those units, for its job. Owner: the arena */
const struct lower_bodies *
inline_names(struct arena *arena, const struct part *part, enum lower_tier tier);

/*
 * Make the files of those units.
 *
 * Owner:  the caller closes `fds`, which are -1 before
 * Errors: ERR_DIGEST, ERR_IO
 */
int inline_open(struct arena *arena, const struct part *part, enum lower_tier tier, int *fds);

#endif
