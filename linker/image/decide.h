/* SPDX-License-Identifier: MIT */
/*
 * decide: which libraries get a slot, and whether everything can link at all.
 */
#ifndef LINKER_IMAGE_DECIDE_H
#define LINKER_IMAGE_DECIDE_H

#include "linker/image/state.h"

/* Decide for each library, with the reason; needs graph_build(). */
void decide_sharing(struct link_state *state);

/*
 * Check that each symbol that a library or program needs is exported by one of its imports.
 *
 * Errors: ERR_SYMBOL: names the image, the symbol and the libraries searched
 */
int decide_check(const struct link_state *state);

#endif
