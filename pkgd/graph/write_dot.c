/* SPDX-License-Identifier: MIT */
/*
 * Graphviz' language. A name is always a quoted string, in which only the quote and the backslash
 * mean something; symbols stand in the tooltip of their edge.
 */
#include "pkgd/graph/write.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/state.h"

#define TOOLTIP_MAX 40 /* symbols */
#define LAYERS_MAX 1200 /* edges: with more, drawing in layers takes minutes */
#define LABELS_MAX \
	300 /* edges: numbers on more are a thicket, and each is a node to Graphviz */

static const char *const node_styles[] = {
	[GRAPH_PACKAGE] = "shape=box, style=\"rounded,filled\", fillcolor=\"#dbe7f6\"",
	[GRAPH_PROGRAM] = "shape=box, style=filled, fillcolor=\"#e3f1df\"",
	[GRAPH_SLOT] = "shape=cylinder, style=filled, fillcolor=\"#fbe6cf\"",
	[GRAPH_TOOL] = "shape=plaintext, fontcolor=\"#777777\"",
};

static const char *const edge_styles[GRAPH_EDGE_KINDS] = {
	[GRAPH_REQUIRES] = "color=\"#3b6ea5\"",
	[GRAPH_CONTAINS] = "color=\"#999999\", style=dotted, arrowhead=none",
	[GRAPH_PRIVATE] = "color=\"#a23b72\", style=dashed",
	[GRAPH_BINDS] = "color=\"#d17b0f\"",
	[GRAPH_BUILDS] = "color=\"#cccccc\", style=dotted",
};

static void
add_escaped(struct strbuf *text, const char *name)
{
	for (; *name != '\0'; name++) {
		if (*name == '"' || *name == '\\')
			strbuf_add_char(text, '\\');
		/* A line break cannot be in a name; were one there, it would be shown as text. */
		if (*name == '\n')
			strbuf_add_string(text, "\\\\n");
		else
			strbuf_add_char(text, *name);
	}
}

static void
add_quoted(struct strbuf *text, const char *name)
{
	strbuf_add_char(text, '"');
	add_escaped(text, name);
	strbuf_add_char(text, '"');
}

static void
add_node(struct strbuf *text, const struct graph_node *node)
{
	bool is_plain = node->kind == GRAPH_PACKAGE && node->installed == NULL;

	strbuf_add_string(text, "\t");
	add_quoted(text, node->id);
	strbuf_add_string(text, " [label=\"");
	add_escaped(text, node->name);
	if (node->kind == GRAPH_PACKAGE) {
		strbuf_add_string(text, "\\n");
		add_escaped(text, node->version);
	}
	strbuf_printf(text, "\", %s%s];\n", node_styles[node->kind],
		is_plain ? ", color=\"#999999\", fillcolor=\"#f4f4f4\"" : "");
}

static int
add_edge(
	struct graph *graph, struct strbuf *text, const struct graph_edge *edge, bool has_label)
{
	char **symbols;
	size_t count;

	TRY(graph_edge_symbols(graph, edge, &symbols, &count));
	strbuf_add_string(text, "\t");
	add_quoted(text, graph->nodes.at[edge->from].id);
	strbuf_add_string(text, " -> ");
	add_quoted(text, graph->nodes.at[edge->to].id);
	strbuf_printf(text, " [%s", edge_styles[edge->kind]);
	if (count > 0 && has_label)
		strbuf_printf(text, ", label=\"%zu\"", count);
	strbuf_add_string(text, ", tooltip=\"");
	strbuf_add_string(text, graph_edge_names[edge->kind]);
	for (size_t i = 0; i < count && i < TOOLTIP_MAX; i++) {
		strbuf_add_string(text, i == 0 ? ": " : ", ");
		add_escaped(text, symbols[i]);
	}
	strbuf_printf(text, "%s\"];\n", count > TOOLTIP_MAX ? ", ..." : "");
	return 0;
}

static size_t
count_edges(const struct graph *graph, const struct graph_view *view)
{
	size_t count = 0;

	VEC_EACH (struct graph_edge, edge, &graph->edges)
		count += write_shows(view, edge);
	return count;
}

/* How Graphviz shall draw: in layers what can be, by springs what is too much for that. */
static void
add_manner(struct strbuf *text, size_t edge_count)
{
	if (edge_count > LAYERS_MAX)
		strbuf_add_string(text, "\tlayout=sfdp;\n\toverlap=prism;\n\tsplines=line;"
					"\n\toutputorder=edgesfirst;\n");
	else if (edge_count > LABELS_MAX)
		strbuf_add_string(text, "\trankdir=LR;\n\tsplines=line;\n\tnslimit=1;"
					"\n\tnslimit1=1;\n\tmclimit=0.2;\n");
	else
		strbuf_add_string(text, "\trankdir=LR;\n");
}

int
write_dot(struct graph *graph, const struct graph_view *view, struct strbuf *ret_text)
{
	size_t edge_count = count_edges(graph, view);

	strbuf_add_string(ret_text, "digraph ");
	add_quoted(ret_text, view->title);
	strbuf_add_string(ret_text, " {\n");
	add_manner(ret_text, edge_count);
	strbuf_add_string(ret_text,
		"\tnode [fontname=\"Helvetica\", fontsize=11];\n"
		"\tedge [fontname=\"Helvetica\", fontsize=8, arrowsize=0.6];\n");
	for (size_t i = 0; i < graph->nodes.len; i++)
		if (view->shown[i])
			add_node(ret_text, &graph->nodes.at[i]);
	VEC_EACH (struct graph_edge, edge, &graph->edges)
		if (write_shows(view, edge))
			TRY(add_edge(graph, ret_text, edge, edge_count <= LABELS_MAX));
	strbuf_add_string(ret_text, "}\n");
	return 0;
}
