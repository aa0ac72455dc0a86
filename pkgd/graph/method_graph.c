/* SPDX-License-Identifier: MIT */
/* The graph as a whole, or what hangs on one node of it, in a form for others. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/graph/write.h"
#include "pkgd/state.h"

#include <string.h>

int
graph_open(struct request *request, const char *name, unsigned flags, struct state *ret_state,
	struct graph *ret_graph)
{
	size_t at;

	TRY(state_open(request, 0, "", ret_state));
	TRY(graph_make(ret_state, flags, ret_graph));
	if (name == NULL || graph_find(ret_graph, name, &at))
		return 0;
	state_close(ret_state);
	TRY(state_open(request, STATE_OFFERS_ANY, "", ret_state));
	return graph_make(ret_state, flags | GRAPH_OFFERS, ret_graph);
}

/* The kinds of edges by name; all of them when none is named. */
static int
read_edges(struct request *request, unsigned *ret_edges)
{
	char **names;
	size_t count;
	unsigned edges = 0;

	TRY(request_strings(request, "edges", &names, &count));
	for (size_t i = 0; i < count; i++) {
		unsigned kind = 0;

		/* The first word of a kind's name is enough: "binds". */
		while (kind < GRAPH_EDGE_KINDS &&
			strncmp(graph_edge_names[kind], names[i], strlen(names[i])) != 0)
			kind++;
		if (kind == GRAPH_EDGE_KINDS || names[i][0] == '\0')
			return err_set(ERR_USAGE,
				"%s: no kind of edge (requires, contains, links, binds, "
				"builds)",
				names[i]);
		edges |= 1u << kind;
	}
	*ret_edges = count == 0 ? GRAPH_ALL_EDGES : edges;
	return 0;
}

/* Mark what belongs to the answer: all, or what a node needs, or what needs it. */
static int
choose_nodes(struct request *request, const struct graph *graph, const char *name,
	unsigned edges, bool **ret_shown)
{
	bool *shown = arena_array(request->arena, graph->nodes.len + 1, sizeof *shown);
	size_t at = 0;

	if (name == NULL) {
		memset(shown, true, graph->nodes.len);
	} else {
		if (!graph_find(graph, name, &at))
			return state_fail_unknown(graph->state, name);
		graph_reach(graph, at, edges, request_flag(request, "invert"), shown);
	}
	*ret_shown = shown;
	return 0;
}

int
method_graph(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct graph graph;
	struct graph_view view = { 0 };
	const char *format;
	const char *name;
	bool *shown = NULL;

	TRY(json_get_string(request->parameters, "format", &format));
	TRY(request_string(request, "name", &name));
	TRY(read_edges(request, &view.edges));
	TRY(graph_open(request, name, view.edges & 1u << GRAPH_BUILDS ? GRAPH_TOOLS : 0, &state,
		&graph));
	TRY(choose_nodes(request, &graph, name, view.edges, &shown));
	view.shown = shown;
	view.title = name != NULL ? name : request->root;
	if (!json_can_hold(view.title))
		view.title = "root";
	if (strcmp(format, "dot") == 0) {
		TRY(write_dot(&graph, &view, &text));
	} else if (strcmp(format, "html") == 0) {
		TRY(write_html(&graph, &view, &text));
	} else if (strcmp(format, "json") == 0) {
		TRY(write_json(&graph, &view, &text));
	} else {
		return err_set(ERR_USAGE, "%s: no format (dot, json, svg, html)", format);
	}
	json_object_set_new(
		request->reply, "text", json_stringn(strbuf_str(&text).at, text.len));
	return 0;
}
