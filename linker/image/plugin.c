/* SPDX-License-Identifier: MIT */
/*
 * A symbol of a plug-in is its own if it defines it; else the program's or that of
 * one of the program's libraries; else that of a library which the plug-in brings.
 * That is the order in which a dynamic loader searches. A library that is private
 * in the program is not linked into a plug-in again: there is one of it.
 *
 * The compiler runtime has no state: each image has its own copy of what it calls.
 */
#include "linker/image/plugin.h"
#include "linker/image/share.h"

#include "base/err.h"
#include "base/file.h"
#include "linker/elf/elf_file.h"
#include "linker/elf/elf_symbol.h"
#include "linker/image/clash.h"
#include "linker/image/graph.h"

#include <string.h>

#define IMAGE_MAX ((size_t)1 << 30) /* bytes */
#define PROGRAM_BASE UINT64_C(0x400000)

char *
link_plugin_name(struct arena *arena, const char *program, const char *plugin)
{
	return arena_printf(arena, "%s:%s", program, plugin);
}

static bool
loads(const struct link_program *program, const struct link_plugin *plugin)
{
	for (size_t i = 0; i < program->load_count; i++)
		for (size_t k = 0; k < plugin->interface_count; k++)
			if (strcmp(program->loads[i], plugin->interfaces[k]) == 0)
				return true;
	return false;
}

static int
add_plugin(struct link_state *state, struct program *program, const struct link_plugin *link)
{
	struct plugin *plugin = &state->plugins[state->plugin_count++];

	plugin->link = link;
	plugin->program = program;
	for (size_t i = 0; i < link->export_count; i++)
		map_set(state->arena, &plugin->exports, link->exports[i], NULL);
	TRY(err_context(graph_read_native(state, &link->native, &plugin->image,
				&plugin->exports, &plugin->hidden),
		"%s: native object of plug-in %s", link->package, link->path));
	plugin->image.name = arena_printf(
		state->arena, "%s: %s for %s", link->package, link->path, program->link->path);
	return graph_close(
		state, link->imports, link->import_count, plugin->image.name, &plugin->image);
}

int
plugin_build(struct link_state *state)
{
	const struct link_request *request = state->request;

	state->plugins = arena_array(state->arena, request->plugin_count * state->program_count,
		sizeof *state->plugins);
	for (size_t i = 0; i < state->program_count; i++)
		for (size_t k = 0; k < request->plugin_count; k++)
			if (loads(state->programs[i].link, &request->plugins[k]))
				TRY(add_plugin(
					state, &state->programs[i], &request->plugins[k]));
	return 0;
}

static bool
is_among(const struct library *library, struct library *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == library)
			return true;
	return false;
}

/* Whether a plug-in's program has a library, inside or in a slot. */
static bool
program_has(const struct plugin *plugin, const struct library *library)
{
	const struct image *image = &plugin->program->image;

	return is_among(library, image->closure, image->closure_count);
}

void
plugin_count_users(struct link_state *state)
{
	for (size_t i = 0; i < state->plugin_count; i++) {
		const struct plugin *plugin = &state->plugins[i];
		const struct image *image = &plugin->image;

		for (size_t k = 0; k < image->closure_count; k++)
			if (!program_has(plugin, image->closure[k]) &&
				share_can_use(plugin->program, image->closure[k]))
				image->closure[k]->user_count++;
	}
}

static bool
is_exported(const char *symbol, struct library *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (map_has(&list[i]->exports, symbol))
			return true;
	return false;
}

static bool
is_provided(const struct plugin *plugin, const char *symbol)
{
	const struct image *of_program = &plugin->program->image;

	return map_has(&plugin->exports, symbol) || map_has(&plugin->hidden, symbol) ||
	       map_has(&plugin->program->exports, symbol) ||
	       is_exported(symbol, of_program->closure, of_program->closure_count) ||
	       is_exported(symbol, plugin->image.closure, plugin->image.closure_count) ||
	       elf_linker_defines(symbol);
}

/* What a library that the plug-in brings needs, and nobody here defines. */
static int
check_brought(const struct plugin *plugin, const struct library *library)
{
	const struct link_library *link = library->link;

	if (link->tls_size > 0 && !library->is_runtime)
		return err_set(ERR_PROFILE,
			"%s: library %s (%s) has thread-local variables, which a plug-in "
			"cannot bring (let the program import it)",
			plugin->image.name, link->name, link->package);
	for (size_t i = 0; i < link->undefined_count; i++)
		if (!is_provided(plugin, link->undefined[i]) &&
			!map_has(&library->hidden, link->undefined[i]))
			return err_set(ERR_SYMBOL,
				"%s: library %s (%s) needs the symbol %s, which nothing here "
				"defines",
				plugin->image.name, link->name, link->package,
				link->undefined[i]);
	return 0;
}

/* What the plug-in means of its own series would be found in the program's. */
static int
check_series(const struct plugin *plugin, const struct library *library)
{
	const struct image *of_program = &plugin->program->image;

	for (size_t i = 0; i < of_program->closure_count; i++) {
		const struct library *other = of_program->closure[i];

		if (!clash_are_series(library, other))
			continue;
		for (size_t n = 0; n < library->exports.len; n++)
			if (map_has(&other->exports, library->exports.entries[n].key))
				return err_set(ERR_SYMBOL,
					"%s: brings library %s (%s), and %s has %s (%s): both "
					"define %s (build both with one series)",
					plugin->image.name, library->link->name,
					library->link->package, plugin->program->image.name,
					other->link->name, other->link->package,
					library->exports.entries[n].key);
	}
	return 0;
}

static int
check_plugin(const struct plugin *plugin)
{
	const struct link_plugin *link = plugin->link;
	const struct image *image = &plugin->image;

	if (strchr(plugin->program->link->path, ':') != NULL)
		return err_set(ERR_FORMAT,
			"%s: a program that loads plug-ins cannot have ':' in its path",
			plugin->program->image.name);
	if (link->tls_size > 0)
		return err_set(ERR_PROFILE,
			"%s: has thread-local variables, which a plug-in cannot have (use "
			"pthread_getspecific)",
			image->name);
	for (size_t i = 0; i < link->undefined_count; i++)
		if (!is_provided(plugin, link->undefined[i]))
			return err_set(ERR_SYMBOL,
				"%s: needs the symbol %s, which neither %s nor a library "
				"exports",
				image->name, link->undefined[i], plugin->program->image.name);
	for (size_t i = 0; i < image->closure_count; i++) {
		if (program_has(plugin, image->closure[i]))
			continue;
		TRY(check_brought(plugin, image->closure[i]));
		TRY(check_series(plugin, image->closure[i]));
	}
	return 0;
}

int
plugin_check(const struct link_state *state)
{
	for (size_t i = 0; i < state->plugin_count; i++)
		TRY(check_plugin(&state->plugins[i]));
	return 0;
}

void
plugin_split(struct link_state *state, struct plugin *plugin)
{
	const struct image *program = &plugin->program->image;
	struct image *image = &plugin->image;
	size_t most = image->closure_count + program->closure_count;

	image->slots = arena_array(state->arena, most, sizeof *image->slots);
	image->beside = arena_array(state->arena, most, sizeof *image->beside);
	image->merged = arena_array(state->arena, most, sizeof *image->merged);
	for (size_t i = 0; i < program->slot_count; i++)
		image->slots[image->slot_count++] = program->slots[i];
	for (size_t i = 0; i < image->closure_count; i++) {
		struct library *library = image->closure[i];
		bool is_copied = library->is_runtime && !library->is_slot &&
				 strcmp(library->link->name, "c") != 0;

		if (is_copied)
			image->beside[image->beside_count++] = library;
		else if (program_has(plugin, library))
			continue;
		else if (library->is_slot && share_can_use(plugin->program, library))
			image->slots[image->slot_count++] = library;
		else
			image->merged[image->merged_count++] = library;
	}
}

static void
keep_library(struct link_state *state, struct program *program, const struct library *library)
{
	for (size_t i = 0; i < library->exports.len; i++)
		map_set(state->arena, &program->kept, library->exports.entries[i].key, NULL);
}

void
plugin_keep(struct link_state *state, struct program *program)
{
	const struct link_program *link = program->link;
	const struct image *image = &program->image;

	if (link->load_count == 0)
		return;
	for (size_t i = 0; i < program->exports.len; i++)
		map_set(state->arena, &program->kept, program->exports.entries[i].key, NULL);
	for (size_t i = 0; i < image->merged_count; i++)
		keep_library(state, program, image->merged[i]);
	/* A libc inside the program is that of its plug-ins, too. */
	for (size_t i = 0; i < image->beside_count; i++)
		if (strcmp(image->beside[i]->link->name, "c") == 0)
			keep_library(state, program, image->beside[i]);
}

int
plugin_read_program(struct link_state *state, struct program *program)
{
	const struct link_image *result = &program->image.result;
	struct str bytes;
	struct elf_file file;

	if (program->layout.count > 0)
		return 0;
	TRY(file_read(state->arena, AT_FDCWD, result->file, IMAGE_MAX, &bytes));
	TRY(err_context(elf_file_read(state->arena, bytes, &file), "%s", result->file));
	layout_read(state->arena, &file, PROGRAM_BASE, &(struct image_tls){ 0 }, &program->kept,
		&program->layout);
	if (!digest_equal(&program->layout.id, &result->layout_id))
		return err_set(ERR_DIGEST,
			"%s: layout is not the recorded one (run 'weld verify')", result->file);
	return 0;
}

static const struct layout_entry *
find_in_slots(const struct image *image, const char *symbol, size_t first, size_t end,
	size_t *ret_slot)
{
	const struct layout_entry *entry = NULL;

	/* From the end: what stands closest to the importer is searched first. */
	while (end > first && entry == NULL)
		entry = layout_find(&image->slots[--end]->layout, symbol);
	*ret_slot = end;
	return entry;
}

const struct layout_entry *
plugin_find(const struct plugin *plugin, const char *symbol, size_t *ret_slot)
{
	const struct image *image = &plugin->image;
	size_t of_program = plugin->program->image.slot_count;
	const struct layout_entry *entry = layout_find(&plugin->program->layout, symbol);

	if (entry != NULL) {
		*ret_slot = image->slot_count;
		return entry;
	}
	entry = find_in_slots(image, symbol, 0, of_program, ret_slot);
	return entry != NULL
		       ? entry
		       : find_in_slots(image, symbol, of_program, image->slot_count, ret_slot);
}
