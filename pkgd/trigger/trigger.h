/* SPDX-License-Identifier: MIT */
/*
 * trigger: files of a generation that are made from its other files, such as caches.
 *
 * A package declares which of its programs makes which file from which others, of all packages. The file
 * is a function of these alone: where nothing that decides it has changed, it is not made again.
 */
#ifndef PKGD_TRIGGER_TRIGGER_H
#define PKGD_TRIGGER_TRIGGER_H

#include "pkgd/plan.h"
#include "store/generation.h"

/*
 * Make the outputs of a generation whose images are described already, and describe them in it.
 *
 * A trigger that no file matches makes nothing. `scratch` is a directory where cages can be made.
 *
 * Owner:  the arena of the state; ret_made is an array of what was made and what was kept
 * Errors: ERR_FAILED (a trigger failed: names package and trigger, and what it printed), and those of
 *         cage_run() and objects_begin()
 * Source: weld-triggers(7)
 */
int trigger_make_all(struct state *state, const struct plan *plan, const char *scratch,
	struct generation *next, json_t *ret_made);

#endif
