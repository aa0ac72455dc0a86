/* SPDX-License-Identifier: MIT */
/*
 * From the old and the new state to steps, each with its mark and its reason. A package is
 * needed when a chain of needs leads to it from one that is manual or held.
 */
#include "repo/solve/solution.h"

#include "base/arena.h"
#include "base/map.h"
#include "base/vec.h"
#include "repo/version.h"

#include <stdlib.h>
#include <string.h>

/* The installed package that this one takes the place of; NULL: none. */
static const struct solve_package *
find_replaced(const struct resolving *it, const struct solve_package *package)
{
	const struct relations *relations = resolving_relations(it, package);

	for (size_t i = 0; i < package->replace_count; i++) {
		const struct solve_package *old =
			resolving_installed(it, relations->replaces[i].name);

		if (old != NULL && solution_find(&it->solution, old->name) == NULL &&
			version_meets(&resolving_relations(it, old)->provides[0],
				&relations->replaces[i]))
			return old;
	}
	return NULL;
}

static bool
is_asked_to_install(const struct resolving *it, const struct solve_package *package)
{
	return resolving_is_asked(it, SOLVE_INSTALL, package) ||
	       resolving_is_asked(it, SOLVE_INSTALL_FILE, package);
}

static bool
is_manual(const struct resolving *it, const struct solve_package *package)
{
	const struct solve_package *old = resolving_installed(it, package->name);

	if (old == NULL)
		old = find_replaced(it, package);
	return is_asked_to_install(it, package) || (old != NULL && old->is_manual);
}

struct marking { /* which packages of the new state are needed */
	const struct resolving *it;
	bool *is_needed; /* one a package of the solution */
	VEC(size_t) open; /* needed, but what they need was not looked at */
};

static void
mark(struct marking *marking, size_t i)
{
	if (marking->is_needed[i])
		return;
	marking->is_needed[i] = true;
	vec_push(marking->it->arena, &marking->open, i);
}

static void
mark_providers(struct marking *marking, const struct relation *wanted)
{
	const struct name_uses *uses = solution_uses(marking->it, wanted->name);
	const struct solution *solution = &marking->it->solution;

	for (size_t i = 0; i < uses->providers.len; i++)
		if (resolving_meets(marking->it, uses->providers.at[i], wanted))
			mark(marking, solution_position(solution, uses->providers.at[i]));
}

static bool *
find_needed(const struct resolving *it)
{
	struct marking marking = { .it = it };
	const struct solution *solution = &it->solution;

	marking.is_needed = arena_array(it->arena, solution->count, sizeof(bool));
	for (size_t i = 0; i < solution->count; i++) {
		const struct solve_package *old =
			resolving_installed(it, solution->packages[i]->name);

		if (is_manual(it, solution->packages[i]) || (old != NULL && old->is_held))
			mark(&marking, i);
	}
	while (marking.open.len > 0) {
		const struct solve_package *package =
			solution->packages[marking.open.at[--marking.open.len]];
		const struct relations *relations = resolving_relations(it, package);

		for (size_t i = 0; i < package->require_count; i++)
			mark_providers(&marking, &relations->requires[i]);
	}
	return marking.is_needed;
}

void
solution_autoremove(struct resolving *it)
{
	bool *is_needed = find_needed(it);
	size_t count = 0;

	for (size_t i = 0; i < it->solution.count; i++) {
		const struct solve_package *package = it->solution.packages[i];

		if (is_needed[i] || resolving_installed(it, package->name) == NULL)
			it->solution.packages[count++] = package;
	}
	it->solution.count = count;
}

/* "needed by jq-1.6-1 (lib:onig)"; with `old`, only by what that did not meet. NULL: by none. */
static char *
needed_by(const struct resolving *it, const struct solve_package *package,
	const struct solve_package *old)
{
	const struct relations *relations = resolving_relations(it, package);
	const struct need *first = NULL;

	for (size_t i = 0; i < relations->provide_count; i++) {
		const struct name_uses *uses = solution_uses(it, relations->provides[i].name);

		for (size_t j = 0; j < uses->needs.len; j++) {
			const struct need *need = &uses->needs.at[j];

			if (first != NULL && first->order <= need->order)
				break;
			if (need->user != package &&
				resolving_meets(it, package, need->wanted) &&
				(old == NULL || !resolving_meets(it, old, need->wanted)))
				first = need;
		}
	}
	if (first == NULL)
		return NULL;
	return arena_printf(it->arena, "needed by %s (%s)", solve_label(it->arena, first->user),
		relation_text(it->arena, first->wanted));
}

/* Why an installed package cannot stay beside the new state; NULL: no reason is seen. */
static char *
obstacle(const struct resolving *it, const struct solve_package *old)
{
	const struct relations *relations = resolving_relations(it, old);

	for (size_t i = 0; i < old->require_count; i++) {
		if (solution_find_meeting(it, &relations->requires[i], NULL) == NULL)
			return arena_printf(it->arena, "needs %s, which is no longer there",
				relation_text(it->arena, &relations->requires[i]));
	}
	for (size_t i = 0; i < it->solution.count; i++) {
		const struct solve_package *package = it->solution.packages[i];
		const struct relations *other = resolving_relations(it, package);
		bool is_conflict = false;

		for (size_t j = 0; j < package->conflict_count; j++)
			is_conflict =
				is_conflict || resolving_meets(it, old, &other->conflicts[j]);
		for (size_t j = 0; j < old->conflict_count; j++)
			is_conflict = is_conflict ||
				      resolving_meets(it, package, &relations->conflicts[j]);
		if (is_conflict)
			return arena_printf(it->arena, "conflicts with %s",
				solve_label(it->arena, package));
	}
	return NULL;
}

static const char *
or_else(const char *reason, const char *fallback)
{
	return reason != NULL ? reason : fallback;
}

static const char *
removal_reason(const struct resolving *it, const struct solve_package *old)
{
	for (size_t i = 0; i < it->solution.count; i++)
		if (find_replaced(it, it->solution.packages[i]) == old)
			return arena_printf(it->arena, "replaced by %s",
				solve_label(it->arena, it->solution.packages[i]));
	return or_else(obstacle(it, old), "nothing needs it any more");
}

static const char *
step_reason(const struct resolving *it, const struct solve_step *step)
{
	const struct solve_package *replaced;

	if (step->is_asked)
		return "asked for";
	switch (step->action) {
	case SOLVE_REMOVED:
		return removal_reason(it, step->old);
	case SOLVE_NEW:
		replaced = find_replaced(it, step->package);
		if (replaced != NULL)
			return arena_printf(
				it->arena, "replaces %s", solve_label(it->arena, replaced));
		return or_else(needed_by(it, step->package, NULL), "chosen");
	case SOLVE_UPGRADED:
		return or_else(needed_by(it, step->package, step->old), "newer version");
	case SOLVE_DOWNGRADED:
		return or_else(needed_by(it, step->package, step->old), "older version");
	case SOLVE_REINSTALLED:
		return "the same version again";
	default:
		return step->is_manual ? "asked for earlier"
				       : or_else(needed_by(it, step->package, NULL),
						 "nothing needs it");
	}
}

static enum solve_action
step_action(const struct resolving *it, const struct solve_package *package,
	const struct solve_package *old)
{
	int order;

	if (old == NULL)
		return SOLVE_NEW;
	if (package == NULL)
		return SOLVE_REMOVED;
	if (package == old)
		return SOLVE_KEPT;
	order = resolving_compare(it, package, old);
	if (order == 0)
		return SOLVE_REINSTALLED;
	return order > 0 ? SOLVE_UPGRADED : SOLVE_DOWNGRADED;
}

static bool
is_asked(const struct resolving *it, const struct solve_step *step)
{
	if (step->action == SOLVE_REMOVED)
		return resolving_is_asked(it, SOLVE_REMOVE, step->old);
	if (is_asked_to_install(it, step->package))
		return true;
	if (step->old == NULL || step->action == SOLVE_KEPT)
		return false;
	return resolving_is_asked(it, SOLVE_UPGRADE, step->old) ||
	       resolving_is_asked(it, SOLVE_REINSTALL, step->old);
}

static struct solve_step
make_step(const struct resolving *it, const struct solve_package *package,
	const struct solve_package *old)
{
	struct solve_step step = {
		.action = step_action(it, package, old),
		.package = package != NULL ? package : old,
		.old = old,
		.is_manual = package != NULL && is_manual(it, package),
	};

	step.is_asked = is_asked(it, &step);
	step.reason = step_reason(it, &step);
	return step;
}

static int
compare_steps(const void *a, const void *b)
{
	const struct solve_step *left = a;
	const struct solve_step *right = b;

	return strcmp(left->package->name, right->package->name);
}

static bool
is_upgrade_of_all(const struct resolving *it)
{
	for (size_t i = 0; i < it->request->job_count; i++)
		if (it->wishes[i].job->verb == SOLVE_UPGRADE &&
			it->wishes[i].relation.name == NULL)
			return true;
	return false;
}

/* What an upgrade would choose, by name. */
static void
find_best_offers(const struct resolving *it, struct map *ret_offers)
{
	for (size_t i = 0; i < it->request->available_count; i++) {
		const struct solve_package *offer = &it->request->available[i];

		if (!offer->is_file && offer->only_for == NULL &&
			resolving_is_better(it, offer, map_get(ret_offers, offer->name)))
			map_set(it->arena, ret_offers, offer->name, (void *)offer);
	}
}

/* Newer versions of packages that stay. */
static void
find_kept_back(const struct resolving *it, struct solve_result *result)
{
	VEC(const struct solve_package *) kept_back = { 0 };
	struct map offers = { 0 };

	if (!is_upgrade_of_all(it))
		return;
	find_best_offers(it, &offers);
	for (size_t i = 0; i < result->step_count; i++) {
		const struct solve_step *step = &result->steps[i];
		const struct solve_package *best = map_get(&offers, step->package->name);

		if (step->action == SOLVE_KEPT && best != NULL &&
			resolving_compare(it, best, step->package) > 0)
			vec_push(it->arena, &kept_back, best);
	}
	result->kept_back = kept_back.at;
	result->kept_back_count = kept_back.len;
}

void
solution_describe(const struct resolving *it, struct solve_result *ret_result)
{
	VEC(struct solve_step) steps = { 0 };
	VEC(const struct solve_package *) unneeded = { 0 };
	bool *is_needed = find_needed(it);
	bool has_changes = false;

	for (size_t i = 0; i < it->solution.count; i++) {
		const struct solve_package *package = it->solution.packages[i];

		vec_push(it->arena, &steps,
			make_step(it, package, resolving_installed(it, package->name)));
		if (!is_needed[i])
			vec_push(it->arena, &unneeded, package);
	}
	for (size_t i = 0; i < it->request->installed_count; i++) {
		const struct solve_package *old = &it->request->installed[i];

		if (solution_find(&it->solution, old->name) == NULL)
			vec_push(it->arena, &steps, make_step(it, NULL, old));
	}
	if (steps.len > 0)
		qsort(steps.at, steps.len, sizeof *steps.at, compare_steps);
	VEC_EACH (struct solve_step, step, &steps)
		has_changes = has_changes || step->action != SOLVE_KEPT ||
			      step->is_manual != step->old->is_manual;
	*ret_result = (struct solve_result){
		.steps = steps.at,
		.step_count = steps.len,
		.has_changes = has_changes,
		.unneeded = unneeded.at,
		.unneeded_count = unneeded.len,
	};
	find_kept_back(it, ret_result);
}
