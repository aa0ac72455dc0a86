/* SPDX-License-Identifier: MIT */
/*
 * image/published: which objects somebody published for this operation, and whether it can lower.
 */
#ifndef LINKER_IMAGE_PUBLISHED_H
#define LINKER_IMAGE_PUBLISHED_H

#include "linker/image/state.h"

/*
 * Find the own target, and note what is offered.
 *
 * Where objects are offered it is no failure that the worker cannot be run: it may not be needed.
 *
 * Errors: as lower_find_target()
 */
int published_begin(struct link_state *state);

/* Whether an object of this key is offered. */
bool published_has(const struct link_state *state, const struct digest *key);

/*
 * Fail when there is no worker; `name` is what has to be lowered.
 *
 * Errors: ERR_WORKER
 */
int published_need_worker(const struct link_state *state, const char *name);

#endif
