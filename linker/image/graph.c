/* SPDX-License-Identifier: MIT */
/*
 * The import graph. A depth-first walk gives the order; a library that is met
 * again while the walk is inside it is part of a cycle: it cannot have a slot,
 * for of two slots one must be linked first.
 *
 * Every image imports the runtime libraries (libc and what the code generator
 * calls) whether it says so or not.
 */
#include "linker/image/graph.h"

#include "base/err.h"
#include "base/file.h"
#include "linker/elf/elf_native.h"

#include <string.h>

#define NATIVE_MAX ((size_t)64 << 20) /* bytes */

enum mark { MARK_NEW, MARK_INSIDE, MARK_DONE };

static const char *const runtime_libraries[] = { "compiler-rt", "c" };

static bool
is_runtime_name(const char *name)
{
	for (size_t i = 0; i < sizeof runtime_libraries / sizeof *runtime_libraries; i++)
		if (strcmp(name, runtime_libraries[i]) == 0)
			return true;
	return false;
}

int
graph_read_native(struct link_state *state, const struct link_unit *native, struct image *image,
	struct map *exports, struct map *hidden)
{
	struct elf_file file;

	if (native->path == NULL)
		return 0;
	TRY(file_read(state->arena, AT_FDCWD, native->path, NATIVE_MAX, &image->native));
	TRY(elf_file_read(state->arena, image->native, &file));
	TRY(elf_native_check(&file, arch_elf_machine(state->request->arch)));
	for (size_t i = 0; i < file.symbol_count; i++) {
		const struct elf_symbol *symbol = &file.symbols[i];

		if (symbol->binding != STB_LOCAL && symbol->section != SHN_UNDEF)
			map_set(state->arena,
				symbol->visibility == STV_DEFAULT ? exports : hidden,
				symbol->name, image);
	}
	return 0;
}

static int
add_library(struct link_state *state, struct library *library, const struct link_library *link)
{
	library->link = link;
	library->is_runtime = is_runtime_name(link->name);
	if (map_has(&state->by_name, link->name))
		return err_set(ERR_EXISTS, "%s: library %s is already provided by %s",
			link->package, link->name,
			((struct library *)map_get(&state->by_name, link->name))
				->link->package);
	map_set(state->arena, &state->by_name, link->name, library);
	for (size_t i = 0; i < link->export_count; i++)
		map_set(state->arena, &library->exports, link->exports[i].name, library);
	return err_context(graph_read_native(state, &link->native, &library->image,
				   &library->exports, &library->hidden),
		"%s: native object of library %s", link->package, link->name);
}

/* Imports as pointers, without doubles, with the runtime libraries at the end. */
static int
find_imports(struct link_state *state, const char *importer, const struct library *self,
	const char *const *names, size_t count, struct library ***ret_imports,
	size_t *ret_count)
{
	struct map seen = { 0 };

	for (size_t i = 0; i < count; i++) {
		struct library *library = map_get(&state->by_name, names[i]);

		if (library == NULL)
			return err_set(ERR_SYMBOL,
				"%s: imports library %s, which no package provides", importer,
				names[i]);
		if (library != self)
			map_set(state->arena, &seen, names[i], library);
	}
	for (size_t i = 0; i < sizeof runtime_libraries / sizeof *runtime_libraries; i++) {
		struct library *library = map_get(&state->by_name, runtime_libraries[i]);
		bool needs_it =
			self == NULL || !self->is_runtime || strcmp(self->link->name, "c") == 0;

		if (library != NULL && library != self && needs_it)
			map_set(state->arena, &seen, runtime_libraries[i], library);
	}
	*ret_imports = arena_array(state->arena, seen.len, sizeof **ret_imports);
	*ret_count = seen.len;
	for (size_t i = 0; i < seen.len; i++)
		(*ret_imports)[i] = seen.entries[i].value;
	return 0;
}

static void
order_from(struct link_state *state, struct library *library)
{
	if (library->mark == MARK_INSIDE) {
		library->why_not = "is part of an import cycle";
		return;
	}
	if (library->mark == MARK_DONE)
		return;
	library->mark = MARK_INSIDE;
	for (size_t i = 0; i < library->import_count; i++)
		order_from(state, library->imports[i]);
	library->mark = MARK_DONE;
	state->order[state->order_count++] = library;
}

/* Last imports first, each behind what it needs itself. */
static void
collect(struct map *seen, struct arena *arena, struct library *const *imports, size_t count,
	struct image *image)
{
	for (size_t i = count; i > 0; i--) {
		struct library *library = imports[i - 1];

		if (map_has(seen, library->link->name))
			continue;
		map_set(arena, seen, library->link->name, library);
		collect(seen, arena, library->imports, library->import_count, image);
		image->closure[image->closure_count++] = library;
	}
}

/*
 * Everything that can be reached from the imports, in dependency order. Read from its end it is
 * the order of searching: of imports that do not need each other the first comes first.
 */
static void
find_closure(struct link_state *state, struct library *const *imports, size_t count,
	struct image *image)
{
	struct map seen = { 0 };

	image->closure =
		arena_array(state->arena, state->library_count, sizeof *image->closure);
	collect(&seen, state->arena, imports, count, image);
}

int
graph_close(struct link_state *state, const char *const *names, size_t name_count,
	const char *importer, struct image *image)
{
	struct library **imports = NULL;
	size_t count = 0;

	TRY(find_imports(state, importer, NULL, names, name_count, &imports, &count));
	find_closure(state, imports, count, image);
	return 0;
}

static int
add_program(struct link_state *state, struct program *program, const struct link_program *link)
{
	program->link = link;
	program->image.name = arena_printf(state->arena, "%s: %s", link->package, link->path);
	for (size_t i = 0; i < link->export_count; i++)
		map_set(state->arena, &program->exports, link->exports[i], NULL);
	TRY(err_context(graph_read_native(state, &link->native, &program->image,
				&program->exports, &program->hidden),
		"%s: native object of program %s", link->package, link->path));
	return graph_close(
		state, link->imports, link->import_count, program->image.name, &program->image);
}

int
graph_build(struct link_state *state)
{
	const struct link_request *request = state->request;

	state->library_count = request->library_count;
	state->libraries =
		arena_array(state->arena, state->library_count, sizeof *state->libraries);
	state->order = arena_array(state->arena, state->library_count, sizeof *state->order);
	state->program_count = request->program_count;
	state->programs =
		arena_array(state->arena, state->program_count, sizeof *state->programs);
	for (size_t i = 0; i < state->library_count; i++)
		TRY(add_library(state, &state->libraries[i], &request->libraries[i]));
	for (size_t i = 0; i < state->library_count; i++) {
		struct library *library = &state->libraries[i];

		library->image.name = arena_printf(state->arena, "%s: library %s",
			library->link->package, library->link->name);
		TRY(find_imports(state, library->image.name, library, library->link->imports,
			library->link->import_count, &library->imports,
			&library->import_count));
	}
	for (size_t i = 0; i < state->library_count; i++)
		order_from(state, &state->libraries[i]);
	for (size_t i = 0; i < state->library_count; i++)
		find_closure(state, state->libraries[i].imports,
			state->libraries[i].import_count, &state->libraries[i].image);
	for (size_t i = 0; i < state->program_count; i++)
		TRY(add_program(state, &state->programs[i], &request->programs[i]));
	return 0;
}
