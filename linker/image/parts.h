/* SPDX-License-Identifier: MIT */
/*
 * parts: the objects that each image is made of, and their lowering.
 */
#ifndef LINKER_IMAGE_PARTS_H
#define LINKER_IMAGE_PARTS_H

#include "linker/image/state.h"

/*
 * Say for each image what is merged into it and what is linked beside it; needs decide_sharing().
 *
 * Errors: ERR_FORMAT (a native object is damaged)
 */
int parts_prepare(struct link_state *state);

/*
 * Get the objects of every image that is not settled: from the cache, or by lowering.
 *
 * Errors: ERR_PROFILE, ERR_SYMBOL, ERR_WORKER, ERR_NO_SPACE, ERR_IO
 */
int parts_lower(struct link_state *state);

#endif
