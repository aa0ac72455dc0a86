/* SPDX-License-Identifier: MIT */
/*
 * A library refers by name to what it does not define, and to those of its own exports that its
 * code uses: a definition of the program takes the place of either, as in static and in dynamic linking.
 * What was inlined or resolved when the library was built does not count, nor what is protected.
 *
 * libc gives way to its user's libraries only where C lets anybody take its place: in the functions of the
 * allocator.
 *
 * (I1) When a library is private to a program, so is every library of it that imports that one.
 */
#include "linker/image/share.h"

#include "base/err.h"
#include "linker/elf/elf_native.h"

#include <string.h>

static const char *const allocator_symbols[] = { "malloc", "calloc", "realloc", "free",
	"memalign", "aligned_alloc", "posix_memalign", "reallocarray" };

static void
add_names(struct arena *arena, struct map *map, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		map_set(arena, map, names[i], NULL);
}

/* What the native object asks of the unit beside it, or of others. */
static int
add_needs_of_native(struct link_state *state, struct library *library)
{
	struct elf_file file;

	if (library->image.native.len == 0)
		return 0;
	TRY(elf_file_read(state->arena, library->image.native, &file));
	for (size_t i = 0; i < file.symbol_count; i++)
		if (elf_native_needs(&file.symbols[i]))
			map_set(state->arena, &library->refers, file.symbols[i].name, NULL);
	return 0;
}

int
share_prepare(struct link_state *state)
{
	for (size_t i = 0; i < state->library_count; i++) {
		struct library *library = &state->libraries[i];
		const struct link_library *link = library->link;

		add_names(
			state->arena, &library->refers, link->undefined, link->undefined_count);
		add_names(state->arena, &library->refers, link->weak_undefined,
			link->weak_undefined_count);
		add_names(state->arena, &library->refers, link->own_uses, link->own_use_count);
		for (size_t n = 0; n < link->export_count && link->own_uses == NULL; n++)
			map_set(state->arena, &library->refers, link->exports[n].name, NULL);
		TRY(err_context(
			add_needs_of_native(state, library), "%s", library->image.name));
	}
	return 0;
}

static bool
imports(const struct library *importer, const struct library *library)
{
	for (size_t i = 0; i < importer->image.closure_count; i++)
		if (importer->image.closure[i] == library)
			return true;
	return false;
}

bool
share_make_private(struct link_state *state, struct program *program,
	const struct library *library, const char *reason)
{
	const struct image *image = &program->image;

	if (map_has(&program->privates, library->link->name))
		return false;
	map_set(state->arena, &program->privates, library->link->name, (void *)reason);
	if (library->is_runtime && strcmp(library->link->name, "c") != 0)
		return true;
	for (size_t i = 0; i < image->closure_count; i++) {
		const struct library *other = image->closure[i];

		if (imports(other, library) && !map_has(&program->privates, other->link->name))
			map_set(state->arena, &program->privates, other->link->name,
				arena_printf(state->arena, "imports %s: %s",
					library->link->name, reason));
	}
	return true;
}

static bool
is_exported_by(const struct image *image, const char *symbol)
{
	for (size_t i = 0; i < image->closure_count; i++)
		if (map_has(&image->closure[i]->exports, symbol))
			return true;
	return false;
}

/* Why a definition of the program takes the place of one that a library refers to; or NULL. */
static const char *
why_replaced(
	struct link_state *state, const struct program *program, const struct library *library)
{
	for (size_t i = 0; i < program->exports.len; i++) {
		const char *symbol = program->exports.entries[i].key;

		if (!map_has(&library->refers, symbol) || map_has(&library->hidden, symbol))
			continue;
		return arena_printf(state->arena,
			library->link->own_uses == NULL && map_has(&library->exports, symbol)
				? "the program defines %s, which the library may use itself"
				: "the program defines %s, which the library uses",
			symbol);
	}
	return NULL;
}

/* Why what a library looks for is there in this program, and nowhere else; or NULL. */
static const char *
why_found(
	struct link_state *state, const struct program *program, const struct library *library)
{
	const struct link_library *link = library->link;

	for (size_t i = 0; i < link->weak_undefined_count; i++) {
		const char *symbol = link->weak_undefined[i];

		if (map_has(&library->exports, symbol) ||
			is_exported_by(&library->image, symbol) ||
			!is_exported_by(&program->image, symbol))
			continue;
		return arena_printf(state->arena,
			"another library of the program defines %s, which this one uses when "
			"it is there",
			symbol);
	}
	return NULL;
}

/* Why another library serves as libc's allocator; or NULL. */
static const char *
why_other_allocator(struct link_state *state, const struct program *program)
{
	const struct image *image = &program->image;

	for (size_t i = 0; i < image->closure_count; i++)
		for (size_t n = 0; n < sizeof allocator_symbols / sizeof *allocator_symbols;
			n++)
			if (!image->closure[i]->is_runtime &&
				map_has(&image->closure[i]->exports, allocator_symbols[n]))
				return arena_printf(state->arena,
					"library %s defines %s, which libc uses",
					image->closure[i]->link->name, allocator_symbols[n]);
	return NULL;
}

void
share_find_private(struct link_state *state, struct program *program)
{
	const struct image *image = &program->image;

	for (size_t i = 0; i < image->closure_count; i++) {
		const struct library *library = image->closure[i];
		const char *reason = NULL;

		if (program->link->sharing == LINK_SHARING_NEVER)
			reason = "the program's package asks for it";
		if (reason == NULL)
			reason = why_replaced(state, program, library);
		if (reason == NULL)
			reason = why_found(state, program, library);
		if (reason == NULL && strcmp(library->link->name, "c") == 0)
			reason = why_other_allocator(state, program);
		if (reason != NULL)
			share_make_private(state, program, library, reason);
	}
}

bool
share_can_use(const struct program *program, const struct library *library)
{
	const struct image *image = &library->image;

	for (size_t i = 0; i < image->closure_count; i++)
		if (!image->closure[i]->is_runtime ||
			strcmp(image->closure[i]->link->name, "c") == 0)
			if (map_has(&program->privates, image->closure[i]->link->name))
				return false;
	return !map_has(&program->privates, library->link->name);
}
