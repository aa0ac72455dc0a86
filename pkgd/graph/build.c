/* SPDX-License-Identifier: MIT */
/*
 * From a generation (and, if wanted, what the repositories offer) to nodes and edges. Packages
 * come first, then images, then tools; within a kind the order is that of the generation, so
 * that the same root gives the same graph. A requirement is met by each package that provides it.
 */
#include "pkgd/graph/graph.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "pkgd/offers.h"
#include "pkgd/state.h"
#include "repo/version.h"

#include <stdlib.h>
#include <string.h>

const char *const graph_node_names[] = {
	[GRAPH_PACKAGE] = "package",
	[GRAPH_PROGRAM] = "program",
	[GRAPH_SLOT] = "slot",
	[GRAPH_TOOL] = "tool",
};

const char *const graph_edge_names[GRAPH_EDGE_KINDS] = {
	[GRAPH_REQUIRES] = "requires",
	[GRAPH_CONTAINS] = "contains",
	[GRAPH_PRIVATE] = "links privately",
	[GRAPH_BINDS] = "binds to slot",
	[GRAPH_BUILDS] = "builds with",
};

struct provision {
	size_t node;
	struct relation relation;
	struct provision *next; /* of the same name */
};

struct builder {
	struct graph *graph;
	struct arena *arena;
	struct map provisions; /* by name: the first struct provision */
	struct map packages; /* by label "jq-1.6-1": node index + 1 */
};

static void *
as_value(size_t index)
{
	return (void *)(uintptr_t)(index + 1);
}

static size_t
add_node(struct builder *builder, struct graph_node node)
{
	struct graph *graph = builder->graph;
	size_t index = graph->nodes.len;

	node.id = arena_printf(builder->arena, "%s:%s", graph_node_names[node.kind], node.name);
	vec_push(builder->arena, &graph->nodes, node);
	map_set(builder->arena, &graph->by_id, node.id, as_value(index));
	return index;
}

static void
add_edge(struct builder *builder, enum graph_edge_kind kind, size_t from, size_t to,
	const char *by)
{
	vec_push(builder->arena, &builder->graph->edges,
		(struct graph_edge){ kind, from, to, by });
}

static void
add_packages(struct builder *builder, unsigned flags)
{
	struct state *state = builder->graph->state;
	struct map best = { 0 };

	for (size_t i = 0; i < state->current.package_count; i++) {
		const struct generation_package *package = &state->current.packages[i];
		size_t node =
			add_node(builder, (struct graph_node){ .kind = GRAPH_PACKAGE,
						  .name = package->name,
						  .version = state_version(builder->arena,
							  package->version, package->release),
						  .size = package->files_size,
						  .installed = package });

		map_set(builder->arena, &builder->packages,
			generation_package_label(builder->arena, package), as_value(node));
	}
	if (!(flags & GRAPH_OFFERS))
		return;
	offers_best(state, &best);
	for (size_t i = 0; i < best.len; i++) {
		const struct candidate *offer = best.entries[i].value;

		if (state_find_installed(state, offer->package->name) == NULL)
			add_node(builder, (struct graph_node){ .kind = GRAPH_PACKAGE,
						  .name = offer->package->name,
						  .version = state_version(builder->arena,
							  offer->package->version,
							  offer->package->release),
						  .size = offer->package->installed_size,
						  .offer = offer });
	}
}

struct texts {
	char *const *at;
	size_t len;
};

static struct texts
requires_of(const struct graph_node *node)
{
	if (node->installed != NULL)
		return (struct texts){ (char *const *)node->installed->requires,
			node->installed->require_count };
	return (struct texts){ node->offer->package->requires.at,
		node->offer->package->requires.len };
}

static struct texts
provides_of(const struct graph_node *node)
{
	if (node->installed != NULL)
		return (struct texts){ (char *const *)node->installed->provides,
			node->installed->provide_count };
	return (struct texts){ node->offer->package->provides.at,
		node->offer->package->provides.len };
}

static void
add_provision(struct builder *builder, size_t node, struct relation relation)
{
	struct provision *provision = ARENA_NEW(builder->arena, struct provision);
	struct provision *first = map_get(&builder->provisions, relation.name);

	*provision = (struct provision){ node, relation, NULL };
	if (first == NULL) {
		map_set(builder->arena, &builder->provisions, relation.name, provision);
	} else {
		provision->next = first->next;
		first->next = provision;
	}
	/* What is installed comes first, and stays. */
	if (str_has_prefix(relation.name, "lib:") &&
		!map_has(&builder->graph->libraries, relation.name + 4))
		map_set(builder->arena, &builder->graph->libraries, relation.name + 4,
			as_value(node));
}

static int
add_provisions(struct builder *builder)
{
	for (size_t i = 0; i < builder->graph->nodes.len; i++) {
		const struct graph_node *node = &builder->graph->nodes.at[i];
		struct texts provides = provides_of(node);

		add_provision(builder, i,
			(struct relation){ node->name, RELATION_EQUAL, node->version });
		for (size_t k = 0; k < provides.len; k++) {
			struct relation relation;

			TRY(relation_parse(builder->arena, provides.at[k], &relation));
			add_provision(builder, i, relation);
		}
	}
	return 0;
}

static bool
has_edge_to(const struct graph *graph, size_t since, size_t to, const char *by)
{
	for (size_t i = since; i < graph->edges.len; i++)
		if (graph->edges.at[i].to == to && strcmp(graph->edges.at[i].by, by) == 0)
			return true;
	return false;
}

static int
add_requirements(struct builder *builder, size_t from)
{
	struct graph *graph = builder->graph;
	struct texts requires = requires_of(&graph->nodes.at[from]);
	size_t since = graph->edges.len;

	for (size_t k = 0; k < requires.len; k++) {
		struct relation wanted;
		const struct provision *found;

		TRY(relation_parse(builder->arena, requires.at[k], &wanted));
		found = map_get(&builder->provisions, wanted.name);
		for (; found != NULL; found = found->next)
			if (found->node != from && version_meets(&found->relation, &wanted) &&
				!has_edge_to(graph, since, found->node, requires.at[k]))
				add_edge(builder, GRAPH_REQUIRES, from, found->node,
					requires.at[k]);
	}
	return 0;
}

static void
add_images(struct builder *builder)
{
	const struct generation *current = &builder->graph->state->current;

	for (size_t i = 0; i < current->image_count; i++) {
		const struct generation_image *image = &current->images[i];
		uintptr_t owner = (uintptr_t)map_get(&builder->packages, image->package);
		struct graph_node *package;
		size_t node;

		if (owner == 0)
			continue;
		package = &builder->graph->nodes.at[owner - 1];
		package->size += image->file_size;
		node = add_node(
			builder, (struct graph_node){
					 .kind = image->is_slot ? GRAPH_SLOT : GRAPH_PROGRAM,
					 .name = image->name,
					 .version = package->version,
					 .size = image->file_size,
					 .owner = owner - 1,
					 .image = image });
		add_edge(builder, GRAPH_CONTAINS, owner - 1, node, "");
	}
}

static void
add_bindings(struct builder *builder, size_t from)
{
	struct graph *graph = builder->graph;
	const struct generation_image *image = graph->nodes.at[from].image;

	for (size_t i = 0; i < image->slot_count; i++) {
		const char *id = arena_printf(builder->arena, "slot:%s", image->slots[i]);
		uintptr_t slot = (uintptr_t)map_get(&graph->by_id, id);

		if (slot != 0)
			add_edge(builder, GRAPH_BINDS, from, slot - 1, image->slots[i]);
	}
	for (size_t i = 0; i < image->private_count; i++) {
		uintptr_t package = (uintptr_t)map_get(&graph->libraries, image->privates[i]);

		if (package != 0)
			add_edge(builder, GRAPH_PRIVATE, from, package - 1, image->privates[i]);
	}
}

static void
add_tool(struct builder *builder, size_t package, const char *name)
{
	uintptr_t tool = (uintptr_t)map_get(
		&builder->graph->by_id, arena_printf(builder->arena, "tool:%s", name));

	if (tool == 0)
		tool = add_node(builder,
			       (struct graph_node){
				       .kind = GRAPH_TOOL, .name = name, .version = "" }) +
		       1;
	add_edge(builder, GRAPH_BUILDS, package, tool - 1, "");
}

/* "zlib = 1.2.13-1": the package, when the graph has just that one; else a tool of that name. */
static int
add_input(struct builder *builder, size_t package, const char *text)
{
	struct relation input;
	const struct provision *found;

	TRY(relation_parse(builder->arena, text, &input));
	found = map_get(&builder->provisions, input.name);
	while (found != NULL && !version_meets(&found->relation, &input))
		found = found->next;
	if (found != NULL)
		add_edge(builder, GRAPH_BUILDS, package, found->node, text);
	else
		add_tool(builder, package,
			arena_printf(builder->arena, "%s %s", input.name, input.version));
	return 0;
}

/* What made a package: "weld 0.1.0, clang 22.1.8", and the packages it was compiled with. */
static int
add_tools(struct builder *builder, size_t package)
{
	struct graph_units *units;
	struct str rest;
	struct str part;

	TRY(graph_read_units(builder->graph, package, &units));
	rest = str_from(units->producer);
	while (str_cut(&rest, ',', &part)) {
		while (part.len > 0 && part.at[0] == ' ')
			part = (struct str){ part.at + 1, part.len - 1 };
		add_tool(builder, package, str_copy(builder->arena, part));
	}
	for (size_t i = 0; i < units->builds_with_count; i++)
		TRY(add_input(builder, package, units->builds_with[i]));
	return 0;
}

static int
compare_edges(const void *a, const void *b)
{
	const struct graph_edge *left = a;
	const struct graph_edge *right = b;

	if (left->from != right->from)
		return (left->from > right->from) - (left->from < right->from);
	if (left->kind != right->kind)
		return (int)left->kind - (int)right->kind;
	if (left->to != right->to)
		return (left->to > right->to) - (left->to < right->to);
	return strcmp(left->by, right->by);
}

/* Order the edges both ways, so that a walk sees only those of a node. */
static void
index_edges(struct builder *builder)
{
	struct graph *graph = builder->graph;
	size_t count = graph->nodes.len;
	size_t *next = arena_array(builder->arena, count + 1, sizeof *next);

	if (graph->edges.len > 0)
		qsort(graph->edges.at, graph->edges.len, sizeof *graph->edges.at,
			compare_edges);
	graph->first = arena_array(builder->arena, count + 1, sizeof *graph->first);
	graph->first_into = arena_array(builder->arena, count + 1, sizeof *graph->first_into);
	graph->into = arena_array(builder->arena, graph->edges.len + 1, sizeof *graph->into);
	VEC_EACH (struct graph_edge, edge, &graph->edges) {
		graph->first[edge->from + 1]++;
		graph->first_into[edge->to + 1]++;
	}
	for (size_t i = 0; i < count; i++) {
		graph->first[i + 1] += graph->first[i];
		graph->first_into[i + 1] += graph->first_into[i];
		next[i] = graph->first_into[i];
	}
	for (size_t i = 0; i < graph->edges.len; i++)
		graph->into[next[graph->edges.at[i].to]++] = i;
}

int
graph_make(struct state *state, unsigned flags, struct graph *ret_graph)
{
	struct builder builder = { .graph = ret_graph, .arena = state->arena };
	size_t package_count;
	size_t image_end;

	*ret_graph = (struct graph){ .state = state };
	add_packages(&builder, flags);
	package_count = ret_graph->nodes.len;
	TRY(add_provisions(&builder));
	for (size_t i = 0; i < package_count; i++)
		TRY(err_context(add_requirements(&builder, i), "package %s",
			ret_graph->nodes.at[i].name));
	add_images(&builder);
	image_end = ret_graph->nodes.len;
	for (size_t i = package_count; i < image_end; i++)
		add_bindings(&builder, i);
	for (size_t i = 0; i < package_count && (flags & GRAPH_TOOLS); i++)
		TRY(add_tools(&builder, i));
	index_edges(&builder);
	return 0;
}
