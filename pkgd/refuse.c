/* SPDX-License-Identifier: MIT */
/*
 * Most updates change no export, which two manifests tell. Only when one is different are all
 * packages asked whether they use it.
 */
#include "pkgd/refuse.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/graph/graph.h"
#include "pkgd/graph/replace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int
compare_name(const void *name, const void *package)
{
	return strcmp(name, ((const struct plan_package *)package)->entry.name);
}

/* Whether an installed package stays as it is. */
static bool
is_unchanged(const struct plan *plan, const struct generation_package *installed)
{
	const struct plan_package *found = NULL;

	if (plan->packages.len > 0)
		found = bsearch(installed->name, plan->packages.at, plan->packages.len,
			sizeof *plan->packages.at, compare_name);
	return found != NULL && digest_equal(&found->entry.digest, &installed->digest);
}

static bool
is_new(const struct state *state, const struct plan_package *package)
{
	const struct generation_package *old = state_find_installed(state, package->entry.name);

	return package->manifest != NULL &&
	       (old == NULL || !digest_equal(&old->digest, &package->entry.digest));
}

/* Whether one has a library of the other's. */
static bool
shares_library(const struct manifest *a, const struct manifest *b)
{
	for (size_t i = 0; i < a->library_count; i++)
		for (size_t k = 0; k < b->library_count; k++)
			if (strcmp(a->libraries[i].name, b->libraries[k].name) == 0)
				return true;
	return false;
}

static int
refuse(struct state *state, const struct graph_node *user,
	const struct replace_problem *problem, const char *label)
{
	const char *unit = arena_printf(state->arena, "%s-%s: %s%s", user->name, user->version,
		problem->is_program ? "" : "lib", problem->unit);

	if (problem->kind == REPLACE_SIZE)
		return err_set(ERR_SYMBOL,
			"%s: uses %s of lib%s with %" PRIu64
			" bytes (%s), which in %s has %" PRIu64
			" (%s); it must be built again first",
			unit, problem->symbol, problem->library, problem->old_size,
			problem->old_type, label, problem->new_size, problem->new_type);
	return err_set(ERR_SYMBOL,
		"%s: uses %s of lib%s as %s, which in %s is %s; it must be built again first",
		unit, problem->symbol, problem->library, problem->old_type, label,
		problem->new_type);
}

/* Ask who uses what is different. */
static int
check_users(struct state *state, const struct plan *plan, const struct generation_package *old,
	const struct plan_package *new)
{
	struct replace_result result;
	struct graph graph;
	size_t at = 0;

	TRY(graph_make(state, 0, &graph));
	TRY(graph_find_package(&graph, old->name, &at));
	TRY(replace_check(&graph, at, new->manifest, &result));
	VEC_EACH (struct replace_problem, problem, &result.problems) {
		const struct graph_node *user = &graph.nodes.at[problem->user];

		if ((problem->kind != REPLACE_TYPE && problem->kind != REPLACE_SIZE) ||
			user->installed == NULL || !is_unchanged(plan, user->installed))
			continue;
		return refuse(
			state, user, problem, manifest_full_name(state->arena, new->manifest));
	}
	return 0;
}

int
refuse_breaking(struct state *state, const struct plan *plan)
{
	for (size_t i = 0; i < state->current.package_count; i++) {
		const struct generation_package *old = &state->current.packages[i];
		const struct manifest *manifest = NULL;

		if (is_unchanged(plan, old))
			continue;
		TRY(plan_read_manifest(state, old, &manifest));
		VEC_EACH (struct plan_package, new, &plan->packages)
			if (is_new(state, new) && shares_library(manifest, new->manifest) &&
				replace_is_needed(state->arena, manifest, new->manifest))
				TRY(check_users(state, plan, old, new));
	}
	return 0;
}
