/* SPDX-License-Identifier: MIT */
/*
 * pieces: an image's own code as many objects, for the tiers that do not optimize across units.
 *
 * Below the tier full nothing is gained by merging a program with its private libraries, so each unit,
 * and each piece of a large one, is lowered by itself: on all cores, once for all images that have
 * it, and again only when it changed.
 */
#ifndef LINKER_IMAGE_PIECES_H
#define LINKER_IMAGE_PIECES_H

#include "linker/image/state.h"

/*
 * Say which parts stand for an image's main part below full; none where what its units define clashes,
 * or machine code beside them may need what they hide.
 *
 * `own` is the part of the program's unit alone; NULL for a slot.
 *
 * Errors: ERR_FORMAT (a unit's head is damaged), ERR_IO
 */
int pieces_prepare(struct link_state *state, struct image *image, struct part *own,
	const struct link_program *program);

/* How many objects are the image's own in its tier, and each of their parts. */
size_t pieces_count(const struct image *image, enum lower_tier tier);
struct part *pieces_get(const struct image *image, enum lower_tier tier, size_t index);

/* Which unit of the main part a part is of; all of them: the number of units. */
size_t pieces_unit(const struct image *image, const struct part *part);

#endif
