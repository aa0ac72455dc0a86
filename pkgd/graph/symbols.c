/* SPDX-License-Identifier: MIT */
/*
 * The symbols on edges. A text is looked up once, when its unit is first met: from then on a symbol is a
 * struct graph_name that knows the units which define it, mostly one. What an image takes from
 * its slots is found for all of them in one walk, from its facts if it has them: edges come sorted by
 * their source.
 */
#include "pkgd/graph/graph.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/state.h"

#include <stdlib.h>
#include <string.h>

typedef VEC(struct graph_name *) names;

struct graph_name {
	const char *text;
	VEC(const struct graph_unit *) definers;
	size_t stamp; /* of the list that it was put on last */
};

struct graph_bindings { /* of one image */
	size_t image; /* index of the node */
	names *slots; /* by place in the image's list of slots */
};

static struct graph_name *
intern_name(struct graph *graph, const char *text)
{
	struct graph_name *name = map_get(&graph->names, text);

	if (name == NULL) {
		name = ARENA_NEW(graph->state->arena, struct graph_name);
		name->text = text;
		map_set(graph->state->arena, &graph->names, text, name);
	}
	return name;
}

/* The same of a text that does not stay. */
static struct graph_name *
intern_copy(struct graph *graph, const char *text)
{
	struct graph_name *name = map_get(&graph->names, text);

	return name != NULL ? name
			    : intern_name(graph, arena_string(graph->state->arena, text));
}

static void
intern_unit(struct graph *graph, struct graph_unit *unit)
{
	struct arena *arena = graph->state->arena;

	if (unit->needs != NULL)
		return;
	unit->needs = arena_array(arena, unit->undefined_count + 1, sizeof *unit->needs);
	for (size_t i = 0; i < unit->undefined_count; i++)
		unit->needs[i] = intern_name(graph, unit->undefined[i]);
	for (size_t i = 0; i < unit->export_count; i++) {
		struct graph_name *name = intern_name(graph, unit->exports[i].name);

		vec_push(arena, &name->definers, unit);
	}
}

static bool
is_defined_by(const struct graph_name *name, const struct graph_unit *unit)
{
	VEC_EACH (const struct graph_unit *, definer, &name->definers)
		if (*definer == unit)
			return true;
	return false;
}

/* Put a name on a list of this stamp once. */
static void
add_name(struct graph *graph, struct graph_name *name, names *list)
{
	if (name->stamp == graph->stamp)
		return;
	name->stamp = graph->stamp;
	vec_push(graph->state->arena, list, name);
}

/* What one unit takes from another. */
static void
add_common(
	struct graph *graph, struct graph_unit *user, struct graph_unit *library, names *list)
{
	if (user == library)
		return;
	intern_unit(graph, user);
	intern_unit(graph, library);
	for (size_t i = 0; i < user->undefined_count; i++)
		if (is_defined_by(user->needs[i], library))
			add_name(graph, user->needs[i], list);
}

/* The units that are linked into an image: its own, and those of its private libraries. */
static int
image_units(
	struct graph *graph, size_t image, struct graph_unit ***ret_units, size_t *ret_count)
{
	const struct generation_image *it = graph->nodes.at[image].image;
	struct graph_unit **units =
		arena_array(graph->state->arena, it->private_count + 1, sizeof *units);
	size_t count = 0;

	TRY(graph_image_unit(graph, image, &units[count]));
	count += units[count] != NULL;
	for (size_t i = 0; i < it->private_count; i++) {
		TRY(graph_find_library(graph, it->privates[i], &units[count]));
		count += units[count] != NULL;
	}
	*ret_units = units;
	*ret_count = count;
	return 0;
}

/*
 * The place of the slot that gives an image a symbol: 1 and up, 0 when the image defines it itself or
 * nothing does. What is needed first is first in the list: what is searched first is last.
 */
static size_t
find_place(const struct graph *graph, const struct graph_name *name)
{
	size_t place = 0;

	VEC_EACH (const struct graph_unit *, definer, &name->definers) {
		if ((*definer)->stamp != graph->stamp)
			continue;
		if ((*definer)->place == 0)
			return 0;
		if ((*definer)->place > place)
			place = (*definer)->place;
	}
	return place;
}

static int
mark_slots(struct graph *graph, const struct generation_image *image)
{
	for (size_t i = 0; i < image->slot_count; i++) {
		struct graph_unit *slot;

		TRY(graph_find_library(graph, image->slots[i], &slot));
		if (slot == NULL)
			continue;
		intern_unit(graph, slot);
		slot->stamp = graph->stamp;
		slot->place = i + 1;
	}
	return 0;
}

/* What the image's manifests say: each symbol that its units leave undefined is taken from a slot. */
static int
bindings_from_units(struct graph *graph, size_t image, names *slots)
{
	struct graph_unit **units;
	size_t count;

	TRY(image_units(graph, image, &units, &count));
	TRY(mark_slots(graph, graph->nodes.at[image].image));
	for (size_t i = 0; i < count; i++) {
		intern_unit(graph, units[i]);
		units[i]->stamp = graph->stamp;
		units[i]->place = 0;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < units[i]->undefined_count; k++) {
			struct graph_name *name = units[i]->needs[k];
			size_t place = find_place(graph, name);

			if (place > 0)
				add_name(graph, name, &slots[place - 1]);
		}
	return 0;
}

/* What was recorded when the image was linked: exactly what is left in it. */
static void
bindings_from_facts(struct graph *graph, size_t image, const struct facts *facts, names *slots)
{
	const struct generation_image *it = graph->nodes.at[image].image;
	size_t *places =
		arena_array(graph->state->arena, facts->slot_count + 1, sizeof *places);

	for (uint32_t i = 0; i < facts->slot_count; i++)
		for (size_t k = 0; k < it->slot_count; k++)
			if (strcmp(facts_slot(facts, i).name, it->slots[k]) == 0)
				places[i] = k + 1;
	for (uint32_t i = 0; i < facts->binding_count; i++) {
		struct facts_binding binding = facts_binding(facts, i);

		if (places[binding.slot] > 0)
			add_name(graph, intern_copy(graph, binding.symbol),
				&slots[places[binding.slot] - 1]);
	}
}

/* Find what an image takes from each of its slots, unless that is known from the last question. */
static int
find_bindings(struct graph *graph, size_t image)
{
	struct arena *arena = graph->state->arena;
	struct graph_bindings *bindings;
	struct graph_facts facts AUTO(graph_close_facts) = { 0 };

	if (graph->bindings != NULL && graph->bindings->image == image)
		return 0;
	graph->stamp++;
	bindings = ARENA_NEW(arena, struct graph_bindings);
	bindings->image = image;
	bindings->slots =
		arena_array(arena, graph->nodes.at[image].image->slot_count + 1, sizeof(names));
	TRY(graph_open_facts(graph, image, &facts));
	if (facts.at != NULL)
		bindings_from_facts(graph, image, &facts.facts, bindings->slots);
	else
		TRY(bindings_from_units(graph, image, bindings->slots));
	graph->bindings = bindings;
	return 0;
}

static int
bound_symbols(struct graph *graph, const struct graph_edge *edge, names *ret_list)
{
	const struct generation_image *image = graph->nodes.at[edge->from].image;

	TRY(find_bindings(graph, edge->from));
	for (size_t i = 0; i < image->slot_count; i++)
		if (strcmp(image->slots[i], edge->by) == 0)
			*ret_list = graph->bindings->slots[i];
	return 0;
}

static int
private_symbols(struct graph *graph, const struct graph_edge *edge, names *ret_list)
{
	struct graph_unit *library;
	struct graph_unit **units;
	size_t count;

	TRY(graph_find_library(graph, edge->by, &library));
	if (library == NULL)
		return 0;
	TRY(image_units(graph, edge->from, &units, &count));
	for (size_t i = 0; i < count; i++)
		add_common(graph, units[i], library, ret_list);
	return 0;
}

/* "lib:z" is met by one library; a package's name stands for nothing that is linked. */
static int
required_symbols(struct graph *graph, const struct graph_edge *edge, names *ret_list)
{
	struct graph_unit *library;
	struct graph_units *to;
	struct graph_units *from;
	size_t length = strcspn(edge->by, " ");

	if (!str_has_prefix(edge->by, "lib:"))
		return 0;
	TRY(graph_read_units(graph, edge->to, &to));
	library = graph_find_unit(to,
		str_copy(graph->state->arena, (struct str){ edge->by + 4, length - 4 }), false);
	TRY(graph_read_units(graph, edge->from, &from));
	for (size_t i = 0; i < from->len && library != NULL; i++)
		add_common(graph, &from->at[i], library, ret_list);
	return 0;
}

int
graph_edge_symbols(struct graph *graph, const struct graph_edge *edge, char ***ret_symbols,
	size_t *ret_count)
{
	names found = { 0 };
	char **symbols;

	if (edge->kind == GRAPH_BINDS) {
		TRY(bound_symbols(graph, edge, &found));
	} else {
		graph->stamp++;
		graph->bindings = NULL;
	}
	if (edge->kind == GRAPH_PRIVATE)
		TRY(private_symbols(graph, edge, &found));
	else if (edge->kind == GRAPH_REQUIRES)
		TRY(required_symbols(graph, edge, &found));
	symbols = arena_array(graph->state->arena, found.len + 1, sizeof *symbols);
	for (size_t i = 0; i < found.len; i++)
		symbols[i] = (char *)found.at[i]->text;
	if (found.len > 0)
		qsort(symbols, found.len, sizeof *symbols, str_compare);
	*ret_symbols = symbols;
	*ret_count = found.len;
	return 0;
}
