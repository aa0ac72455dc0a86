/* SPDX-License-Identifier: MIT */
/*
 * Nodes are named by their ids, so that a reader needs no numbers. There may be a million symbols: they
 * are written as they come, not made into JSON values first.
 */
#include "pkgd/graph/write.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/state.h"

#include <inttypes.h>
#include <string.h>

#define SET(object, key, value) json_object_set_new((object), (key), (value))

static void
set_package(json_t *object, const struct graph_node *node)
{
	const struct generation_package *installed = node->installed;

	SET(object, "installed", json_boolean(installed != NULL));
	SET(object, "summary",
		json_string(installed != NULL ? installed->summary
					      : node->offer->package->summary));
	SET(object, "repository",
		json_string(
			installed != NULL ? installed->repository : node->offer->repository));
	SET(object, "manual", json_boolean(installed != NULL && installed->is_manual));
}

/* How many programs use a slot, and what that saves, as the linker counted when it decided. */
static void
set_decision(const struct generation *generation, json_t *object, const char *library)
{
	for (size_t i = 0; i < generation->decision_count; i++) {
		const struct generation_decision *decision = &generation->decisions[i];

		if (strcmp(decision->library, library) != 0)
			continue;
		SET(object, "users", json_integer((json_int_t)decision->user_count));
		SET(object, "saved_bytes", json_integer((json_int_t)decision->saved_bytes));
		SET(object, "reason", json_string(decision->reason));
		return;
	}
}

static void
set_image(struct graph *graph, json_t *object, const struct graph_node *node)
{
	const struct generation_image *image = node->image;
	char hex[DIGEST_HEX_SIZE];

	SET(object, "package", json_string(graph->nodes.at[node->owner].name));
	SET(object, "image", json_string(digest_hex(&image->digest, hex)));
	if (node->kind != GRAPH_SLOT)
		return;
	SET(object, "address",
		json_string(arena_printf(graph->state->arena, "0x%" PRIx64, image->base)));
	SET(object, "reserved", json_integer((json_int_t)image->size));
	SET(object, "layout_id", json_string(digest_hex(&image->layout_id, hex)));
	set_decision(&graph->state->current, object, image->name);
}

json_t *
write_node(struct graph *graph, const struct graph_node *node)
{
	json_t *object = json_object();

	SET(object, "id", json_string(node->id));
	SET(object, "kind", json_string(graph_node_names[node->kind]));
	SET(object, "name", json_string(node->name));
	if (node->kind == GRAPH_TOOL)
		return object;
	SET(object, "version", json_string(node->version));
	SET(object, "size", json_integer((json_int_t)node->size));
	if (node->kind == GRAPH_PACKAGE)
		set_package(object, node);
	else
		set_image(graph, object, node);
	return object;
}

/* Names come from JSON: they are UTF-8, and what cannot stand in a string is rare. */
static void
add_string(struct strbuf *text, const char *value)
{
	const char *from = value;

	strbuf_add_char(text, '"');
	for (; *value != '\0'; value++) {
		if ((unsigned char)*value >= 0x20 && *value != '"' && *value != '\\')
			continue;
		strbuf_add(text, from, (size_t)(value - from));
		strbuf_printf(text, "\\u%04x", (unsigned)*value);
		from = value + 1;
	}
	strbuf_add(text, from, (size_t)(value - from));
	strbuf_add_char(text, '"');
}

static void
add_member(struct strbuf *text, const char *key, const char *value)
{
	add_string(text, key);
	strbuf_add_char(text, ':');
	add_string(text, value);
	strbuf_add_char(text, ',');
}

static int
add_edge(struct graph *graph, const struct graph_edge *edge, struct strbuf *text)
{
	char **symbols;
	size_t count;

	TRY(graph_edge_symbols(graph, edge, &symbols, &count));
	strbuf_add_char(text, '{');
	add_member(text, "from", graph->nodes.at[edge->from].id);
	add_member(text, "to", graph->nodes.at[edge->to].id);
	add_member(text, "kind", graph_edge_names[edge->kind]);
	add_member(text, "by", edge->by);
	strbuf_add_string(text, "\"symbols\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			strbuf_add_char(text, ',');
		add_string(text, symbols[i]);
	}
	strbuf_add_string(text, "]}");
	return 0;
}

static void
add_node(struct graph *graph, const struct graph_node *node, struct strbuf *text)
{
	json_t *object AUTO(json_release) = write_node(graph, node);
	struct strbuf plain AUTO(strbuf_free) = { 0 };

	json_write(object, &plain);
	strbuf_add(text, plain.at, plain.len);
}

int
write_json(struct graph *graph, const struct graph_view *view, struct strbuf *ret_text)
{
	const char *between = "";

	strbuf_add_char(ret_text, '{');
	add_member(ret_text, "title", view->title);
	strbuf_add_string(ret_text, "\"nodes\":[");
	for (size_t i = 0; i < graph->nodes.len; i++) {
		if (!view->shown[i])
			continue;
		strbuf_add_string(ret_text, between);
		add_node(graph, &graph->nodes.at[i], ret_text);
		between = ",\n";
	}
	strbuf_add_string(ret_text, "],\n\"edges\":[");
	between = "";
	VEC_EACH (struct graph_edge, edge, &graph->edges) {
		if (!write_shows(view, edge))
			continue;
		strbuf_add_string(ret_text, between);
		TRY(add_edge(graph, edge, ret_text));
		between = ",\n";
	}
	strbuf_add_string(ret_text, "]}\n");
	return 0;
}
