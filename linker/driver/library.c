/* SPDX-License-Identifier: MIT */
/*
 * In each directory libNAME.so is looked for before libNAME.a, with -static the
 * other way round. The names that other systems keep in libraries of their own
 * (-lm, -lgcc) are looked for in the directories of -L first: a package may have
 * a library of that name itself.
 */
#include "linker/driver/library.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "linker/driver/carrier.h"

#include <elf.h>
#include <limits.h>
#include <string.h>

#define LIBRARY_MAX ((size_t)1 << 30) /* bytes of one library */
#define SCRIPT_MAX ((size_t)64 << 10) /* bytes of a script in its place */

static const char *const built_in[] = { "c", "m", "pthread", "dl", "rt", "resolv", "util",
	"crypt", "xnet", "gcc", "gcc_s", "gcc_eh", "compiler-rt", "atomic", "ssp",
	"ssp_nonshared" };

static const char *const host_directories[] = { "/lib", "/lib64", "/usr/lib", "/usr/lib64",
	"/usr/local/lib", "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu",
	"/usr/lib/aarch64-linux-gnu", "/usr/lib/riscv64-linux-gnu" };

static bool
is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool
is_host_directory(const char *path)
{
	return is_among(
		path, host_directories, sizeof host_directories / sizeof host_directories[0]);
}

bool
library_is(const struct elf_file *file)
{
	return file->type == ET_REL &&
	       elf_file_find_section(file, CARRIER_LINK_SECTION) != NULL;
}

/* Whether a file named .so is a weld library, or a script that names some. */
static bool
is_usable(const char *path)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct elf_file file;
	struct str bytes;

	if (file_read(arena, AT_FDCWD, path, LIBRARY_MAX, &bytes) < 0)
		return false;
	return library_is_script(bytes) ||
	       (elf_file_read(arena, bytes, &file) >= 0 && library_is(&file));
}

bool
library_is_script(struct str bytes)
{
	static const char *const words[] = { "INPUT", "GROUP" };

	if (bytes.len > SCRIPT_MAX || memchr(bytes.at, '\0', bytes.len) != NULL)
		return false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (memmem(bytes.at, bytes.len, words[i], strlen(words[i])) != NULL)
			return true;
	return false;
}

/* Look in one directory; returns whether something is there. */
static bool
look_in(struct arena *arena, const char *directory, const char *name, bool is_static,
	enum library_found *ret_found, const char **ret_path)
{
	for (int turn = 0; turn < 2; turn++) {
		bool is_archive = (turn == 0) == is_static;
		const char *path = arena_printf(
			arena, "%s/lib%s.%s", directory, name, is_archive ? "a" : "so");

		if (!file_exists(AT_FDCWD, path))
			continue;
		if (!is_archive && !is_usable(path))
			continue;
		*ret_found = is_archive ? LIBRARY_ARCHIVE : LIBRARY_WELD;
		*ret_path = path;
		return true;
	}
	return false;
}

static bool
look_for_file(struct arena *arena, const char *directory, const char *name,
	enum library_found *ret_found, const char **ret_path)
{
	const char *path = arena_printf(arena, "%s/%s", directory, name);

	if (!file_exists(AT_FDCWD, path))
		return false;
	*ret_found = str_has_suffix(name, ".a") ? LIBRARY_ARCHIVE : LIBRARY_WELD;
	*ret_path = path;
	return true;
}

static bool
look(struct arena *arena, const char *directory, const char *name, bool is_static,
	enum library_found *ret_found, const char **ret_path)
{
	if (name[0] == ':')
		return look_for_file(arena, directory, name + 1, ret_found, ret_path);
	return look_in(arena, directory, name, is_static, ret_found, ret_path);
}

int
library_find(struct arena *arena, const struct library_set *set, const char *name,
	bool is_static, enum library_found *ret_found, const char **ret_path)
{
	for (size_t i = 0; i < set->directories.len; i++) {
		const char *directory = set->directories.at[i];

		if (!is_host_directory(directory) &&
			look(arena, directory, name, is_static, ret_found, ret_path))
			return 0;
	}
	if (is_among(name, built_in, sizeof built_in / sizeof built_in[0])) {
		*ret_found = LIBRARY_BUILT_IN;
		*ret_path = NULL;
		return 0;
	}
	if (set->sysroot != NULL && look(arena, arena_printf(arena, "%s/lib", set->sysroot),
					    name, is_static, ret_found, ret_path))
		return 0;
	return err_set(ERR_NOT_FOUND, "unable to find library -l%s", name);
}

/* "libz.so.1" and "dir/libz.so" are "z"; NULL for what is not named like a library. */
static char *
name_of(struct arena *arena, const char *file_name)
{
	const char *slash = strrchr(file_name, '/');
	const char *name = slash != NULL ? slash + 1 : file_name;
	const char *end = strstr(name, ".so");

	if (!str_has_prefix(name, "lib") || end == NULL || end == name + 3)
		return NULL;
	return str_copy(arena, (struct str){ name + 3, (size_t)(end - name - 3) });
}

/*
 * The name as in -lNAME: that of the file, as it is named here; then that of the soname.
 * ("libfoo.so" may be a link to "libfoo-2.0.so.1".) A soname with a series, which only the sysroot
 * has, is the library's full name: "libfoo.so" is one of several.
 */
static char *
choose_name(struct arena *arena, const char *path, const char *soname)
{
	const char *slash = strrchr(path, '/');
	char *name = name_of(arena, path);

	if (soname != NULL && (name == NULL || strchr(soname, '@') != NULL))
		name = name_of(arena, soname);
	return name != NULL ? name : arena_string(arena, slash != NULL ? slash + 1 : path);
}

/* The library of the set that is the same file under another name. */
static struct library *
find_same_file(const struct library_set *set, const struct elf_file *file)
{
	for (size_t i = 0; i < set->by_name.len; i++) {
		struct library *library = set->by_name.entries[i].value;

		if (str_equal(library->file.bytes, file->bytes))
			return library;
	}
	return NULL;
}

int
library_add(struct arena *arena, struct library_set *set, const char *path,
	const struct elf_file *file, struct library **ret_library)
{
	struct carrier_link link;
	struct library *library;
	char *name;

	TRY(err_context(carrier_read(arena, file, &link), "%s", path));
	name = choose_name(arena, path, link.soname);
	library = map_get(&set->by_name, name);
	if (library == NULL)
		library = find_same_file(set, file);
	if (library == NULL) {
		library = ARENA_NEW(arena, struct library);
		*library = (struct library){ .name = name,
			.path = path,
			.file = *file,
			.imports = link.imports,
			.import_count = link.import_count };
		map_set(arena, &set->by_name, name, library);
	}
	*ret_library = library;
	return 0;
}

int
library_add_named(struct arena *arena, struct library_set *set, const char *name,
	struct library **ret_library)
{
	const char *path = NULL;
	enum library_found found = LIBRARY_BUILT_IN;
	struct elf_file file;
	struct str bytes;

	for (size_t i = 0; i < set->directories.len && path == NULL; i++)
		if (!is_host_directory(set->directories.at[i]))
			look_in(arena, set->directories.at[i], name, false, &found, &path);
	if (set->sysroot != NULL && found != LIBRARY_WELD)
		look_in(arena, arena_printf(arena, "%s/lib", set->sysroot), name, false, &found,
			&path);
	if (found != LIBRARY_WELD)
		return err_set(ERR_NOT_FOUND,
			"library '%s' is not in the sysroot (WELD_SYSROOT)", name);
	TRY(file_read(arena, AT_FDCWD, path, LIBRARY_MAX, &bytes));
	TRY(err_context(elf_file_read(arena, bytes, &file), "%s", path));
	return library_add(arena, set, path, &file, ret_library);
}

int
library_close(struct arena *arena, struct library_set *set)
{
	for (size_t i = 0; i < set->by_name.len; i++) {
		const struct library *library = set->by_name.entries[i].value;

		for (size_t j = 0; j < library->import_count; j++) {
			struct library *import = map_get(&set->by_name, library->imports[j]);

			if (import == NULL)
				TRY(err_context(library_add_named(arena, set,
							library->imports[j], &import),
					"%s", library->path));
		}
	}
	return 0;
}

/* Imports first; a circle is cut where it was entered. */
static void
set_order(const struct library_set *set, struct library *library, unsigned *next)
{
	if (library->order != 0)
		return;
	library->order = UINT_MAX;
	for (size_t i = 0; i < library->import_count; i++) {
		struct library *import = map_get(&set->by_name, library->imports[i]);

		if (import != NULL)
			set_order(set, import, next);
	}
	library->order = (*next)++;
}

void
library_list_linked(struct arena *arena, const struct library_set *set,
	struct library ***ret_libraries, size_t *ret_count)
{
	VEC(struct library *) list = { 0 };
	struct map linked = { 0 };
	unsigned next = 1;

	for (size_t i = 0; i < set->by_name.len; i++) {
		struct library *library = set->by_name.entries[i].value;

		if (!library->is_needed)
			continue;
		map_set(arena, &linked, library->name, library);
		vec_push(arena, &list, library);
	}
	for (size_t i = 0; i < list.len; i++) {
		const struct library *library = list.at[i];

		for (size_t j = 0; j < library->import_count; j++) {
			struct library *import = map_get(&set->by_name, library->imports[j]);

			if (import == NULL || map_has(&linked, import->name))
				continue;
			map_set(arena, &linked, import->name, import);
			vec_push(arena, &list, import);
		}
	}
	for (size_t i = 0; i < list.len; i++)
		set_order(set, list.at[i], &next);
	*ret_libraries = list.at;
	*ret_count = list.len;
}
