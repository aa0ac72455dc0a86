/* SPDX-License-Identifier: MIT */
/*
 * plan: which recipes have to be built, and in which order.
 */
#ifndef REPO_RECIPE_PLAN_H
#define REPO_RECIPE_PLAN_H

#include "base/vec.h"
#include "repo/build.h"
#include "repo/recipe.h"

struct planned {
	struct recipe recipe;
	bool is_wanted; /* asked for */
	int state; /* of the ordering: 0 new, 1 being visited, 2 done */
};

struct plan {
	VEC(struct planned) all; /* every recipe that is known */
	VEC(size_t) order; /* indexes into all, dependencies first */
};

/*
 * Load the recipes and order those that are wanted and what they require.
 *
 * Errors: ERR_NOT_FOUND (nothing has that name), ERR_FORMAT (a recipe, a circle)
 */
int plan_make(struct arena *arena, const struct build_options *options,
	const char *const *wanted, size_t wanted_count, struct plan *ret_plan);

/*
 * The recipes that one recipe requires directly: indexes into plan->all. Returns their count.
 *
 * Owner: the arena
 */
size_t
plan_needs(struct arena *arena, const struct plan *plan, size_t index, size_t **ret_needs);

struct finished_packages; /* those of an output directory, as they are when one is first asked for */

/*
 * The packages that are built already. A package of a known recipe counts when it has that
 * recipe's version, any other always.
 *
 * Owner: the arena; plan and directory stay with the caller
 */
struct finished_packages *
plan_finished(struct arena *arena, const struct plan *plan, const char *directory);

/*
 * The package files that a recipe's sysroot is made of, what they require included; of several
 * of a name the newest.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (neither recipe nor package), ERR_FORMAT; as package_read_manifest()
 */
int plan_find_inputs(struct arena *arena, struct finished_packages *finished,
	const struct recipe *recipe, char ***ret_paths, size_t *ret_count);

#endif
