/* SPDX-License-Identifier: MIT */
/*
 * The libraries and programs of packages.
 *
 * What is installed was checked in full when it came; here its digest is enough, and only the
 * symbols are taken from its manifest. Of what is only offered the index has the names of symbols,
 * without their types.
 */
#include "pkgd/graph/graph.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "pkgd/state.h"
#include "repo/manifest.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int
read_exports(struct arena *arena, const json_t *object, struct graph_unit *unit)
{
	struct graph_symbol *exports;
	json_t *array;

	TRY(json_get_array(object, "exports", &array));
	unit->export_count = json_array_size(array);
	exports = arena_array(arena, unit->export_count + 1, sizeof *exports);
	unit->exports = exports;
	for (size_t i = 0; i < unit->export_count; i++) {
		const json_t *item = json_array_get(array, i);
		const char *name = json_string_value(item);
		const char *kind = "function";
		int64_t size = 0;

		/* Of a library an object with all that is known, of a program the name. */
		if (name == NULL) {
			TRY(json_get_string(item, "name", &name));
			TRY(json_get_string(item, "kind", &kind));
			TRY(json_get_string(item, "type", &exports[i].type));
			TRY(json_get_integer(item, "size", &size));
			TRY(json_get_bool(item, "weak", &exports[i].is_weak));
			exports[i].type = arena_string(arena, exports[i].type);
		}
		exports[i].name = arena_string(arena, name);
		exports[i].is_function = strcmp(kind, "function") == 0;
		exports[i].size = (uint64_t)size;
	}
	return 0;
}

static int
read_unit(
	struct arena *arena, const json_t *object, const char *key, struct graph_unit *ret_unit)
{
	struct graph_unit unit = { .is_program = strcmp(key, "path") == 0 };

	TRY(json_get_string(object, key, &unit.name));
	unit.name = arena_string(arena, unit.name);
	TRY(read_exports(arena, object, &unit));
	TRY(json_get_strings(
		arena, object, "undefined", &unit.undefined, &unit.undefined_count));
	TRY(json_get_strings(arena, object, "imports", &unit.imports, &unit.import_count));
	*ret_unit = unit;
	return 0;
}

static int
units_from_manifest(struct arena *arena, struct str text, struct graph_units *units)
{
	json_t *root AUTO(json_release) = NULL;
	json_t *libraries;
	json_t *programs;

	TRY(json_read(text, &root));
	TRY(json_get_array(root, "libraries", &libraries));
	TRY(json_get_array(root, "programs", &programs));
	TRY(json_get_string(root, "producer", &units->producer));
	units->producer = arena_string(arena, units->producer);
	if (json_object_get(root, "builds_with") != NULL)
		TRY(json_get_strings(arena, root, "builds_with", &units->builds_with,
			&units->builds_with_count));
	units->at = arena_array(arena,
		json_array_size(libraries) + json_array_size(programs) + 1, sizeof *units->at);
	for (size_t i = 0; i < json_array_size(libraries); i++)
		TRY(read_unit(
			arena, json_array_get(libraries, i), "name", &units->at[units->len++]));
	for (size_t i = 0; i < json_array_size(programs); i++)
		TRY(read_unit(
			arena, json_array_get(programs, i), "path", &units->at[units->len++]));
	return 0;
}

/* The manifest's text, checked by its digest. */
static int
read_text(struct arena *arena, const struct graph *graph,
	const struct generation_package *package, struct str *ret_text)
{
	const struct store *store = graph->state->store;
	char *path = arena_printf(arena, "store/%s/manifest.json", package->store_name);
	struct digest digest;

	TRY(file_read(arena, store_root_dir(store), path, MANIFEST_SIZE_MAX, ret_text));
	digest = hash_bytes(ret_text->at, ret_text->len);
	if (!digest_equal(&digest, &package->manifest))
		return err_set(ERR_DIGEST, "%s/%s: changed on disk (run 'weld repair')",
			store_root(store), path);
	return 0;
}

static int
read_installed(struct graph *graph, const struct generation_package *package,
	struct graph_units *units)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str text;

	TRY(read_text(arena, graph, package, &text));
	return err_context(units_from_manifest(graph->state->arena, text, units),
		"%s: manifest", package->name);
}

static bool
list_has(const struct manifest_list *list, const char *symbol)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->at[i], symbol) == 0)
			return true;
	return false;
}

static bool
offer_mentions(const struct index_package *package, const char *symbol)
{
	for (size_t i = 0; i < package->library_count; i++)
		if (list_has(&package->libraries[i].exports, symbol) ||
			list_has(&package->libraries[i].undefined, symbol))
			return true;
	for (size_t i = 0; i < package->program_count; i++)
		if (list_has(&package->programs[i].undefined, symbol))
			return true;
	return false;
}

static int
text_mentions(const struct graph *graph, const struct generation_package *package,
	const char *symbol, bool *ret_mentions)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	json_t *name AUTO(json_release) = json_string(symbol);
	struct strbuf quoted AUTO(strbuf_free) = { 0 };
	struct str text;

	TRY(read_text(arena, graph, package, &text));
	/* As it stands in JSON; what cannot stand there is no symbol. */
	if (name != NULL)
		json_write(name, &quoted);
	*ret_mentions =
		quoted.len > 0 && memmem(text.at, text.len, quoted.at, quoted.len) != NULL;
	return 0;
}

int
graph_mentions(struct graph *graph, size_t package, const char *symbol, bool *ret_mentions)
{
	const struct graph_node *node = &graph->nodes.at[package];
	struct arena *arena = graph->state->arena;
	const struct index_package *offer;
	bool mentions;

	if (graph->mentioned == NULL || strcmp(graph->mentioned, symbol) != 0) {
		graph->mentioned = arena_string(arena, symbol);
		graph->mentions = arena_array(arena, graph->nodes.len, 1);
	}
	if (graph->mentions[package] == 0) {
		if (node->installed != NULL) {
			TRY(text_mentions(graph, node->installed, symbol, &mentions));
		} else {
			TRY(state_contents(graph->state, node->offer, &offer));
			mentions = offer_mentions(offer, symbol);
		}
		graph->mentions[package] = mentions ? 1 : -1;
	}
	*ret_mentions = graph->mentions[package] > 0;
	return 0;
}

int
graph_open_facts(struct graph *graph, size_t image, struct graph_facts *ret_facts)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *path = arena_printf(
		arena, "store/%s/" FACTS_FILE, graph->nodes.at[image].image->store_name);
	int dir = store_root_dir(graph->state->store);
	int fd AUTO(file_close) = -1;
	struct graph_facts facts = { 0 };
	uint64_t size;
	int ret;

	*ret_facts = facts;
	if (!file_exists(dir, path))
		return 0;
	TRY(file_open(dir, path, &fd));
	TRY(file_size(fd, &size));
	if (size == 0)
		return err_set(ERR_FORMAT, "%s/%s: damaged (run 'weld repair')",
			store_root(graph->state->store), path);
	facts.size = (size_t)size;
	facts.at = mmap(NULL, facts.size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (facts.at == MAP_FAILED)
		return err_errno("%s/%s", store_root(graph->state->store), path);
	ret = facts_open((struct str){ facts.at, facts.size }, &facts.facts);
	if (ret < 0) {
		graph_close_facts(&facts);
		return err_set(ERR_FORMAT, "%s/%s: %s (run 'weld repair')",
			store_root(graph->state->store), path, err_message());
	}
	*ret_facts = facts;
	return 0;
}

void
graph_close_facts(struct graph_facts *facts)
{
	if (facts->at != NULL)
		munmap(facts->at, facts->size);
	*facts = (struct graph_facts){ 0 };
}

static void
set_offer_exports(
	struct arena *arena, const struct manifest_list *names, struct graph_unit *unit)
{
	struct graph_symbol *exports = arena_array(arena, names->len + 1, sizeof *exports);

	for (size_t i = 0; i < names->len; i++)
		exports[i] = (struct graph_symbol){ .name = names->at[i], .is_function = true };
	unit->exports = exports;
	unit->export_count = names->len;
}

static int
read_offer(const struct graph *graph, const struct candidate *offer, struct graph_units *units)
{
	struct arena *arena = graph->state->arena;
	const struct index_package *package;

	TRY(state_contents(graph->state, offer, &package));
	units->producer = "";
	units->at = arena_array(
		arena, package->library_count + package->program_count + 1, sizeof *units->at);
	for (size_t i = 0; i < package->library_count; i++) {
		const struct index_library *library = &package->libraries[i];
		struct graph_unit *unit = &units->at[units->len++];

		*unit = (struct graph_unit){ .name = library->name,
			.undefined = library->undefined.at,
			.undefined_count = library->undefined.len,
			.imports = library->imports.at,
			.import_count = library->imports.len };
		set_offer_exports(arena, &library->exports, unit);
	}
	for (size_t i = 0; i < package->program_count; i++)
		units->at[units->len++] =
			(struct graph_unit){ .name = package->programs[i].path,
				.is_program = true,
				.undefined = package->programs[i].undefined.at,
				.undefined_count = package->programs[i].undefined.len,
				.imports = package->programs[i].imports.at,
				.import_count = package->programs[i].imports.len };
	return 0;
}

static struct graph_unit
unit_from_program(struct arena *arena, const struct manifest_program *program)
{
	struct graph_unit unit = { .name = program->path,
		.is_program = true,
		.undefined = program->undefined.at,
		.undefined_count = program->undefined.len,
		.imports = program->imports.at,
		.import_count = program->imports.len };

	set_offer_exports(arena, &program->exports, &unit);
	return unit;
}

static struct graph_unit
unit_from_library(struct arena *arena, const struct manifest_library *library)
{
	struct graph_symbol *exports =
		arena_array(arena, library->export_count + 1, sizeof *exports);

	for (size_t i = 0; i < library->export_count; i++)
		exports[i] = (struct graph_symbol){ .name = library->exports[i].name,
			.type = library->exports[i].type,
			.size = library->exports[i].size,
			.is_function = library->exports[i].is_function,
			.is_weak = library->exports[i].is_weak };
	return (struct graph_unit){ .name = library->name,
		.exports = exports,
		.export_count = library->export_count,
		.undefined = library->undefined.at,
		.undefined_count = library->undefined.len,
		.imports = library->imports.at,
		.import_count = library->imports.len };
}

struct graph_units *
graph_units_from(struct arena *arena, const struct manifest *manifest)
{
	struct graph_units *units = ARENA_NEW(arena, struct graph_units);

	units->producer = manifest->producer;
	units->builds_with = manifest->builds_with.at;
	units->builds_with_count = manifest->builds_with.len;
	units->at = arena_array(arena, manifest->library_count + manifest->program_count + 1,
		sizeof *units->at);
	for (size_t i = 0; i < manifest->library_count; i++)
		units->at[units->len++] = unit_from_library(arena, &manifest->libraries[i]);
	for (size_t i = 0; i < manifest->program_count; i++)
		units->at[units->len++] = unit_from_program(arena, &manifest->programs[i]);
	return units;
}

int
graph_read_units(struct graph *graph, size_t package, struct graph_units **ret_units)
{
	struct graph_node *node = &graph->nodes.at[package];
	struct arena *arena = graph->state->arena;

	if (node->units == NULL) {
		struct graph_units *units = ARENA_NEW(arena, struct graph_units);

		if (node->installed != NULL)
			TRY(read_installed(graph, node->installed, units));
		else
			TRY(read_offer(graph, node->offer, units));
		node->units = units;
	}
	*ret_units = node->units;
	return 0;
}

struct graph_unit *
graph_find_unit(const struct graph_units *units, const char *name, bool is_program)
{
	for (size_t i = 0; i < units->len; i++)
		if (units->at[i].is_program == is_program &&
			strcmp(units->at[i].name, name) == 0)
			return &units->at[i];
	return NULL;
}

int
graph_find_library(struct graph *graph, const char *name, struct graph_unit **ret_unit)
{
	uintptr_t package = (uintptr_t)map_get(&graph->libraries, name);
	struct graph_units *units;

	*ret_unit = NULL;
	if (package == 0)
		return 0;
	TRY(graph_read_units(graph, package - 1, &units));
	*ret_unit = graph_find_unit(units, name, false);
	return 0;
}

int
graph_image_unit(struct graph *graph, size_t image, struct graph_unit **ret_unit)
{
	const struct graph_node *node = &graph->nodes.at[image];
	struct graph_units *units;

	TRY(graph_read_units(graph, node->owner, &units));
	*ret_unit = graph_find_unit(units, node->name, node->kind == GRAPH_PROGRAM);
	return 0;
}

const struct graph_symbol *
graph_find_export(struct graph *graph, struct graph_unit *unit, const char *name)
{
	if (unit->by_name.len == 0)
		for (size_t i = 0; i < unit->export_count; i++)
			map_set(graph->state->arena, &unit->by_name, unit->exports[i].name,
				(void *)&unit->exports[i]);
	return map_get(&unit->by_name, name);
}
