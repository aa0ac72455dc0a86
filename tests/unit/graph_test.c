/* SPDX-License-Identifier: MIT */
/* Graphs made by hand: walks that meet cycles, and names that mean something to those who read. */
#include "base/arena.h"
#include "base/err.h"
#include "pkgd/graph/write.h"
#include "pkgd/state.h"
#include "tests/lib/tap.h"

#include <string.h>

#define HOSTILE_PATH "bin/a\"b\\c</script><!--<script>&'\n"
#define HOSTILE_SYMBOL "f\"</script>\\"

static struct generation_package package_a = { .name = "a", .summary = "", .repository = "" };
static struct generation_package package_b = { .name = "b", .summary = "", .repository = "" };
static struct generation_image image = { .name = HOSTILE_PATH, .package = "a-1-1" };
static const struct graph_symbol exports[] = { { .name = HOSTILE_SYMBOL } };
static char *undefined[] = { (char *)HOSTILE_SYMBOL };
static struct graph_unit unit_a = {
	.name = HOSTILE_PATH, .is_program = true, .undefined = undefined, .undefined_count = 1
};
static struct graph_unit unit_b = { .name = "b", .exports = exports, .export_count = 1 };
static struct graph_units units_a = { .at = &unit_a, .len = 1, .producer = "" };
static struct graph_units units_b = { .at = &unit_b, .len = 1, .producer = "" };

/* a requires b and b requires a; a contains a program. */
static struct graph_node nodes[] = {
	{ .id = "package:a",
		.name = "a",
		.version = "1-1",
		.installed = &package_a,
		.units = &units_a },
	{ .id = "package:b",
		.name = "b",
		.version = "1-1",
		.installed = &package_b,
		.units = &units_b },
	{ .kind = GRAPH_PROGRAM,
		.id = "program:" HOSTILE_PATH,
		.name = HOSTILE_PATH,
		.version = "1-1",
		.image = &image },
};
static struct graph_edge edges[] = {
	{ GRAPH_REQUIRES, 0, 1, "lib:b" },
	{ GRAPH_CONTAINS, 0, 2, "" },
	{ GRAPH_REQUIRES, 1, 0, "a" },
};
static size_t first[] = { 0, 2, 3, 3 };
static size_t into[] = { 2, 0, 1 };
static size_t first_into[] = { 0, 1, 2, 3 };

static void
test_walks(const struct graph *graph)
{
	const struct graph_edge **chain;
	bool seen[3] = { false };
	size_t count = 0;

	tap_ok(graph_chain(graph, 1, 2, GRAPH_ALL_EDGES, &chain, &count) && count == 2 &&
			chain[0] == &edges[2] && chain[1] == &edges[1],
		"a chain goes through a cycle");
	tap_ok(!graph_chain(graph, 2, 0, GRAPH_ALL_EDGES, &chain, &count),
		"there is none against the edges");
	tap_ok(graph_chain(graph, 1, 1, GRAPH_ALL_EDGES, &chain, &count) && count == 0,
		"from a node to itself it is empty");
	tap_ok(!graph_chain(graph, 1, 2, 1u << GRAPH_REQUIRES, &chain, &count),
		"edges of other kinds do not count");
	graph_reach(graph, 2, GRAPH_ALL_EDGES, true, seen);
	tap_ok(seen[0] && seen[1] && seen[2], "what leads to a node is found, cycles included");
}

static void
test_dot(struct graph *graph, const struct graph_view *view)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	tap_ok(write_dot(graph, view, &text) == 0, "dot");
	tap_ok(strstr(strbuf_string(&text),
		       "\"program:bin/a\\\"b\\\\c</script><!--<script>&'\\\\n\"") != NULL,
		"a name is one quoted string");
	tap_ok(strstr(strbuf_string(&text), "f\\\"</script>\\\\") != NULL, "a symbol, too");
}

static void
test_json(struct graph *graph, const struct graph_view *view)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	json_t *again AUTO(json_release) = NULL;
	const json_t *edge;
	const json_t *node;

	tap_ok(write_json(graph, view, &text) == 0, "JSON");
	tap_ok(json_read(strbuf_str(&text), &again) == 0, "which can be read");
	node = json_array_get(json_object_get(again, "nodes"), 2);
	tap_is_string(json_string_value(json_object_get(node, "name")), HOSTILE_PATH,
		"with the name as it is");
	edge = json_array_get(json_object_get(again, "edges"), 0);
	tap_is_string(json_string_value(json_array_get(json_object_get(edge, "symbols"), 0)),
		HOSTILE_SYMBOL, "and the symbol on its edge");
}

static void
test_html(struct graph *graph, const struct graph_view *view)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	const char *data;
	const char *end;
	json_t *json AUTO(json_release) = NULL;

	tap_ok(write_html(graph, view, &text) == 0, "HTML");
	data = strstr(strbuf_string(&text), "id=\"data\">");
	end = data == NULL ? NULL : strstr(data, "</script>");
	if (end == NULL)
		tap_bail("no data in the page");
	data += strlen("id=\"data\">");
	tap_ok(json_read((struct str){ data, (size_t)(end - data) }, &json) == 0,
		"no name ends the element that has the data");
	tap_is_string(json_string_value(json_array_get(json_object_get(json, "symbols"), 0)),
		HOSTILE_SYMBOL, "and none is changed");
	tap_ok(strstr(strbuf_string(&text), "<title>&lt;b>&amp; - weld graph</title>") != NULL,
		"the title is text");
	tap_ok(strstr(strbuf_string(&text), "{{") == NULL, "nothing is left to be filled in");
	tap_ok(strstr(strbuf_string(&text), "http") ==
			strstr(strbuf_string(&text), "http-equiv"),
		"no other place is named");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct state state = { .arena = arena };
	struct graph graph = { .state = &state,
		.nodes = { nodes, 3, 3 },
		.edges = { edges, 3, 3 },
		.first = first,
		.into = into,
		.first_into = first_into };
	const bool shown[3] = { true, true, true };
	const struct graph_view view = { shown, GRAPH_ALL_EDGES, "<b>&" };

	test_walks(&graph);
	test_dot(&graph, &view);
	test_json(&graph, &view);
	test_html(&graph, &view);
	return tap_done();
}
