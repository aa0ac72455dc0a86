/* SPDX-License-Identifier: MIT */
/*
 * decide: which libraries get a slot, and whether everything can link at all.
 */
#ifndef LINKER_IMAGE_DECIDE_H
#define LINKER_IMAGE_DECIDE_H

#include "linker/image/state.h"

/*
 * Decide for each library, with the reason, and for each program what it does not share; needs
 * graph_build().
 *
 * Errors: ERR_FORMAT (a native object), ERR_SYMBOL (two libraries define a name, and it is
 * not clear which is meant: names both and who uses it)
 */
int decide_sharing(struct link_state *state);

/*
 * Check that each symbol that a library or program needs is exported by one of its imports.
 *
 * Errors: ERR_SYMBOL: names the image, the symbol and the libraries searched
 */
int decide_check(const struct link_state *state);

#endif
