/* SPDX-License-Identifier: MIT */
/*
 * refuse: updates that would link and yet break a program.
 */
#ifndef PKGD_REFUSE_H
#define PKGD_REFUSE_H

#include "pkgd/plan.h"

/*
 * Refuse a plan in which a library changes the IR type of a function, or the size of a variable, that
 * a package takes from it which stays as it is. What such a package was compiled against is the
 * library that is installed, so replace.h decides, as it does for can-replace.
 *
 * Every package of the plan must have its manifest.
 *
 * Errors: ERR_SYMBOL (names program, symbol, both types or sizes), as graph_read_units()
 */
int refuse_breaking(struct state *state, const struct plan *plan);

#endif
