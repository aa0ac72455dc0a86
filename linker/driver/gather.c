/* SPDX-License-Identifier: MIT */
/*
 * Two steps: read every input and note who provides which symbol; then take
 * wanted symbols one after the other, each of which may bring a member with
 * wishes of its own. A symbol is looked up once, so this ends.
 */
#include "linker/driver/gather.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "linker/driver/archive.h"
#include "linker/driver/compile.h"
#include "linker/elf/elf_native.h"
#include "linker/elf/elf_symbol.h"
#include "linker/llvm/globals.h"
#include "linker/llvm/neutral.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX ((size_t)1 << 31) /* bytes of one input file */

struct provider { /* of a symbol: exactly one of the two is set */
	struct library *library;
	struct archive_member *member; /* its contents become empty when it was taken */
	bool is_excluded;
};

struct state { /* what options between the inputs have set */
	bool is_whole;
	bool is_needed;
	bool is_static;
};

static bool
is_bitcode(struct str bytes)
{
	return bytes.len >= 4 && (memcmp(bytes.at, "BC\xC0\xDE", 4) == 0 ||
					 memcmp(bytes.at, "\xDE\xC0\x17\x0B", 4) == 0);
}

static bool
is_elf(struct str bytes)
{
	return bytes.len >= SELFMAG && memcmp(bytes.at, ELFMAG, SELFMAG) == 0;
}

static void
define(struct gather *gather, const char *name, bool is_hidden)
{
	map_set(gather->arena, &gather->defined, name, NULL);
	if (is_hidden)
		map_set(gather->arena, &gather->hidden, name, NULL);
}

static void
want(struct gather *gather, const char *name)
{
	vec_push(gather->arena, &gather->wanted, name);
}

static int
add_module(struct gather *gather, const char *name, struct str bitcode, bool is_excluded)
{
	struct neutral *module;
	struct neutral_global *globals;
	size_t count;

	TRY(neutral_read(name, bitcode, &module));
	vec_push(gather->arena, &gather->modules, module);
	neutral_list_globals(gather->arena, module, &globals, &count);
	for (size_t i = 0; i < count; i++) {
		if (globals[i].is_defined) {
			define(gather, globals[i].name, globals[i].is_hidden);
			if (is_excluded)
				map_set(gather->arena, &gather->excluded, globals[i].name,
					NULL);
		} else if (!globals[i].is_weak) {
			want(gather, globals[i].name);
		}
	}
	return 0;
}

static int
add_native(
	struct gather *gather, const char *name, struct str bytes, const struct elf_file *file)
{
	vec_push(gather->arena, &gather->natives, (struct gather_native){ name, bytes });
	for (size_t i = 0; i < file->symbol_count; i++) {
		const struct elf_symbol *symbol = &file->symbols[i];

		if (symbol->binding == STB_LOCAL)
			continue;
		if (elf_native_needs(symbol))
			map_set(gather->arena, &gather->needed, symbol->name, NULL);
		if (symbol->section != SHN_UNDEF) {
			define(gather, symbol->name, symbol->visibility != STV_DEFAULT);
			continue;
		}
		if (symbol->binding != STB_WEAK)
			want(gather, symbol->name);
	}
	return 0;
}

static void
provide(struct gather *gather, const char *name, struct provider provider)
{
	struct provider *copy;

	if (map_has(&gather->providers, name))
		return;
	copy = ARENA_NEW(gather->arena, struct provider);
	*copy = provider;
	map_set(gather->arena, &gather->providers, name, copy);
}

static void
provide_library(struct gather *gather, struct library *library)
{
	for (size_t i = 0; i < library->file.symbol_count; i++) {
		const struct elf_symbol *symbol = &library->file.symbols[i];

		if (symbol->binding != STB_LOCAL && symbol->section != SHN_UNDEF)
			provide(gather, symbol->name, (struct provider){ .library = library });
	}
}

/* An object by its contents: neutral, native, or a weld library. */
static int
add_object(struct gather *gather, const char *name, struct str bytes, bool is_needed,
	bool is_excluded)
{
	struct library *library;
	struct elf_file file;

	if (is_bitcode(bytes))
		return add_module(gather, name, bytes, is_excluded);
	if (!is_elf(bytes))
		return err_set(ERR_FORMAT, "%s: file format not recognized", name);
	TRY(err_context(elf_file_read(gather->arena, bytes, &file), "%s", name));
	if (library_is(&file)) {
		TRY(library_add(gather->arena, &gather->libraries, name, &file, &library));
		library->is_needed = library->is_needed || is_needed;
		provide_library(gather, library);
		return 0;
	}
	if (file.type != ET_REL)
		return err_set(ERR_FORMAT,
			"%s: is not an object that weld-cc made (build it with weld-cc, or "
			"link an "
			"archive)",
			name);
	return add_native(gather, name, bytes, &file);
}

/* A member without a symbol table in its archive: read it to learn what it defines. */
static int
provide_member(struct gather *gather, struct archive_member *member, bool is_excluded)
{
	struct provider provider = { .member = member, .is_excluded = is_excluded };
	struct neutral *module AUTO(neutral_free) = NULL;
	struct neutral_global *globals;
	size_t count;
	struct elf_file file;

	if (is_elf(member->contents)) {
		TRY(elf_file_read(gather->arena, member->contents, &file));
		for (size_t i = 0; i < file.symbol_count; i++)
			if (file.symbols[i].binding != STB_LOCAL &&
				file.symbols[i].section != SHN_UNDEF)
				provide(gather, file.symbols[i].name, provider);
		return 0;
	}
	if (!is_bitcode(member->contents))
		return 0;
	TRY(neutral_read(member->name, member->contents, &module));
	neutral_list_globals(gather->arena, module, &globals, &count);
	for (size_t i = 0; i < count; i++)
		if (globals[i].is_defined)
			provide(gather, globals[i].name, provider);
	return 0;
}

static int
take_member(struct gather *gather, struct archive_member *member, bool is_excluded)
{
	struct str contents = member->contents;

	member->contents = (struct str){ 0 };
	if (!is_bitcode(contents) && !is_elf(contents))
		return 0;
	return add_object(gather, member->name, contents, false, is_excluded);
}

static bool
is_excluded_archive(const struct options *options, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct str field;

	for (size_t i = 0; i < options->excluded.len; i++) {
		struct str rest = str_from(options->excluded.at[i]);

		while (str_cut(&rest, ':', &field))
			if (str_is(field, "ALL") ||
				str_is(field, slash != NULL ? slash + 1 : path))
				return true;
	}
	return false;
}

static int
add_archive(struct gather *gather, const char *path, struct str bytes, bool is_whole)
{
	bool is_excluded =
		gather->options != NULL && is_excluded_archive(gather->options, path);
	struct archive archive;

	TRY(archive_read(gather->arena, path, bytes, &archive));
	for (size_t i = 0; i < archive.member_count; i++) {
		if (is_whole)
			TRY(take_member(gather, &archive.members[i], is_excluded));
		else if (!archive.has_symbols)
			TRY(provide_member(gather, &archive.members[i], is_excluded));
	}
	for (size_t i = 0; i < archive.symbol_count && !is_whole; i++)
		provide(gather, archive.symbols[i].name,
			(struct provider){
				.member = &archive.members[archive.symbols[i].member],
				.is_excluded = is_excluded });
	return 0;
}

static int add_path(struct gather *gather, const char *path, const struct state *state);

static int
add_library(struct gather *gather, const char *name, const struct state *state)
{
	enum library_found found;
	const char *path;

	TRY(library_find(
		gather->arena, &gather->libraries, name, state->is_static, &found, &path));
	return found == LIBRARY_BUILT_IN ? 0 : add_path(gather, path, state);
}

/* The end of the next word: blanks, commas and parentheses stand between words. */
static bool
cut_word(struct str *rest, struct str *ret_word)
{
	static const char gaps[] = " \t\r\n,()";
	size_t i = 0;

	while (rest->len > 0 && memchr(gaps, rest->at[0], sizeof gaps - 1) != NULL)
		*rest = (struct str){ rest->at + 1, rest->len - 1 };
	while (i < rest->len && memchr(gaps, rest->at[i], sizeof gaps - 1) == NULL)
		i++;
	*ret_word = (struct str){ rest->at, i };
	*rest = (struct str){ rest->at + i, rest->len - i };
	return i > 0;
}

/* A script in a library's place: what INPUT, GROUP and AS_NEEDED name is taken in turn. */
static int
add_script(struct gather *gather, const char *path, struct str bytes, const struct state *state)
{
	const char *slash = strrchr(path, '/');
	int directory_len = slash != NULL ? (int)(slash + 1 - path) : 0;
	struct str word;

	while (cut_word(&bytes, &word)) {
		const char *name = str_copy(gather->arena, word);

		if (strcmp(name, "/*") == 0)
			while (cut_word(&bytes, &word) && !str_is(word, "*/"))
				;
		else if (str_has_prefix(name, "-l"))
			TRY(add_library(gather, name + 2, state));
		else if (name[0] == '/' || str_has_prefix(name, "lib"))
			TRY(add_path(gather,
				arena_printf(gather->arena, "%.*s%s",
					name[0] == '/' ? 0 : directory_len, path, name),
				state));
	}
	return 0;
}

static int
add_path(struct gather *gather, const char *path, const struct state *state)
{
	struct str bytes;

	TRY(file_read(gather->arena, AT_FDCWD, path, INPUT_MAX, &bytes));
	if (!is_bitcode(bytes) && library_is_script(bytes))
		return add_script(gather, path, bytes, state);
	if (archive_is(bytes))
		return add_archive(gather, path, bytes, state->is_whole);
	return add_object(gather, path, bytes, state->is_needed, false);
}

static int
add_source(struct gather *gather, const struct item *item)
{
	struct strbuf object AUTO(strbuf_free) = { 0 };
	const char *name = compile_output_name(gather->arena, item->text, ".o");

	if (compile_is_native(item)) {
		struct str bytes;

		TRY(compile_native(gather->arena, gather->options, item, &object));
		bytes = (struct str){ arena_copy(gather->arena, object.at, object.len),
			object.len };
		return add_object(gather, name, bytes, false, false);
	}
	TRY(compile_source(gather->arena, gather->options, item, &object));
	return add_module(gather, name, strbuf_str(&object), false);
}

static int
add_item(struct gather *gather, const struct item *item, struct state *state)
{
	switch (item->kind) {
	case ITEM_FILE:
		return options_is_source(item) ? add_source(gather, item)
					       : add_path(gather, item->text, state);
	case ITEM_LIBRARY:
		return add_library(gather, item->text, state);
	case ITEM_WHOLE_ON:
	case ITEM_WHOLE_OFF:
		state->is_whole = item->kind == ITEM_WHOLE_ON;
		return 0;
	case ITEM_NEEDED_ON:
	case ITEM_NEEDED_OFF:
		state->is_needed = item->kind == ITEM_NEEDED_ON;
		return 0;
	case ITEM_STATIC_ON:
	case ITEM_STATIC_OFF:
		state->is_static = item->kind == ITEM_STATIC_ON;
		return 0;
	}
	return 0;
}

/* libc and the compiler runtime, without being asked for; a runtime that is not there yet is
 * missed only by code that calls it. */
static int
add_standard_libraries(struct gather *gather)
{
	struct library *library;

	TRY(library_add_named(gather->arena, &gather->libraries, "c", &library));
	library->is_needed = true;
	provide_library(gather, library);
	if (library_add_named(gather->arena, &gather->libraries, "compiler-rt", &library) < 0)
		return 0;
	library->is_needed = true;
	provide_library(gather, library);
	return 0;
}

static int
add_imported_libraries(struct gather *gather)
{
	size_t known = gather->libraries.by_name.len;

	TRY(library_close(gather->arena, &gather->libraries));
	for (size_t i = known; i < gather->libraries.by_name.len; i++)
		provide_library(gather, gather->libraries.by_name.entries[i].value);
	return 0;
}

static int
resolve(struct gather *gather)
{
	for (size_t i = 0; i < gather->wanted.len; i++) {
		const char *name = gather->wanted.at[i];
		struct provider *provider;

		if (map_has(&gather->defined, name))
			continue;
		provider = map_get(&gather->providers, name);
		if (provider == NULL)
			continue;
		if (provider->library != NULL)
			provider->library->is_needed = true;
		else if (provider->member->contents.len != 0)
			TRY(take_member(gather, provider->member, provider->is_excluded));
	}
	return 0;
}

int
gather_check_undefined(const struct gather *gather)
{
	struct map told = { 0 };
	int ret = 0;

	/* --defsym and --unresolved-symbols: ld.lld decides. */
	if (gather->options->linker.len > 0)
		return 0;
	for (size_t i = 0; i < gather->wanted.len; i++) {
		const char *name = gather->wanted.at[i];

		if (map_has(&gather->defined, name) || map_has(&gather->providers, name) ||
			map_has(&told, name) || elf_linker_defines(name))
			continue;
		if (ret < 0)
			fprintf(stderr, "weld-ld: error: %s\n", err_message());
		map_set(gather->arena, &told, name, NULL);
		ret = err_set(ERR_SYMBOL, "undefined symbol: %s", name);
	}
	return ret;
}

int
gather_inputs(struct arena *arena, const struct options *options, struct gather *ret_gather)
{
	struct state state = { 0 };

	*ret_gather = (struct gather){ .arena = arena, .options = options };
	ret_gather->libraries.sysroot = getenv("WELD_SYSROOT");
	ret_gather->libraries.directories = options->directories;
	for (size_t i = 0; i < options->undefined.len; i++) {
		map_set(arena, &ret_gather->kept, options->undefined.at[i], NULL);
		want(ret_gather, options->undefined.at[i]);
	}
	if (options->kind == OPTIONS_PROGRAM && !options->no_start)
		want(ret_gather, "main");
	for (size_t i = 0; i < options->item_count; i++)
		TRY(add_item(ret_gather, &options->items[i], &state));
	if (options->kind == OPTIONS_PARTIAL)
		return resolve(ret_gather);
	if (!options->no_library)
		TRY(add_standard_libraries(ret_gather));
	TRY(add_imported_libraries(ret_gather));
	return resolve(ret_gather);
}

int
gather_archive(
	struct arena *arena, const char *path, struct str bytes, struct gather *ret_gather)
{
	*ret_gather = (struct gather){ .arena = arena };
	return add_archive(ret_gather, path, bytes, true);
}

/*
 * LLVM looks through all of what it merges into: neighbours by pairs, in rounds, cost much less
 * than one after the other. The order of definitions is the same.
 */
int
gather_merge(struct gather *gather, struct neutral **ret_module)
{
	struct neutral **modules = gather->modules.at;
	size_t count = gather->modules.len;

	for (size_t step = 1; step < count; step *= 2)
		for (size_t i = 0; i + step < count; i += 2 * step)
			TRY(neutral_merge(modules[i], &modules[i + step]));
	*ret_module = NULL;
	if (count > 0) {
		*ret_module = modules[0];
		modules[0] = NULL;
	}
	return 0;
}

void
gather_free(struct gather *gather)
{
	for (size_t i = 0; i < gather->modules.len; i++)
		neutral_free(&gather->modules.at[i]);
	gather->modules.len = 0;
}
