/* SPDX-License-Identifier: MIT */
/*
 * refuse: updates that would link and yet break a program.
 */
#ifndef PKGD_REFUSE_H
#define PKGD_REFUSE_H

#include "pkgd/plan.h"

struct link_request;

/*
 * Refuse a plan in which a library changes the IR type of a function, or the size of a variable, that
 * a package takes from it which was built with the library that is installed: because it stays as it
 * is, or because its new version says so. replace.h decides, as it does for can-replace.
 *
 * Every package of the plan must have its manifest.
 *
 * Errors: ERR_SYMBOL (names program, symbol, both types or sizes), as graph_read_units()
 */
int refuse_breaking(struct state *state, const struct plan *plan);

/*
 * Say more of why nothing can be linked: of a symbol that an installed library has and no library of
 * the request, what it was. Else the failure stays what it is.
 *
 * Errors: `code`
 */
int refuse_explain(struct state *state, const struct link_request *request, int code);

#endif
