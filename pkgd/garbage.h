/* SPDX-License-Identifier: MIT */
/*
 * garbage: which generations are forgotten, by hand or by the policy `gc`, and what goes with them.
 */
#ifndef PKGD_GARBAGE_H
#define PKGD_GARBAGE_H

#include "pkgd/state.h"
#include "store/repair.h"

#define GARBAGE_KEEP_ALL (-1)

/*
 * Forget all generations but the newest `keep` and the current one; in a dry run they only count as gone
 * for the scope, which gets their numbers. GARBAGE_KEEP_ALL forgets none.
 *
 * Errors: as generation_remove()
 */
int garbage_forget(struct state *state, int64_t keep, struct repair_scope *scope);

/*
 * Forget what the policy `gc` does not keep; nothing without one. A generation of better images of the
 * same packages does not count, so that there is always one to go back to.
 *
 * Errors: as generation_remove(), policy_read()
 */
int garbage_forget_by_policy(struct state *state, struct repair_scope *scope);

/*
 * After a change: forget by the policy, and remove what went with it. The change is done, so that what
 * fails is a warning.
 */
void garbage_follow_up(struct state *state);

/*
 * Read a policy's value: "never", "5" (generations), "30d" (days) or "5,30d" (what either keeps).
 *
 * Errors: ERR_USAGE
 */
int garbage_parse(const char *text, uint64_t *ret_keep, uint64_t *ret_days);

#endif
