/* SPDX-License-Identifier: MIT */
/*
 * clash: symbols that several libraries of one program define.
 *
 * Each library keeps its own for its own use. Whoever else uses such a symbol gets that of the first library in
 * the order in which C would search; where weld would choose another one, nothing is linked.
 */
#ifndef LINKER_IMAGE_CLASH_H
#define LINKER_IMAGE_CLASH_H

#include "linker/image/state.h"

/*
 * Check every program's libraries, and make private what must be, so that the definition that is
 * meant is found; needs the decision for each library.
 *
 * *ret_is_changed says whether a library became private to a program: then decide again.
 *
 * Errors: ERR_SYMBOL: names the program, both libraries, the symbol and who uses it
 */
int clash_settle(struct link_state *state, bool *ret_is_changed);

/* Whether both are of one library, in two series: "lua@5.3" and "lua@5.4". */
bool clash_are_series(const struct library *a, const struct library *b);

#endif
