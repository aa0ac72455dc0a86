/* SPDX-License-Identifier: MIT */
/*
 * resolve: from what is wanted to exactly which packages.
 *
 * What is installed does not count, but as something to be had: the same world file, lock and
 * offers give the same packages on every root of an architecture.
 */
#ifndef PKGD_WORLD_RESOLVE_H
#define PKGD_WORLD_RESOLVE_H

#include "pkgd/plan.h"
#include "pkgd/world/lock.h"
#include "pkgd/world/world.h"

/*
 * Resolve a world file; a package that `locked` has is taken in that very build, unless the world
 * file wants another version or nobody has it any more, which is told, or all is to be the newest
 * (`is_update`). `locked` may be NULL.
 *
 * The seed is the locked one, or the root's.
 *
 * Owner:  the arena of the state
 * Errors: ERR_NOT_FOUND and ERR_UNRESOLVABLE as solve_run(), ERR_NOT_FOUND (a package to be held)
 */
int resolve_world(struct state *state, const struct world *world, const struct lock *locked,
	bool is_update, struct lock *ret_lock);

/*
 * The wish that makes the root match a lock: `jobs`, `pins` and, where the seed is another, `seed`
 * are set.
 *
 * Owner:  the arena of the state; the lock is borrowed
 * Errors: ERR_NOT_FOUND (nobody has a package)
 */
int resolve_wish(struct state *state, const struct lock *lock, struct plan_wish *wish);

#endif
