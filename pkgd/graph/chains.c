/* SPDX-License-Identifier: MIT */
/*
 * Chains of requirements: why a package is there, what it needs and what needs it, and what
 * nothing needs. Each link is told with the symbols that tie the two packages.
 */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/graph/graph.h"
#include "pkgd/state.h"

#include <string.h>

#define NEEDS (1u << GRAPH_REQUIRES)

/* What is tied, of the edge that leads here; nothing at the beginning of a chain. */
static int
set_tie(struct graph *graph, json_t *object, const struct graph_edge *edge)
{
	char **symbols = NULL;
	size_t count = 0;

	if (edge != NULL)
		TRY(graph_edge_symbols(graph, edge, &symbols, &count));
	json_object_set_new(object, "by", json_string(edge == NULL ? "" : edge->by));
	json_object_set_new(object, "symbols", json_from_strings(symbols, count));
	return 0;
}

static int
chain_json(struct graph *graph, size_t from, const struct graph_edge *const *chain,
	size_t count, json_t *list)
{
	for (size_t i = 0; i <= count; i++) {
		const struct graph_edge *edge = i == 0 ? NULL : chain[i - 1];
		json_t *link = json_object();

		json_array_append_new(list, link);
		json_object_set_new(link, "package",
			json_string(graph->nodes.at[edge == NULL ? from : edge->to].name));
		TRY(set_tie(graph, link, edge));
	}
	return 0;
}

static int
add_chains(struct graph *graph, const char *name, json_t *list)
{
	json_t *chains = json_array();
	bool *needing = arena_array(graph->state->arena, graph->nodes.len + 1, sizeof *needing);
	size_t to = 0;

	json_array_append_new(list, json_pack("{s:s, s:o}", "name", name, "chains", chains));
	TRY(graph_find_package(graph, name, &to));
	/* Of ten thousand that somebody asked for, few need it: the others are not walked from. */
	graph_reach(graph, to, NEEDS, true, needing);
	for (size_t from = 0; from < graph->state->current.package_count; from++) {
		const struct graph_edge **chain;
		json_t *links;
		size_t count;

		if (!needing[from] || !graph->nodes.at[from].installed->is_manual ||
			!graph_chain(graph, from, to, NEEDS, &chain, &count))
			continue;
		links = json_array();
		json_array_append_new(chains, links);
		TRY(chain_json(graph, from, chain, count, links));
	}
	return 0;
}

int
method_why(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct graph graph;
	char **names;
	size_t count;
	json_t *list = json_array();

	json_object_set_new(request->reply, "packages", list);
	TRY(request_strings(request, "names", &names, &count));
	TRY(state_open(request, 0, "", &state));
	TRY(graph_make(&state, 0, &graph));
	for (size_t i = 0; i < count; i++)
		TRY(add_chains(&graph, names[i], list));
	return 0;
}

struct tree {
	struct graph *graph;
	bool is_inverted;
	bool *seen; /* by node: each package is expanded once */
};

/* A package and what it requires (or what requires it). */
static int
add_subtree(struct tree *tree, size_t at, const struct graph_edge *by, json_t *node)
{
	struct graph *graph = tree->graph;
	const size_t *first = tree->is_inverted ? graph->first_into : graph->first;
	json_t *children = json_array();
	bool is_repeated = tree->seen[at];

	tree->seen[at] = true;
	json_object_set_new(node, "name", json_string(graph->nodes.at[at].name));
	json_object_set_new(node, "version", json_string(graph->nodes.at[at].version));
	json_object_set_new(
		node, "installed", json_boolean(graph->nodes.at[at].installed != NULL));
	json_object_set_new(node, "repeated", json_boolean(is_repeated));
	json_object_set_new(node, "children", children);
	TRY(set_tie(graph, node, by));
	for (size_t i = first[at]; i < first[at + 1] && !is_repeated; i++) {
		const struct graph_edge *edge =
			&graph->edges.at[tree->is_inverted ? graph->into[i] : i];
		json_t *child;

		if (edge->kind != GRAPH_REQUIRES)
			continue;
		child = json_object();
		json_array_append_new(children, child);
		TRY(add_subtree(tree, tree->is_inverted ? edge->from : edge->to, edge, child));
	}
	return 0;
}

int
method_tree(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct graph graph;
	struct tree tree = { .graph = &graph, .is_inverted = request_flag(request, "invert") };
	const char *name;
	json_t *root = json_object();
	size_t at = 0;

	json_object_set_new(request->reply, "tree", root);
	TRY(json_get_string(request->parameters, "name", &name));
	TRY(graph_open(request, name, 0, &state, &graph));
	TRY(graph_find_package(&graph, name, &at));
	tree.seen = arena_array(request->arena, graph.nodes.len, sizeof *tree.seen);
	return add_subtree(&tree, at, NULL, root);
}

/* Whether some package requires this one. */
static bool
is_needed(const struct graph *graph, size_t package)
{
	for (size_t i = graph->first_into[package]; i < graph->first_into[package + 1]; i++)
		if (graph->edges.at[graph->into[i]].kind == GRAPH_REQUIRES)
			return true;
	return false;
}

int
method_leaves(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct graph graph;
	json_t *list = json_array();

	json_object_set_new(request->reply, "packages", list);
	TRY(state_open(request, 0, "", &state));
	TRY(graph_make(&state, 0, &graph));
	for (size_t i = 0; i < state.current.package_count; i++) {
		const struct graph_node *node = &graph.nodes.at[i];

		if (!is_needed(&graph, i))
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:b, s:I, s:s}", "name", node->name,
					      "version", node->version, "manual",
					      node->installed->is_manual, "size",
					      (json_int_t)node->size, "summary",
					      node->installed->summary));
	}
	return 0;
}
