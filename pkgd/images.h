/* SPDX-License-Identifier: MIT */
/*
 * images: the linker's work for one generation, and its results in the store.
 */
#ifndef PKGD_IMAGES_H
#define PKGD_IMAGES_H

#include "linker/link.h"
#include "pkgd/state.h"
#include "pkgd/wanted.h"

/*
 * Describe the state of the root to the linker; scratch, seed and progress are left to the caller.
 *
 * Slots keep their places unless `is_reseed`: then no old one counts as the current one.
 *
 * Owner:  the arena of the state
 * Errors: as query_slots(), policy_read()
 */
int images_describe(struct state *state, const struct wanted *wanted, bool is_reseed,
	struct link_request *ret_request);

/*
 * Put the images that are new into the store, and describe all of them for the generation.
 *
 * Owner:  the arena of the state
 * Errors: as objects_begin(); ERR_DIGEST (a file is not what the linker said)
 */
int images_import(struct state *state, const struct link_result *result,
	struct generation_image **ret_images);

/* The decisions as the generation records them. Owner: the arena */
struct generation_decision *
images_decisions(struct arena *arena, const struct link_result *result);

#endif
