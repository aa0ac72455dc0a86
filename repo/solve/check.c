/* SPDX-License-Identifier: MIT */
/*
 * The new state, checked without weld-solve. What was wrong between installed packages before
 * and is left as it was does not count: it must not stop its own repair.
 */
#include "repo/solve/solution.h"

#include "base/arena.h"
#include "base/err.h"
#include "repo/version.h"

#include <string.h>

static bool
is_kept(const struct resolving *it, const struct solve_package *package)
{
	return resolving_installed(it, package->name) == package;
}

static bool
was_met(const struct resolving *it, const struct relation *wanted)
{
	for (size_t i = 0; i < it->request->installed_count; i++)
		if (resolving_meets(it, &it->request->installed[i], wanted))
			return true;
	return false;
}

static int
fail(const struct resolving *it, const char *what, const struct solve_package *package,
	const char *detail)
{
	return err_set(ERR_UNRESOLVABLE,
		"%s: %s %s (the resolver's answer failed its check: nothing is done)",
		solve_label(it->arena, package), what, detail);
}

static int
check_needs(const struct resolving *it, const struct solve_package *package)
{
	const struct relations *relations = resolving_relations(it, package);

	for (size_t i = 0; i < package->require_count; i++) {
		const struct relation *wanted = &relations->requires[i];

		if (solution_find_meeting(it, wanted, NULL) == NULL &&
			(!is_kept(it, package) || was_met(it, wanted)))
			return fail(it, "lacks", package, relation_text(it->arena, wanted));
	}
	return 0;
}

static int
check_conflicts(const struct resolving *it, const struct solve_package *package)
{
	const struct relations *relations = resolving_relations(it, package);

	for (size_t i = 0; i < package->conflict_count; i++) {
		const struct solve_package *other =
			solution_find_meeting(it, &relations->conflicts[i], package);

		if (other != NULL && !(is_kept(it, package) && is_kept(it, other)))
			return fail(
				it, "conflicts with", package, solve_label(it->arena, other));
	}
	for (size_t i = 0; i < package->replace_count; i++) {
		const struct solve_package *other =
			solution_find(&it->solution, relations->replaces[i].name);

		if (other != NULL && other != package &&
			version_meets(&resolving_relations(it, other)->provides[0],
				&relations->replaces[i]) &&
			!(is_kept(it, package) && is_kept(it, other)))
			return fail(it, "replaces", package, solve_label(it->arena, other));
	}
	return 0;
}

static bool
is_replaced(const struct resolving *it, const struct solve_package *old)
{
	const struct relation *own = &resolving_relations(it, old)->provides[0];

	for (size_t i = 0; i < it->solution.count; i++) {
		const struct solve_package *package = it->solution.packages[i];
		const struct relations *relations = resolving_relations(it, package);

		for (size_t j = 0; j < package->replace_count; j++)
			if (version_meets(own, &relations->replaces[j]))
				return true;
	}
	return false;
}

/* What happens to an installed package must be allowed. */
static int
check_change(const struct resolving *it, const struct solve_package *old)
{
	const struct solve_package *package = solution_find(&it->solution, old->name);
	unsigned flags = it->request->flags;
	bool is_same = package != NULL && resolving_compare(it, package, old) == 0;

	if (old->is_held && !is_same && (flags & SOLVE_MAY_CHANGE_HELD) == 0)
		return fail(it, "is held and would be", old,
			package == NULL ? "removed" : "changed");
	if (package == NULL) {
		if ((flags & SOLVE_MAY_REMOVE) != 0 ||
			resolving_is_asked(it, SOLVE_REMOVE, old) || is_replaced(it, old))
			return 0;
		return fail(it, "would be", old, "removed");
	}
	if (resolving_compare(it, package, old) >= 0 || (flags & SOLVE_MAY_DOWNGRADE) != 0 ||
		resolving_is_asked(it, SOLVE_INSTALL, package) ||
		resolving_is_asked(it, SOLVE_INSTALL_FILE, package))
		return 0;
	return fail(it, "would be", old, "downgraded");
}

/* Who asked for a package by its name is not given another one that provides the name. */
static bool
is_granted(const struct resolving *it, const struct wish *wish)
{
	const struct solve_package *package;

	if (wish->is_provided)
		return solution_find_meeting(it, &wish->relation, NULL) != NULL;
	package = solution_find(&it->solution, wish->relation.name);
	return package != NULL &&
	       version_meets(&resolving_relations(it, package)->provides[0], &wish->relation);
}

static int
check_wish(const struct resolving *it, const struct wish *wish)
{
	const struct solve_package *package;

	switch (wish->job->verb) {
	case SOLVE_INSTALL:
		if (is_granted(it, wish))
			return 0;
		return err_set(ERR_UNRESOLVABLE, "%s: not in the resolver's answer",
			relation_text(it->arena, &wish->relation));
	case SOLVE_INSTALL_FILE:
		package = solution_find(&it->solution, wish->job->file->name);
		if (package == wish->job->file)
			return 0;
		return fail(it, "is not in", wish->job->file, "the resolver's answer");
	case SOLVE_REMOVE:
		package = solution_find(&it->solution, wish->relation.name);
		if (package == NULL || !resolving_is_asked(it, SOLVE_REMOVE, package))
			return 0;
		return fail(it, "is still in", package, "the resolver's answer");
	default:
		return 0;
	}
}

int
solution_check(const struct resolving *it)
{
	for (size_t i = 0; i < it->solution.count; i++) {
		const struct solve_package *package = it->solution.packages[i];

		if (i > 0 && strcmp(it->solution.packages[i - 1]->name, package->name) == 0)
			return fail(it, "would be installed", package, "twice");
		TRY(check_needs(it, package));
		TRY(check_conflicts(it, package));
	}
	for (size_t i = 0; i < it->request->installed_count; i++)
		TRY(check_change(it, &it->request->installed[i]));
	for (size_t i = 0; i < it->request->job_count; i++)
		TRY(check_wish(it, &it->wishes[i]));
	return 0;
}
