/* SPDX-License-Identifier: MIT */
/* Nodes are named by their ids, so that a reader needs no numbers. */
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

/* The same symbol stands on many edges: it is one string, held as often as it is needed. */
static json_t *
symbols_json(struct arena *arena, struct map *strings, char *const *symbols, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *text = map_get(strings, symbols[i]);

		if (text == NULL) {
			text = json_string(symbols[i]);
			map_set(arena, strings, symbols[i], text);
			json_array_append_new(list, text);
		} else {
			json_array_append(list, text);
		}
	}
	return list;
}

static int
edge_json(struct graph *graph, const struct graph_edge *edge, struct map *strings,
	json_t **ret_object)
{
	char **symbols;
	size_t count;

	TRY(graph_edge_symbols(graph, edge, &symbols, &count));
	*ret_object = json_pack("{s:s, s:s, s:s, s:s, s:o}", "from",
		graph->nodes.at[edge->from].id, "to", graph->nodes.at[edge->to].id, "kind",
		graph_edge_names[edge->kind], "by", edge->by, "symbols",
		symbols_json(graph->state->arena, strings, symbols, count));
	return 0;
}

int
write_json(struct graph *graph, const struct graph_view *view, json_t **ret_json)
{
	json_t *root AUTO(json_release) = json_object();
	json_t *nodes = json_array();
	json_t *edges = json_array();
	struct map strings = { 0 };

	SET(root, "title", json_string(view->title));
	SET(root, "nodes", nodes);
	SET(root, "edges", edges);
	for (size_t i = 0; i < graph->nodes.len; i++)
		if (view->shown[i])
			json_array_append_new(nodes, write_node(graph, &graph->nodes.at[i]));
	VEC_EACH (struct graph_edge, edge, &graph->edges) {
		json_t *object;

		if (!write_shows(view, edge))
			continue;
		TRY(edge_json(graph, edge, &strings, &object));
		json_array_append_new(edges, object);
	}
	*ret_json = json_incref(root);
	return 0;
}
