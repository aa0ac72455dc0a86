/* SPDX-License-Identifier: MIT */
/*
 * collide: two packages that want the same path, found before anything is fetched.
 */
#ifndef PKGD_COLLIDE_H
#define PKGD_COLLIDE_H

#include "pkgd/plan.h"

/*
 * Check that no path of a package that comes belongs to another one of the plan, and that none lies
 * below a file of another. Directories may be shared.
 *
 * What stays was checked when it came.
 *
 * Errors: ERR_EXISTS (names path and both packages)
 */
int collide_check(struct state *state, const struct plan *plan);

#endif
