/* SPDX-License-Identifier: MIT */
/*
 * Three questions in turn: what of the old package's libraries is different in the new one, who
 * notices, and whether the new one finds what it needs itself. Types are those of the definitions
 * then and now: a user was compiled against the old one.
 */
#include "pkgd/graph/replace.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/graph/names.h"
#include "pkgd/state.h"
#include "repo/manifest.h"
#include "repo/version.h"

#include <string.h>

const char *const replace_names[] = {
	[REPLACE_LIBRARY] = "library",
	[REPLACE_VANISHED] = "vanished",
	[REPLACE_TYPE] = "type",
	[REPLACE_SIZE] = "size",
	[REPLACE_REQUIRED] = "required",
	[REPLACE_NEEDS] = "needs",
};

struct change { /* of a symbol of one library */
	struct replace_problem problem; /* without the user */
	bool is_used;
};

struct comparison {
	struct graph *graph;
	size_t old_package;
	const struct graph_units *old_units;
	const struct graph_units *new_units;
	struct map changes; /* by "LIBRARY SYMBOL": struct change */
	struct replace_result *result;
};

static const char *
change_key(struct arena *arena, const char *library, const char *symbol)
{
	return arena_printf(arena, "%s %s", library, symbol);
}

static bool
types_differ(const struct graph_symbol *old, const struct graph_symbol *new)
{
	if (old->is_function != new->is_function)
		return true;
	return old->type != NULL && new->type != NULL &&strcmp(old->type, new->type) != 0;
}

static void
compare_symbol(struct comparison *it, const struct graph_unit *library,
	const struct graph_symbol *old, const struct graph_symbol *new)
{
	struct arena *arena = it->graph->state->arena;
	struct change *change;
	struct replace_problem problem = { .kind = REPLACE_VANISHED,
		.library = library->name,
		.symbol = old->name,
		.old_type = old->type,
		.old_size = old->size };

	if (new != NULL) {
		bool has_new_type = types_differ(old, new);

		if (!has_new_type && (old->is_function || old->size == new->size))
			return;
		/* Data of another size has another type as well: the size says more. */
		problem.kind = !old->is_function && !new->is_function && old->size != new->size
				       ? REPLACE_SIZE
				       : REPLACE_TYPE;
		problem.new_type = new->type;
		problem.new_size = new->size;
	}
	change = ARENA_NEW(arena, struct change);
	change->problem = problem;
	map_set(arena, &it->changes, change_key(arena, library->name, old->name), change);
}

static void
compare_libraries(struct comparison *it)
{
	for (size_t i = 0; i < it->old_units->len; i++) {
		const struct graph_unit *old = &it->old_units->at[i];
		struct graph_unit *new = graph_find_unit(it->new_units, old->name, false);

		for (size_t k = 0; !old->is_program && k < old->export_count; k++)
			compare_symbol(it, old, &old->exports[k],
				new == NULL ? NULL
					    : graph_find_export(
						      it->graph, new, old->exports[k].name));
	}
}

static bool
is_of_old(const struct comparison *it, const struct graph_unit *unit)
{
	return unit >= it->old_units->at && unit < it->old_units->at + it->old_units->len;
}

/* The libraries of the old package that are searched for a unit's symbols. */
static bool
imports_old(const struct comparison *it, struct graph_unit *const *order, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_of_old(it, order[i]))
			return true;
	return false;
}

static void
add_problem(struct comparison *it, struct replace_problem problem, size_t user,
	const struct graph_unit *unit)
{
	problem.user = user;
	problem.unit = unit == NULL ? "" : unit->name;
	problem.is_program = unit != NULL && unit->is_program;
	vec_push(it->graph->state->arena, &it->result->problems, problem);
}

/* A library that is gone is told once, not for each of its symbols. */
static void
check_gone_libraries(struct comparison *it, size_t user, const struct graph_unit *unit)
{
	for (size_t i = 0; i < it->old_units->len; i++) {
		const struct graph_unit *old = &it->old_units->at[i];

		if (old->is_program || graph_find_unit(it->new_units, old->name, false) != NULL)
			continue;
		for (size_t k = 0; k < unit->import_count; k++)
			if (strcmp(unit->imports[k], old->name) == 0)
				add_problem(it,
					(struct replace_problem){ .kind = REPLACE_LIBRARY,
						.library = old->name,
						.symbol = old->name },
					user, unit);
	}
}

static int
check_user(struct comparison *it, size_t user, const struct graph_unit *unit)
{
	struct arena *arena = it->graph->state->arena;
	struct graph_unit **order;
	bool takes = false;
	size_t count;

	TRY(names_search_order(it->graph, unit, &order, &count));
	if (!imports_old(it, order, count))
		return 0;
	check_gone_libraries(it, user, unit);
	for (size_t i = 0; i < unit->undefined_count; i++) {
		const char *symbol = unit->undefined[i];
		struct graph_unit *library = names_definer(it->graph, order, count, symbol);
		struct change *change;

		if (library == NULL || !is_of_old(it, library))
			continue;
		takes = true;
		change = map_get(&it->changes, change_key(arena, library->name, symbol));
		if (change == NULL)
			continue;
		change->is_used = true;
		if (graph_find_unit(it->new_units, library->name, false) != NULL)
			add_problem(it, change->problem, user, unit);
	}
	it->result->user_count += takes;
	return 0;
}

static int
check_users(struct comparison *it)
{
	for (size_t i = 0; i < it->graph->nodes.len; i++) {
		struct graph_units *units;

		if (it->graph->nodes.at[i].kind != GRAPH_PACKAGE || i == it->old_package)
			continue;
		TRY(graph_read_units(it->graph, i, &units));
		for (size_t k = 0; k < units->len; k++)
			TRY(check_user(it, i, &units->at[k]));
	}
	for (size_t i = 0; i < it->changes.len; i++) {
		const struct change *change = it->changes.entries[i].value;

		if (!change->is_used && change->problem.kind == REPLACE_VANISHED)
			it->result->unused_vanished++;
		else if (!change->is_used)
			it->result->unused_changed++;
	}
	return 0;
}

/* Whether the successor meets what the old package met. */
static int
successor_meets(struct arena *arena, const struct manifest *successor,
	const struct relation *wanted, bool *ret_meets)
{
	struct relation own = { successor->name, RELATION_EQUAL,
		state_version(arena, successor->version, successor->release) };

	*ret_meets = version_meets(&own, wanted);
	for (size_t i = 0; i < successor->provides.len && !*ret_meets; i++) {
		struct relation provided;

		TRY(relation_parse(arena, successor->provides.at[i], &provided));
		*ret_meets = version_meets(&provided, wanted);
	}
	return 0;
}

/* Whether it is told already that the library is gone. */
static bool
is_told(const struct comparison *it, size_t user, const char *requirement)
{
	VEC_EACH (struct replace_problem, problem, &it->result->problems)
		if (problem->kind == REPLACE_LIBRARY && problem->user == user &&
			str_has_prefix(requirement, "lib:") &&
			strcmp(problem->library, requirement + 4) == 0)
			return true;
	return false;
}

/* Whether another package meets the same requirement. */
static bool
is_met_by_others(const struct comparison *it, const struct graph_edge *edge)
{
	const struct graph *graph = it->graph;

	for (size_t i = graph->first[edge->from]; i < graph->first[edge->from + 1]; i++)
		if (graph->edges.at[i].kind == GRAPH_REQUIRES &&
			graph->edges.at[i].to != edge->to &&
			strcmp(graph->edges.at[i].by, edge->by) == 0)
			return true;
	return false;
}

static int
check_requirements(struct comparison *it, const struct manifest *successor)
{
	const struct graph *graph = it->graph;
	size_t old = it->old_package;

	for (size_t i = graph->first_into[old]; i < graph->first_into[old + 1]; i++) {
		const struct graph_edge *edge = &graph->edges.at[graph->into[i]];
		struct relation wanted;
		bool is_met;

		if (edge->kind != GRAPH_REQUIRES || is_met_by_others(it, edge) ||
			is_told(it, edge->from, edge->by))
			continue;
		TRY(relation_parse(graph->state->arena, edge->by, &wanted));
		TRY(successor_meets(graph->state->arena, successor, &wanted, &is_met));
		if (!is_met)
			add_problem(it,
				(struct replace_problem){ .kind = REPLACE_REQUIRED,
					.library = "",
					.symbol = edge->by },
				edge->from, NULL);
	}
	return 0;
}

static bool
is_in_new(struct comparison *it, const char *symbol)
{
	for (size_t i = 0; i < it->new_units->len; i++)
		if (graph_find_export(it->graph, &it->new_units->at[i], symbol) != NULL)
			return true;
	return false;
}

/* What the old one left undefined, too, is somebody else's to define. */
static bool
was_undefined(const struct comparison *it, const char *symbol)
{
	for (size_t i = 0; i < it->old_units->len; i++)
		for (size_t k = 0; k < it->old_units->at[i].undefined_count; k++)
			if (strcmp(it->old_units->at[i].undefined[k], symbol) == 0)
				return true;
	return false;
}

static int
check_needs(struct comparison *it, const struct graph_unit *unit)
{
	struct graph_unit **order;
	size_t count;

	for (size_t i = 0; i < unit->import_count; i++)
		if (!map_has(&it->graph->libraries, unit->imports[i]) &&
			graph_find_unit(it->new_units, unit->imports[i], false) == NULL)
			add_problem(it,
				(struct replace_problem){ .kind = REPLACE_NEEDS,
					.library = unit->imports[i],
					.symbol = unit->imports[i] },
				it->old_package, unit);
	TRY(names_search_order(it->graph, unit, &order, &count));
	for (size_t i = 0; i < unit->undefined_count; i++)
		if (names_definer(it->graph, order, count, unit->undefined[i]) == NULL &&
			!is_in_new(it, unit->undefined[i]) &&
			!was_undefined(it, unit->undefined[i]))
			add_problem(it,
				(struct replace_problem){ .kind = REPLACE_NEEDS,
					.library = "",
					.symbol = unit->undefined[i] },
				it->old_package, unit);
	return 0;
}

bool
replace_is_needed(
	struct arena *arena, const struct manifest *old, const struct manifest *successor)
{
	struct state state = { .arena = arena };
	struct graph graph = { .state = &state };
	struct comparison it = { .graph = &graph,
		.old_units = graph_units_from(arena, old),
		.new_units = graph_units_from(arena, successor) };

	compare_libraries(&it);
	return it.changes.len > 0;
}

int
replace_check(struct graph *graph, size_t old_package, const struct manifest *successor,
	struct replace_result *ret_result)
{
	struct comparison it = {
		.graph = graph, .old_package = old_package, .result = ret_result
	};
	struct graph_units *old_units;

	*ret_result = (struct replace_result){ 0 };
	TRY(graph_read_units(graph, old_package, &old_units));
	it.old_units = old_units;
	it.new_units = graph_units_from(graph->state->arena, successor);
	compare_libraries(&it);
	TRY(check_users(&it));
	TRY(check_requirements(&it, successor));
	for (size_t i = 0; i < it.new_units->len; i++)
		TRY(check_needs(&it, &it.new_units->at[i]));
	return 0;
}
