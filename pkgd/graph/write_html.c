/* SPDX-License-Identifier: MIT */
/*
 * The page of page/, with the graph in it as JSON. Names come from packages: as text they are
 * escaped for HTML, and in the JSON no "<" is left, so that nothing in it can end the element. Symbols
 * are written once and named by number.
 */
#include "pkgd/graph/write.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/state.h"

#include <string.h>

extern const char page_html[], page_html_end[], page_css[], page_css_end[];
extern const char page_model[], page_model_end[], page_layout[], page_layout_end[];
extern const char page_draw[], page_draw_end[], page_page[], page_page_end[];

struct numbering { /* of symbols and of the nodes that are shown */
	struct map symbols; /* index + 1 as a pointer */
	size_t *nodes;
};

static void
add_part(struct strbuf *text, const char *at, const char *end)
{
	strbuf_add(text, at, (size_t)(end - at));
}

static void
add_scripts(struct strbuf *text)
{
	add_part(text, page_model, page_model_end);
	add_part(text, page_layout, page_layout_end);
	add_part(text, page_draw, page_draw_end);
	add_part(text, page_page, page_page_end);
}

static void
add_escaped(struct strbuf *text, const char *title)
{
	for (; *title != '\0'; title++)
		switch (*title) {
		case '<':
			strbuf_add_string(text, "&lt;");
			break;
		case '&':
			strbuf_add_string(text, "&amp;");
			break;
		default:
			strbuf_add_char(text, *title);
		}
}

static json_t *
number_of(struct graph *graph, struct numbering *numbering, const char *symbol)
{
	uintptr_t number = (uintptr_t)map_get(&numbering->symbols, symbol);

	if (number == 0) {
		number = numbering->symbols.len + 1;
		map_set(graph->state->arena, &numbering->symbols, symbol, (void *)number);
	}
	return json_integer((json_int_t)(number - 1));
}

/* [from, to, kind, by, [symbol ...]] */
static int
edge_json(struct graph *graph, struct numbering *numbering, const struct graph_edge *edge,
	json_t *list)
{
	json_t *numbers = json_array();
	char **symbols;
	size_t count;
	int ret = graph_edge_symbols(graph, edge, &symbols, &count);

	for (size_t i = 0; ret >= 0 && i < count; i++)
		json_array_append_new(numbers, number_of(graph, numbering, symbols[i]));
	json_array_append_new(
		list, json_pack("[I, I, i, s, o]", (json_int_t)numbering->nodes[edge->from],
			      (json_int_t)numbering->nodes[edge->to], (int)edge->kind, edge->by,
			      numbers));
	return ret;
}

static int
make_data(struct graph *graph, const struct graph_view *view, json_t *data)
{
	struct numbering numbering = { .nodes = arena_array(graph->state->arena,
					       graph->nodes.len + 1, sizeof(size_t)) };
	json_t *nodes = json_array();
	json_t *edges = json_array();
	json_t *symbols = json_array();

	json_object_set_new(data, "title", json_string(view->title));
	json_object_set_new(data, "nodes", nodes);
	json_object_set_new(data, "edges", edges);
	json_object_set_new(data, "symbols", symbols);
	for (size_t i = 0; i < graph->nodes.len; i++) {
		numbering.nodes[i] = json_array_size(nodes);
		if (view->shown[i])
			json_array_append_new(nodes, write_node(graph, &graph->nodes.at[i]));
	}
	VEC_EACH (struct graph_edge, edge, &graph->edges)
		if (write_shows(view, edge))
			TRY(edge_json(graph, &numbering, edge, edges));
	for (size_t i = 0; i < numbering.symbols.len; i++)
		json_array_append_new(symbols, json_string(numbering.symbols.entries[i].key));
	return 0;
}

/* What "<" stands for in a string of JSON; outside of strings there is none. */
static void
add_data(struct strbuf *text, const json_t *data)
{
	struct strbuf plain AUTO(strbuf_free) = { 0 };
	const char *at;
	const char *less;

	json_write(data, &plain);
	at = strbuf_string(&plain);
	for (; (less = strchr(at, '<')) != NULL; at = less + 1) {
		add_part(text, at, less);
		strbuf_add_string(text, "\\u003c");
	}
	strbuf_add_string(text, at);
}

int
write_html(struct graph *graph, const struct graph_view *view, struct strbuf *ret_text)
{
	json_t *data AUTO(json_release) = json_object();
	const char *at = page_html;
	const char *mark;

	TRY(make_data(graph, view, data));
	while ((mark = memmem(at, (size_t)(page_html_end - at), "{{", 2)) != NULL) {
		add_part(ret_text, at, mark);
		at = mark + 2;
		if (str_has_prefix(at, "title"))
			add_escaped(ret_text, view->title);
		else if (str_has_prefix(at, "css"))
			add_part(ret_text, page_css, page_css_end);
		else if (str_has_prefix(at, "data"))
			add_data(ret_text, data);
		else
			add_scripts(ret_text);
		at = strstr(at, "}}") + 2;
	}
	add_part(ret_text, at, page_html_end);
	return 0;
}
