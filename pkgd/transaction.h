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

/*
 * Make the images of the current generation that are worse than full again, in a root that was opened
 * without the lock: it is taken only to put them in their place.
 *
 * 0: there is a new generation, or "nothing": true in the reply. 1: another change came first, and this
 * one must begin again on the new state.
 *
 * Errors: any; the current generation stays as it was
 */
int transaction_improve(struct state *state, bool is_idle);

#endif
