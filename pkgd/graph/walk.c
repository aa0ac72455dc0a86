/* SPDX-License-Identifier: MIT */
/* Walks along the edges: breadth first, so that the chain that is found is a shortest one. */
#include "pkgd/graph/graph.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/state.h"

#include <string.h>

static bool
find_id(const struct graph *graph, const char *id, size_t *ret_index)
{
	uintptr_t value = (uintptr_t)map_get(&graph->by_id, id);

	if (value == 0)
		return false;
	*ret_index = value - 1;
	return true;
}

bool
graph_find(const struct graph *graph, const char *name, size_t *ret_index)
{
	struct arena *arena = graph->state->arena;

	if (find_id(graph, name, ret_index))
		return true;
	for (enum graph_node_kind kind = GRAPH_PACKAGE; kind <= GRAPH_TOOL; kind++) {
		const char *kind_name = graph_node_names[kind];

		if (find_id(graph, arena_printf(arena, "%s:%s", kind_name, name), ret_index))
			return true;
		if (kind == GRAPH_PROGRAM &&
			find_id(graph, arena_printf(arena, "%s:bin/%s", kind_name, name),
				ret_index))
			return true;
	}
	return false;
}

int
graph_find_package(const struct graph *graph, const char *name, size_t *ret_index)
{
	if (find_id(graph, arena_printf(graph->state->arena, "package:%s", name), ret_index))
		return 0;
	if (graph->state->candidates.len > 0)
		return state_fail_unknown(graph->state, name);
	return state_fail_not_installed(graph->state, name);
}

static void
collect_chain(const struct graph *graph, const struct graph_edge *const *came, size_t from,
	size_t to, const struct graph_edge ***ret_chain, size_t *ret_count)
{
	const struct graph_edge **chain;
	size_t count = 0;

	for (size_t at = to; at != from; at = came[at]->from)
		count++;
	chain = arena_array(graph->state->arena, count + 1, sizeof *chain);
	*ret_count = count;
	for (size_t at = to; at != from; at = came[at]->from)
		chain[--count] = came[at];
	*ret_chain = chain;
}

bool
graph_chain(const struct graph *graph, size_t from, size_t to, unsigned kinds,
	const struct graph_edge ***ret_chain, size_t *ret_count)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const struct graph_edge **came = arena_array(arena, graph->nodes.len, sizeof *came);
	size_t *queue = arena_array(arena, graph->nodes.len, sizeof *queue);
	size_t head = 0;
	size_t tail = 0;

	queue[tail++] = from;
	while (head < tail && came[to] == NULL && from != to) {
		size_t at = queue[head++];

		for (size_t i = graph->first[at]; i < graph->first[at + 1]; i++) {
			const struct graph_edge *edge = &graph->edges.at[i];

			if (!(kinds & 1u << edge->kind) || edge->to == from ||
				came[edge->to] != NULL)
				continue;
			came[edge->to] = edge;
			queue[tail++] = edge->to;
		}
	}
	if (came[to] == NULL && from != to)
		return false;
	collect_chain(graph, came, from, to, ret_chain, ret_count);
	return true;
}

void
graph_reach(
	const struct graph *graph, size_t from, unsigned kinds, bool is_inverted, bool *seen)
{
	const size_t *first = is_inverted ? graph->first_into : graph->first;
	struct arena *arena AUTO(arena_free) = arena_new();
	size_t *stack = arena_array(arena, graph->nodes.len, sizeof *stack);
	size_t depth = 0;

	seen[from] = true;
	stack[depth++] = from;
	while (depth > 0) {
		size_t at = stack[--depth];

		for (size_t i = first[at]; i < first[at + 1]; i++) {
			const struct graph_edge *edge =
				&graph->edges.at[is_inverted ? graph->into[i] : i];
			size_t next = is_inverted ? edge->from : edge->to;

			if (!(kinds & 1u << edge->kind) || seen[next])
				continue;
			seen[next] = true;
			stack[depth++] = next;
		}
	}
}
