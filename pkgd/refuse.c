/* SPDX-License-Identifier: MIT */
/*
 * Most updates change no export, which two manifests tell. Only when one is different are all
 * packages asked whether they use it. A symbol that is gone is found by the linker, which knows
 * nothing of what was installed: that is added here.
 */
#include "pkgd/refuse.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "linker/link.h"
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

static const struct plan_package *
find_planned(const struct plan *plan, const char *name)
{
	return plan->packages.len == 0 ? NULL
				       : bsearch(name, plan->packages.at, plan->packages.len,
						 sizeof *plan->packages.at, compare_name);
}

/* Whether an installed package stays as it is. */
static bool
is_unchanged(const struct plan *plan, const struct generation_package *installed)
{
	const struct plan_package *found = find_planned(plan, installed->name);

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

static bool
has_text(const struct manifest_list *list, const char *text)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->at[i], text) == 0)
			return true;
	return false;
}

/* The symbols that a unit of a package takes from others; NULL when there is no such unit. */
static const struct manifest_list *
find_undefined(const struct manifest *manifest, const char *unit, bool is_program)
{
	for (size_t i = 0; is_program && i < manifest->program_count; i++)
		if (strcmp(manifest->programs[i].path, unit) == 0)
			return &manifest->programs[i].undefined;
	for (size_t i = 0; !is_program && i < manifest->library_count; i++)
		if (strcmp(manifest->libraries[i].name, unit) == 0)
			return &manifest->libraries[i].undefined;
	return NULL;
}

/*
 * Whether the user that will be there was built with the library that is installed now. Of a new version
 * that was built with another one nothing is known: manifests have no types of what is used.
 */
static bool
is_built_with_old(struct state *state, const struct plan *plan,
	const struct replace_problem *problem, const struct generation_package *user,
	const struct generation_package *old)
{
	const struct plan_package *planned = find_planned(plan, user->name);
	const struct manifest_list *undefined;
	const char *with = arena_printf(state->arena, "%s = %s", old->name,
		state_version(state->arena, old->version, old->release));

	if (is_unchanged(plan, user))
		return true;
	if (planned == NULL || planned->manifest == NULL ||
		!has_text(&planned->manifest->builds_with, with))
		return false;
	undefined = find_undefined(planned->manifest, problem->unit, problem->is_program);
	return undefined != NULL && has_text(undefined, problem->symbol);
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
			user->installed == NULL ||
			!is_built_with_old(state, plan, problem, user->installed, old))
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

		if (old->is_plain || is_unchanged(plan, old))
			continue;
		TRY(plan_read_manifest(state->arena, state, old, &manifest));
		VEC_EACH (struct plan_package, new, &plan->packages)
			if (is_new(state, new) && shares_library(manifest, new->manifest) &&
				replace_is_needed(state->arena, manifest, new->manifest))
				TRY(check_users(state, plan, old, new));
	}
	return 0;
}

/* An export of an installed library, and the library; NULL when none has it. */
static const struct manifest_export *
find_old_export(const struct manifest *manifest, const char *symbol, const char **ret_library)
{
	for (size_t i = 0; i < manifest->library_count; i++)
		for (size_t k = 0; k < manifest->libraries[i].export_count; k++)
			if (strcmp(manifest->libraries[i].exports[k].name, symbol) == 0) {
				*ret_library = manifest->libraries[i].name;
				return &manifest->libraries[i].exports[k];
			}
	return NULL;
}

/* Fail with what a symbol was that is gone; 0 when no installed library has it. */
static int
explain_symbol(struct state *state, const char *unit, const char *symbol)
{
	for (size_t i = 0; i < state->current.package_count; i++) {
		const struct generation_package *package = &state->current.packages[i];
		const struct manifest_export *export;
		const struct manifest *manifest;
		const char *library;

		if (plan_read_manifest(state->arena, state, package, &manifest) < 0)
			continue;
		export = find_old_export(manifest, symbol, &library);
		if (export != NULL)
			return err_set(ERR_SYMBOL,
				"%s: needs the symbol %s, which lib%s of %s has as %s and no "
				"library will have; it must be built again first",
				unit, symbol, library,
				generation_package_label(state->arena, package), export->type);
	}
	return 0;
}

static void
add_names(struct arena *arena, struct map *names, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		map_set(arena, names, list[i], NULL);
}

/* Explain the first of some symbols that nobody defines. */
static int
explain_unit(struct state *state, const struct map *defined, const char *unit,
	const char *const *undefined, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!map_has(defined, undefined[i]))
			TRY(explain_symbol(state, unit, undefined[i]));
	return 0;
}

int
refuse_explain(struct state *state, const struct link_request *request, int code)
{
	const char *message = arena_string(state->arena, err_message());
	struct map defined = { 0 };

	for (size_t i = 0; i < request->library_count; i++)
		for (size_t k = 0; k < request->libraries[i].export_count; k++)
			map_set(state->arena, &defined, request->libraries[i].exports[k].name,
				NULL);
	for (size_t i = 0; i < request->program_count; i++)
		add_names(state->arena, &defined, request->programs[i].exports,
			request->programs[i].export_count);
	for (size_t i = 0; code == ERR_SYMBOL && i < request->program_count; i++) {
		const struct link_program *program = &request->programs[i];

		TRY(explain_unit(state, &defined,
			arena_printf(state->arena, "%s: %s", program->package, program->path),
			program->undefined, program->undefined_count));
	}
	for (size_t i = 0; code == ERR_SYMBOL && i < request->library_count; i++) {
		const struct link_library *library = &request->libraries[i];

		TRY(explain_unit(state, &defined,
			arena_printf(
				state->arena, "%s: lib%s", library->package, library->name),
			library->undefined, library->undefined_count));
	}
	return err_set((enum err)code, "%s", message);
}
