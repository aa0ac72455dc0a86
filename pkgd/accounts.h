/* SPDX-License-Identifier: MIT */
/*
 * accounts: users, groups and directories that packages declare.
 *
 * What is there already is never changed, and nothing is taken away again: files that nobody knows of
 * may belong to an account, and a directory holds what was written since.
 */
#ifndef PKGD_ACCOUNTS_H
#define PKGD_ACCOUNTS_H

#include "pkgd/plan.h"

/*
 * Say in the plan what accounts_make() will make, and warn of accounts that it may not make, with the command that does, and
 * of those that are other than a package wants.
 *
 * Each package that comes has its contents, or its manifest. `is_image`: the plan is of another machine,
 * whose accounts nobody can see from here.
 *
 * Errors: those of policy_read()
 */
int accounts_check(struct state *state, struct plan *plan, bool is_image);

/*
 * Make, or list for the machine of an image in ROOT/state/accounts, what the packages that come declare and is not there yet: accounts where the policy key
 * `accounts` allows it, and directories below ROOT/state/var.
 *
 * Every package has its manifest. What was made stays when the change fails after all.
 *
 * Errors: ERR_FAILED (names package and account, and what the program said), ERR_NOT_FOUND (no such program),
 *         ERR_NO_SPACE, ERR_IO
 * Source: useradd(8), groupadd(8)
 */
int accounts_make(struct state *state, const struct plan *plan, bool is_image);

#endif
