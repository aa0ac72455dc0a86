/* SPDX-License-Identifier: MIT */
/*
 * parts: the objects that each image is made of, and their lowering.
 */
#ifndef LINKER_IMAGE_PARTS_H
#define LINKER_IMAGE_PARTS_H

#include "linker/image/state.h"
#include "linker/published.h"

/*
 * Say for each image what is merged into it and what is linked beside it; needs decide_sharing().
 *
 * Errors: ERR_FORMAT (a native object is damaged)
 */
int parts_prepare(struct link_state *state);

/*
 * Make a part of one piece of a unit, with a set of enum harden, all that it does not hide being
 * preserved.
 */
struct part *parts_add_piece(struct link_state *state, const struct link_unit *unit,
	const struct unit_piece *piece, unsigned harden, const char *name);

/*
 * Get the objects of every image that is not settled: from the cache, or by lowering.
 *
 * Errors: ERR_PROFILE, ERR_SYMBOL, ERR_WORKER, ERR_NO_SPACE, ERR_IO
 */
int parts_lower(struct link_state *state);

/* The keys of the offered objects that images still to be made need, and the cache lacks. */
void parts_list_missing(struct link_state *state, struct digest **ret_keys, size_t *ret_count);

/*
 * Get the objects of every part that some set of these libraries and programs has.
 *
 * Errors: as parts_lower()
 */
int parts_lower_all(struct link_state *state, struct link_lowered_set *ret_set);

/* The job that lowers a part, without its units. */
struct lower_job
parts_job(const struct link_state *state, const struct part *part, enum lower_tier tier);

#endif
