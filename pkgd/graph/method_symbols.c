/* SPDX-License-Identifier: MIT */
/* Questions about symbols: what a package defines and needs, who is bound to it, who owns it. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/graph/graph.h"
#include "pkgd/graph/names.h"
#include "pkgd/state.h"
#include "store/query.h"

#include <string.h>

static json_t *
export_json(const struct graph_symbol *symbol)
{
	return json_pack("{s:s, s:s, s:s?, s:I, s:b}", "name", symbol->name, "kind",
		symbol->is_function ? "function" : "data", "type", symbol->type, "size",
		(json_int_t)symbol->size, "weak", symbol->is_weak);
}

static int
unit_json(struct graph *graph, struct graph_unit *unit, json_t *object)
{
	json_t *exports = json_array();
	json_t *needs = json_array();
	struct graph_unit **order;
	size_t count;

	json_object_set_new(object, "name", json_string(unit->name));
	json_object_set_new(
		object, "kind", json_string(unit->is_program ? "program" : "library"));
	json_object_set_new(object, "exports", exports);
	json_object_set_new(object, "needs", needs);
	for (size_t i = 0; i < unit->export_count; i++)
		json_array_append_new(exports, export_json(&unit->exports[i]));
	TRY(names_search_order(graph, unit, &order, &count));
	for (size_t i = 0; i < unit->undefined_count; i++) {
		const struct graph_unit *library =
			names_definer(graph, order, count, unit->undefined[i]);

		json_array_append_new(
			needs, json_pack("{s:s, s:s}", "name", unit->undefined[i], "library",
				       library == NULL ? "" : library->name));
	}
	return 0;
}

/* A package, or one library or program of it. */
static int
find_subject(struct graph *graph, const char *name, size_t *ret_package, const char **ret_unit)
{
	uintptr_t library;
	size_t at = 0;

	*ret_unit = NULL;
	if (graph_find(graph, name, &at)) {
		const struct graph_node *node = &graph->nodes.at[at];

		if (node->kind == GRAPH_PACKAGE) {
			*ret_package = at;
			return 0;
		}
		if (node->image != NULL) {
			*ret_package = node->owner;
			*ret_unit = node->name;
			return 0;
		}
	}
	library = (uintptr_t)map_get(
		&graph->libraries, str_has_prefix(name, "lib:") ? name + 4 : name);
	if (library == 0)
		return graph_find_package(graph, name, ret_package);
	*ret_package = library - 1;
	*ret_unit = str_has_prefix(name, "lib:") ? name + 4 : name;
	return 0;
}

int
method_symbols(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct graph graph;
	struct graph_units *units;
	const char *name;
	const char *unit;
	json_t *list = json_array();
	size_t package = 0;

	json_object_set_new(request->reply, "units", list);
	TRY(json_get_string(request->parameters, "name", &name));
	TRY(graph_open(request, name, 0, &state, &graph));
	TRY(find_subject(&graph, name, &package, &unit));
	TRY(graph_read_units(&graph, package, &units));
	json_object_set_new(
		request->reply, "package", json_string(graph.nodes.at[package].name));
	json_object_set_new(
		request->reply, "version", json_string(graph.nodes.at[package].version));
	json_object_set_new(request->reply, "installed",
		json_boolean(graph.nodes.at[package].installed != NULL));
	for (size_t i = 0; i < units->len; i++) {
		json_t *object;

		if (unit != NULL && strcmp(units->at[i].name, unit) != 0)
			continue;
		object = json_object();
		json_array_append_new(list, object);
		TRY(unit_json(&graph, &units->at[i], object));
	}
	return 0;
}

static int
add_exports(struct graph *graph, const char *symbol, json_t *list)
{
	struct names_export *exports;
	size_t count;

	TRY(names_exports(graph, symbol, &exports, &count));
	for (size_t i = 0; i < count; i++) {
		const struct graph_node *package = &graph->nodes.at[exports[i].package];
		json_t *object = export_json(exports[i].symbol);

		json_object_del(object, "name");
		json_object_set_new(object, "package", json_string(package->name));
		json_object_set_new(object, "version", json_string(package->version));
		json_object_set_new(
			object, "installed", json_boolean(package->installed != NULL));
		json_object_set_new(object, exports[i].unit->is_program ? "program" : "library",
			json_string(exports[i].unit->name));
		json_object_set_new(object, "slot", json_boolean(exports[i].has_slot));
		json_array_append_new(list, object);
	}
	return 0;
}

static json_t *
use_json(const struct graph *graph, const struct names_use *use)
{
	static const char *const how[] = { [NAMES_BOUND] = "bound",
		[NAMES_CONTAINS] = "contains",
		[NAMES_INLINED] = "inlined" };
	const struct graph_node *node = &graph->nodes.at[use->image];
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "image",
		node->name, "kind", graph_node_names[node->kind], "package",
		node->image->package, "how", how[use->how], "library", use->library, "from",
		use->package, "source", use->source, "known_from",
		use->is_fact ? "facts" : "manifest");

	if (use->how == NAMES_INLINED)
		json_object_set_new(
			object, "into", json_from_strings(use->hosts, use->host_count));
	return object;
}

int
method_binds(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct graph graph;
	struct names_use *uses;
	const char *symbol;
	json_t *exports = json_array();
	json_t *images = json_array();
	size_t count;

	json_object_set_new(request->reply, "exports", exports);
	json_object_set_new(request->reply, "images", images);
	TRY(json_get_string(request->parameters, "symbol", &symbol));
	TRY(state_open(request, 0, "", &state));
	TRY(graph_make(&state, 0, &graph));
	TRY(add_exports(&graph, symbol, exports));
	TRY(names_uses(&graph, symbol, &uses, &count));
	for (size_t i = 0; i < count; i++)
		json_array_append_new(images, use_json(&graph, &uses[i]));
	if (json_array_size(exports) > 0 || count > 0)
		return 0;
	return err_set(ERR_NOT_FOUND,
		"%s: nothing that is installed defines or uses it (try 'weld provides %s')",
		symbol, symbol);
}

static int
add_path_owners(struct state *state, const char *path, json_t *list)
{
	struct query_owner *owners;
	size_t count;

	TRY(query_owners(
		state->arena, state->store, state->current.number, path, &owners, &count));
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:b}", "path", path, "package",
				owners[i].package, "label", owners[i].label, "kind",
				owners[i].is_program ? "program" : "file", "installed", 1));
	return 0;
}

/* A symbol that is exported somewhere, or of which some image has facts. */
static int
add_symbol_owners(struct graph *graph, const char *symbol, json_t *list)
{
	struct map seen = { 0 };
	struct names_export *exports;
	struct names_use *uses;
	size_t count;

	TRY(names_exports(graph, symbol, &exports, &count));
	for (size_t i = 0; i < count; i++) {
		const struct graph_node *node = &graph->nodes.at[exports[i].package];
		char *label =
			arena_printf(graph->state->arena, "%s-%s", node->name, node->version);

		map_set(graph->state->arena, &seen, label, NULL);
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "symbol", symbol, "package",
				node->name, "label", label, "kind", "symbol", "where",
				exports[i].unit->name, "installed", node->installed != NULL));
	}
	TRY(names_uses(graph, symbol, &uses, &count));
	for (size_t i = 0; i < count; i++) {
		if (uses[i].how == NAMES_BOUND || map_has(&seen, uses[i].package))
			continue;
		map_set(graph->state->arena, &seen, uses[i].package, NULL);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "symbol", symbol,
				      "package", uses[i].package, "label", uses[i].package,
				      "kind", "symbol", "where", uses[i].library, "source",
				      uses[i].source, "installed", 1));
	}
	return 0;
}

/* What nothing installed has, but a repository offers. */
static int
add_offered_owners(struct graph *graph, const char *name, const char *path, json_t *list)
{
	size_t before = json_array_size(list);

	for (size_t i = 0; i < graph->nodes.len; i++) {
		const struct graph_node *node = &graph->nodes.at[i];
		const struct index_package *offer;
		bool has = false;

		if (node->offer == NULL)
			continue;
		TRY(state_contents(graph->state, node->offer, &offer));
		for (size_t k = 0; k < offer->files.len; k++)
			has = has || strcmp(offer->files.at[k], path) == 0;
		if (has)
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:s, s:s, s:b}", "path", path,
					      "package", node->name, "label",
					      arena_printf(graph->state->arena, "%s-%s",
						      node->name, node->version),
					      "kind", "file", "installed", 0));
	}
	return json_array_size(list) > before ? 0 : add_symbol_owners(graph, name, list);
}

int
method_owns(struct request *request)
{
	char **names;
	size_t count;
	json_t *list = json_array();

	json_object_set_new(request->reply, "owners", list);
	TRY(request_strings(request, "names", &names, &count));
	for (size_t i = 0; i < count; i++) {
		struct state state AUTO(state_close) = { 0 };
		size_t before = json_array_size(list);
		struct graph graph;
		const char *path;

		TRY(state_open(request, STATE_BARE, "", &state));
		path = state_relative_path(&state, names[i]);
		TRY(add_path_owners(&state, path, list));
		if (json_array_size(list) > before)
			continue;
		state_close(&state);
		TRY(state_open(request, 0, "", &state));
		TRY(graph_make(&state, 0, &graph));
		TRY(add_symbol_owners(&graph, names[i], list));
		if (json_array_size(list) > before)
			continue;
		state_close(&state);
		TRY(state_open(request, STATE_OFFERS_ANY, "", &state));
		TRY(graph_make(&state, GRAPH_OFFERS, &graph));
		TRY(add_offered_owners(&graph, names[i], path, list));
		if (json_array_size(list) == before)
			return err_set(ERR_NOT_FOUND,
				"%s: no package has such a file or symbol (try 'weld provides "
				"%s')",
				names[i], path);
	}
	return 0;
}
