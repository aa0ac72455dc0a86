/* SPDX-License-Identifier: MIT */
/*
 * schedule: recipes side by side, each after those that it requires.
 *
 * Most of a small package's time goes to configure and to tests, which use one
 * processor each: two recipes at a time keep two of them busy.
 */
#ifndef REPO_RECIPE_SCHEDULE_H
#define REPO_RECIPE_SCHEDULE_H

#include "repo/recipe/plan.h"

/*
 * Call `build` for every recipe in the plan's order, each in a process of its own when
 * `at_once` is more than one.
 *
 * is_new has an element for each recipe of plan->all and is filled. After a
 * failure nothing new is begun, and what runs comes to its end.
 *
 * Errors: the first that build gives, ERR_IO
 */
int schedule_run(struct arena *arena, const struct plan *plan, unsigned at_once,
	int (*build)(void *data, size_t index, bool *ret_is_new), void *data, bool *is_new);

#endif
