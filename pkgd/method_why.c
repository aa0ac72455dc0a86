/* SPDX-License-Identifier: MIT */
/*
 * The packages of the current generation as a graph: who requires whom, by what.
 */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "pkgd/state.h"
#include "repo/version.h"

#include <string.h>

struct edge {
	size_t from; /* index of the package that requires */
	size_t to;
	const char *by; /* the requirement: "lib:z" */
};

struct graph {
	struct state *state;
	VEC(struct edge) edges;
};

static int
meets(struct state *state, const struct generation_package *package,
	const struct relation *wanted, bool *ret_meets)
{
	struct relation own = { .name = package->name,
		.operators = RELATION_EQUAL,
		.version = state_version(state->arena, package->version, package->release) };

	*ret_meets = version_meets(&own, wanted);
	for (size_t i = 0; i < package->provide_count && !*ret_meets; i++) {
		struct relation provided;

		TRY(relation_parse(state->arena, package->provides[i], &provided));
		*ret_meets = version_meets(&provided, wanted);
	}
	return 0;
}

static int
add_edges(struct graph *graph, size_t from, const char *requirement)
{
	struct state *state = graph->state;
	struct relation wanted;

	TRY(relation_parse(state->arena, requirement, &wanted));
	for (size_t to = 0; to < state->current.package_count; to++) {
		bool is_met;

		if (to == from)
			continue;
		TRY(meets(state, &state->current.packages[to], &wanted, &is_met));
		if (is_met)
			vec_push(state->arena, &graph->edges,
				(struct edge){ from, to, requirement });
	}
	return 0;
}

static int
make_graph(struct state *state, struct graph *ret_graph)
{
	struct graph graph = { .state = state };

	for (size_t i = 0; i < state->current.package_count; i++)
		for (size_t k = 0; k < state->current.packages[i].require_count; k++)
			TRY(add_edges(&graph, i, state->current.packages[i].requires[k]));
	*ret_graph = graph;
	return 0;
}

static int
find_index(const struct state *state, const char *name, size_t *ret_index)
{
	for (size_t i = 0; i < state->current.package_count; i++)
		if (strcmp(state->current.packages[i].name, name) == 0) {
			*ret_index = i;
			return 0;
		}
	return state_fail_not_installed(state, name);
}

/* The shortest chain from one package to another, as {"package", "requires"} links. */
static json_t *
chain_from(const struct graph *graph, size_t from, size_t to)
{
	size_t count = graph->state->current.package_count;
	struct arena *arena = graph->state->arena;
	const struct edge **came = arena_array(arena, count, sizeof(struct edge *));
	size_t *queue = arena_array(arena, count, sizeof *queue);
	size_t head = 0;
	size_t tail = 0;
	json_t *chain;

	queue[tail++] = from;
	while (head < tail && came[to] == NULL && from != to) {
		size_t at = queue[head++];

		VEC_EACH (struct edge, edge, &graph->edges)
			if (edge->from == at && edge->to != from && came[edge->to] == NULL) {
				came[edge->to] = edge;
				queue[tail++] = edge->to;
			}
	}
	if (came[to] == NULL && from != to)
		return NULL;
	chain = json_array();
	for (size_t at = to; at != from; at = came[at]->from)
		json_array_insert_new(chain, 0,
			json_pack("{s:s, s:s}", "package",
				graph->state->current.packages[at].name, "by", came[at]->by));
	json_array_insert_new(chain, 0,
		json_pack("{s:s, s:s}", "package", graph->state->current.packages[from].name,
			"by", ""));
	return chain;
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
	TRY(make_graph(&state, &graph));
	for (size_t i = 0; i < count; i++) {
		json_t *chains = json_array();
		size_t to = 0;

		json_array_append_new(
			list, json_pack("{s:s, s:o}", "name", names[i], "chains", chains));
		TRY(find_index(&state, names[i], &to));
		for (size_t from = 0; from < state.current.package_count; from++) {
			json_t *chain = NULL;

			if (state.current.packages[from].is_manual)
				chain = chain_from(&graph, from, to);
			if (chain != NULL)
				json_array_append_new(chains, chain);
		}
	}
	return 0;
}

/* A package and what it requires (or what requires it), each package expanded once. */
static json_t *
subtree(const struct graph *graph, size_t at, const char *by, bool is_inverted, bool *seen)
{
	json_t *children = json_array();
	json_t *node;
	bool is_repeated = seen[at];

	seen[at] = true;
	if (!is_repeated)
		VEC_EACH (struct edge, edge, &graph->edges) {
			size_t near = is_inverted ? edge->to : edge->from;
			size_t far = is_inverted ? edge->from : edge->to;

			if (near == at)
				json_array_append_new(children,
					subtree(graph, far, edge->by, is_inverted, seen));
		}
	node = json_pack("{s:s, s:s, s:s, s:b, s:o}", "name",
		graph->state->current.packages[at].name, "version",
		state_version(graph->state->arena, graph->state->current.packages[at].version,
			graph->state->current.packages[at].release),
		"by", by, "repeated", is_repeated, "children", children);
	return node;
}

int
method_tree(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct graph graph;
	const char *name;
	size_t at = 0;

	TRY(json_get_string(request->parameters, "name", &name));
	TRY(state_open(request, 0, "", &state));
	TRY(make_graph(&state, &graph));
	TRY(find_index(&state, name, &at));
	json_object_set_new(request->reply, "tree",
		subtree(&graph, at, "", request_flag(request, "invert"),
			arena_array(
				request->arena, state.current.package_count, sizeof(bool))));
	return 0;
}
