/* SPDX-License-Identifier: MIT */
/*
 * An image with facts is answered from them: they know what inlining did, and functions that no
 * manifest names. For all others the manifests tell: what a unit leaves undefined is bound to
 * the slot that is searched first, and what a private library exports may be inside.
 */
#include "pkgd/graph/names.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/state.h"

#include <string.h>

struct closure {
	struct graph *graph;
	struct map seen;
	VEC(struct graph_unit *) units; /* each behind what it needs itself */
};

static int collect_import(struct closure *closure, const char *name);

/* Last imports first; every unit imports the runtime libraries, said or not. */
static int
collect_imports(struct closure *closure, const struct graph_unit *unit)
{
	TRY(collect_import(closure, "c"));
	TRY(collect_import(closure, "compiler-rt"));
	for (size_t i = unit->import_count; i > 0; i--)
		TRY(collect_import(closure, unit->imports[i - 1]));
	return 0;
}

static int
collect_import(struct closure *closure, const char *name)
{
	struct graph_unit *library;

	if (map_has(&closure->seen, name))
		return 0;
	map_set(closure->graph->state->arena, &closure->seen, name, NULL);
	TRY(graph_find_library(closure->graph, name, &library));
	if (library == NULL)
		return 0;
	TRY(collect_imports(closure, library));
	vec_push(closure->graph->state->arena, &closure->units, library);
	return 0;
}

int
names_search_order(struct graph *graph, const struct graph_unit *unit,
	struct graph_unit ***ret_order, size_t *ret_count)
{
	struct closure closure = { .graph = graph };
	struct graph_unit **order;
	size_t count;

	if (!unit->is_program)
		map_set(graph->state->arena, &closure.seen, unit->name, NULL);
	TRY(collect_imports(&closure, unit));
	count = closure.units.len;
	order = arena_array(graph->state->arena, count + 1, sizeof *order);
	for (size_t i = 0; i < count; i++)
		order[i] = closure.units.at[count - 1 - i];
	*ret_order = order;
	*ret_count = count;
	return 0;
}

struct graph_unit *
names_definer(
	struct graph *graph, struct graph_unit *const *order, size_t count, const char *symbol)
{
	for (size_t i = 0; i < count; i++)
		if (graph_find_export(graph, order[i], symbol) != NULL)
			return order[i];
	return NULL;
}

static bool
has_slot(const struct graph *graph, const struct graph_unit *unit)
{
	return !unit->is_program &&
	       map_has(&graph->by_id, arena_printf(graph->state->arena, "slot:%s", unit->name));
}

int
names_exports(struct graph *graph, const char *symbol, struct names_export **ret_exports,
	size_t *ret_count)
{
	VEC(struct names_export) found = { 0 };

	for (size_t i = 0; i < graph->nodes.len; i++) {
		struct graph_units *units;
		bool mentions;

		if (graph->nodes.at[i].kind != GRAPH_PACKAGE)
			break;
		TRY(graph_mentions(graph, i, symbol, &mentions));
		if (!mentions)
			continue;
		TRY(graph_read_units(graph, i, &units));
		for (size_t k = 0; k < units->len; k++) {
			struct graph_unit *unit = &units->at[k];
			const struct graph_symbol *export =
				graph_find_export(graph, unit, symbol);

			if (export != NULL)
				vec_push(graph->state->arena, &found,
					(struct names_export){
						i, unit, export, has_slot(graph, unit) });
		}
	}
	*ret_exports = found.at;
	*ret_count = found.len;
	return 0;
}

typedef VEC(struct names_use) uses;

struct search {
	struct graph *graph;
	const char *symbol;
	const bool *mentions; /* by package */
	uses found;
};

/* The texts are copied: those of facts go with them. */
static void
add_use(struct search *search, struct names_use use)
{
	struct arena *arena = search->graph->state->arena;

	use.library = arena_string(arena, use.library);
	use.package = arena_string(arena, use.package);
	use.source = arena_string(arena, use.source);
	vec_push(search->graph->state->arena, &search->found, use);
}

static void
add_bindings(struct search *search, size_t image, const struct facts *facts)
{
	struct facts_range range = facts_find(facts, FACTS_BINDINGS, search->symbol);

	for (uint32_t i = range.first; i < range.end; i++) {
		struct facts_binding binding =
			facts_binding(facts, facts_at(facts, FACTS_BINDINGS, i));
		const char *library = facts_slot(facts, binding.slot).name;
		size_t slot;

		if (!graph_find(search->graph,
			    arena_printf(search->graph->state->arena, "slot:%s", library),
			    &slot))
			continue;
		add_use(search, (struct names_use){ .image = image,
					.how = NAMES_BOUND,
					.library = library,
					.package = search->graph->nodes.at[slot].image->package,
					.source = "",
					.is_fact = true });
	}
}

static void
add_entities(struct search *search, size_t image, const struct facts *facts)
{
	struct facts_range range = facts_find(facts, FACTS_BY_SOURCE_NAME, search->symbol);

	for (uint32_t i = range.first; i < range.end; i++) {
		struct facts_entity entity =
			facts_entity(facts, facts_at(facts, FACTS_BY_SOURCE_NAME, i));
		struct facts_origin origin = facts_origin(facts, entity.origin);

		add_use(search, (struct names_use){ .image = image,
					.how = NAMES_CONTAINS,
					.library = origin.unit,
					.package = origin.package,
					.source = origin.source,
					.is_fact = true });
	}
}

/* The functions that have a copy of a body inside, each once. */
static void
find_hosts(
	struct search *search, const struct facts *facts, uint32_t body, struct names_use *use)
{
	struct arena *arena = search->graph->state->arena;
	struct map hosts = { 0 };

	for (uint32_t entity = 0; entity < facts->entity_count; entity++) {
		struct facts_range range = facts_copies_of(facts, entity);

		for (uint32_t i = range.first; i < range.end; i++)
			if (facts_copy(facts, i).body == body)
				map_set(arena, &hosts,
					arena_string(
						arena, facts_entity(facts, entity).source_name),
					NULL);
	}
	use->hosts = arena_array(arena, hosts.len + 1, sizeof *use->hosts);
	use->host_count = hosts.len;
	for (size_t i = 0; i < hosts.len; i++)
		use->hosts[i] = (char *)hosts.entries[i].key;
}

static void
add_bodies(struct search *search, size_t image, const struct facts *facts)
{
	struct facts_range range = facts_find(facts, FACTS_BODIES, search->symbol);

	for (uint32_t i = range.first; i < range.end; i++) {
		uint32_t index = facts_at(facts, FACTS_BODIES, i);
		struct facts_origin origin =
			facts_origin(facts, facts_body(facts, index).origin);
		struct names_use use = { .image = image,
			.how = NAMES_INLINED,
			.library = origin.unit,
			.package = origin.package,
			.source = origin.source,
			.is_fact = true };

		find_hosts(search, facts, index, &use);
		if (use.host_count > 0)
			add_use(search, use);
	}
}

static bool
is_undefined_in(const struct graph_unit *unit, const char *symbol)
{
	for (size_t i = 0; i < unit->undefined_count; i++)
		if (strcmp(unit->undefined[i], symbol) == 0)
			return true;
	return false;
}

/* The package of a library, unless it does not even mention the symbol. */
static bool
may_have(const struct search *search, const char *library, size_t *ret_package)
{
	uintptr_t package = (uintptr_t)map_get(&search->graph->libraries, library);

	if (package == 0 || !search->mentions[package - 1])
		return false;
	*ret_package = package - 1;
	return true;
}

/* What a unit in the image does: it defines the symbol, needs it, or neither. */
static void
judge_unit(struct search *search, size_t image, struct graph_unit *unit, size_t package,
	bool *needs, bool *has)
{
	struct graph *graph = search->graph;

	if (unit == NULL)
		return;
	*needs = *needs || is_undefined_in(unit, search->symbol);
	if (graph_find_export(graph, unit, search->symbol) == NULL)
		return;
	*has = true;
	add_use(search, (struct names_use){ .image = image,
				.how = NAMES_CONTAINS,
				.library = unit->name,
				.package = generation_package_label(graph->state->arena,
					graph->nodes.at[package].installed),
				.source = "" });
}

static int
bind_to_slot(struct search *search, size_t image)
{
	struct graph *graph = search->graph;
	const struct generation_image *it = graph->nodes.at[image].image;

	/* What is needed first is first: what is searched first is last. */
	for (size_t i = it->slot_count; i > 0; i--) {
		struct graph_unit *unit;
		size_t package;

		if (!may_have(search, it->slots[i - 1], &package))
			continue;
		TRY(graph_find_library(graph, it->slots[i - 1], &unit));
		if (unit == NULL || graph_find_export(graph, unit, search->symbol) == NULL)
			continue;
		add_use(search, (struct names_use){ .image = image,
					.how = NAMES_BOUND,
					.library = unit->name,
					.package = generation_package_label(graph->state->arena,
						graph->nodes.at[package].installed),
					.source = "" });
		return 0;
	}
	return 0;
}

static int
search_manifests(struct search *search, size_t image)
{
	struct graph *graph = search->graph;
	const struct graph_node *node = &graph->nodes.at[image];
	bool needs = false;
	bool has = false;

	if (search->mentions[node->owner]) {
		struct graph_unit *unit;

		TRY(graph_image_unit(graph, image, &unit));
		judge_unit(search, image, unit, node->owner, &needs, &has);
	}
	for (size_t i = 0; i < node->image->private_count; i++) {
		struct graph_unit *unit;
		size_t package;

		if (!may_have(search, node->image->privates[i], &package))
			continue;
		TRY(graph_find_library(graph, node->image->privates[i], &unit));
		judge_unit(search, image, unit, package, &needs, &has);
	}
	return needs && !has ? bind_to_slot(search, image) : 0;
}

static int
search_image(struct search *search, size_t image)
{
	struct graph_facts facts AUTO(graph_close_facts) = { 0 };

	TRY(graph_open_facts(search->graph, image, &facts));
	if (facts.at == NULL)
		return search_manifests(search, image);
	add_bindings(search, image, &facts.facts);
	add_entities(search, image, &facts.facts);
	add_bodies(search, image, &facts.facts);
	return 0;
}

int
names_uses(
	struct graph *graph, const char *symbol, struct names_use **ret_uses, size_t *ret_count)
{
	bool *mentions =
		arena_array(graph->state->arena, graph->nodes.len + 1, sizeof *mentions);
	struct search search = { .graph = graph, .symbol = symbol, .mentions = mentions };

	for (size_t i = 0; i < graph->nodes.len; i++)
		if (graph->nodes.at[i].kind == GRAPH_PACKAGE)
			TRY(graph_mentions(graph, i, symbol, &mentions[i]));
	for (size_t i = 0; i < graph->nodes.len; i++)
		if (graph->nodes.at[i].image != NULL)
			TRY(search_image(&search, i));
	*ret_uses = search.found.at;
	*ret_count = search.found.len;
	return 0;
}
