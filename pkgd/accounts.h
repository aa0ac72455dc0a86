/* SPDX-License-Identifier: MIT */
/*
 * accounts: what a package asks of the machine that weld does not do for it.
 */
#ifndef PKGD_ACCOUNTS_H
#define PKGD_ACCOUNTS_H

#include "pkgd/plan.h"

/*
 * Warn of users and groups that a package of the plan needs and the machine does not have, with the
 * command that makes them; refuse packages that come and declare directories or services.
 *
 * Each package that comes has its contents, or its manifest. `is_image`: the plan is of another machine.
 *
 * Errors: ERR_FAILED (names package and what it declares)
 */
int accounts_check(struct state *state, const struct plan *plan, bool is_image);

#endif
