/* SPDX-License-Identifier: MIT */
/*
 * transaction: from a wish to the next generation, all or nothing.
 */
#ifndef PKGD_TRANSACTION_H
#define PKGD_TRANSACTION_H

#include "pkgd/plan.h"
#include "pkgd/state.h"

/*
 * Carry out a wish in a root that was opened with STATE_WRITE; a dry run ends after the plan.
 *
 * The reply gets generation, changes, images, libraries, new_slots and time_ms, or "nothing": true.
 *
 * Errors: any; the current generation stays as it was
 */
int transaction_run(struct state *state, const struct plan_wish *wish);

#endif
