/* SPDX-License-Identifier: MIT */
/*
 * write: a graph, or a part of it, in the forms that others read.
 */
#ifndef PKGD_GRAPH_WRITE_H
#define PKGD_GRAPH_WRITE_H

#include "base/json.h"
#include "pkgd/graph/graph.h"

struct graph_view { /* what is shown */
	const bool *shown; /* by node; an edge is shown when both of its ends are */
	unsigned edges; /* a set of edge kinds */
	const char *title; /* "jq", or the root's path */
};

/* Whether an edge is shown. */
static inline bool
write_shows(const struct graph_view *view, const struct graph_edge *edge)
{
	return view->shown[edge->from] && view->shown[edge->to] &&
	       (view->edges & 1u << edge->kind) != 0;
}

/* One node, as weld-graph(1) describes it. Owner: the caller */
json_t *write_node(struct graph *graph, const struct graph_node *node);

/* {"title", "nodes": [...], "edges": [...]}, as weld-graph(1) describes it, a line a node and edge.
 * Errors: as graph_edge_symbols() */
int write_json(struct graph *graph, const struct graph_view *view, struct strbuf *ret_text);

/* Graphviz' language. Errors: as graph_edge_symbols() */
int write_dot(struct graph *graph, const struct graph_view *view, struct strbuf *ret_text);

/* One page with everything in it, to explore with a browser. Errors: as graph_edge_symbols() */
int write_html(struct graph *graph, const struct graph_view *view, struct strbuf *ret_text);

#endif
