/* SPDX-License-Identifier: MIT */
/*
 * What holds for a manifest as a whole, in memory:
 *
 * (M1) No two paths are equal, also when capitals and small letters are not
 *      told apart, and no path goes through one that is not a directory.
 * (M2) The objects are exactly what units, native objects and files refer to,
 *      and a file has its object's size.
 * (M3) Nothing stands at a path that a generation keeps for itself.
 * (M4) Libraries are of the package's own series, or all are of none.
 */
#include "repo/package/manifest.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "repo/relation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PATH_MAX_BYTES 1024
#define PART_MAX_BYTES 255

const char *const manifest_kind_names[3] = { "ir", "native", "files" };
const char *const manifest_check_names[3] = { "none", "quick", "full" };
const char *const manifest_sharing_names[3] = { "auto", "always", "private" };

/* The length of a UTF-8 character, 0 when it is none: shortest form, no surrogates. */
static size_t
utf8_length(const unsigned char *at)
{
	static const struct {
		unsigned char mask, value, low, high; /* low, high: of the second byte */
		size_t length;
	} forms[] = {
		{ 0xff, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xff, 0xed, 0x80, 0x9f, 3 },
		{ 0xf0, 0xe0, 0x80, 0xbf, 3 },
		{ 0xff, 0xf0, 0x90, 0xbf, 4 },
		{ 0xff, 0xf4, 0x80, 0x8f, 4 },
		{ 0xfc, 0xf0, 0x80, 0xbf, 4 },
	};

	if (at[0] < 0x80)
		return 1;
	if (at[0] >= 0xc2 && at[0] <= 0xdf)
		return (at[1] & 0xc0) == 0x80 ? 2 : 0;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if ((at[0] & forms[i].mask) != forms[i].value)
			continue;
		if (at[1] < forms[i].low || at[1] > forms[i].high || (at[2] & 0xc0) != 0x80)
			return 0;
		return forms[i].length == 3 || (at[3] & 0xc0) == 0x80 ? forms[i].length : 0;
	}
	return 0;
}

/* Whether one part of a path is a plain name. */
static bool
is_part(struct str part)
{
	if (part.len == 0 || part.len > PART_MAX_BYTES || str_is(part, ".") ||
		str_is(part, ".."))
		return false;
	for (size_t i = 0; i < part.len;) {
		unsigned char c = (unsigned char)part.at[i];
		size_t length = utf8_length((const unsigned char *)part.at + i);

		if (c < 0x20 || c == 0x7f || c == '\\' || length == 0 || length > part.len - i)
			return false;
		/* U+0080 to U+009F are control characters, too. */
		if (c == 0xc2 && (unsigned char)part.at[i + 1] < 0xa0)
			return false;
		i += length;
	}
	return true;
}

bool
manifest_is_path(const char *path)
{
	struct str rest = str_from(path);
	struct str part;

	if (rest.len == 0 || rest.len > PATH_MAX_BYTES || rest.at[rest.len - 1] == '/')
		return false;
	while (str_cut(&rest, '/', &part))
		if (!is_part(part))
			return false;
	return true;
}

static int
compare_objects(const void *a, const void *b)
{
	const struct manifest_object *left = a;
	const struct manifest_object *right = b;

	return memcmp(left->sha256.bytes, right->sha256.bytes, DIGEST_SIZE);
}

typedef VEC(struct manifest_object) object_vec;

static void
add_object(struct arena *arena, object_vec *objects, const struct digest *sha256, uint64_t size,
	bool is_executable)
{
	struct manifest_object object = {
		.sha256 = *sha256, .size = size, .is_executable = is_executable
	};

	vec_push(arena, objects, object);
}

void
manifest_collect_objects(struct arena *arena, const struct manifest *manifest,
	struct manifest_object **ret_objects, size_t *ret_count)
{
	object_vec all = { 0 };
	const struct manifest_code *code;
	size_t next = 0;
	size_t count = 0;

	while ((code = manifest_next_code(arena, manifest, &next, NULL)) != NULL) {
		add_object(arena, &all, &code->unit, 0, false);
		for (size_t j = 0; j < code->native_count; j++)
			add_object(arena, &all, &code->natives[j].object, 0, false);
		for (size_t j = 0; j < code->unit_count; j++)
			add_object(arena, &all, &code->units[j].object, 0, false);
	}
	for (size_t i = 0; i < manifest->file_count; i++) {
		const struct manifest_file *file = &manifest->files[i];

		if (file->kind == MANIFEST_FILE_REGULAR)
			add_object(arena, &all, &file->sha256, file->size,
				(file->mode & 0111) != 0);
	}
	if (all.len > 0)
		qsort(all.at, all.len, sizeof *all.at, compare_objects);
	for (size_t i = 0; i < all.len; i++) {
		if (count == 0 || compare_objects(&all.at[count - 1], &all.at[i]) != 0) {
			all.at[count++] = all.at[i];
			continue;
		}
		if (all.at[i].size > all.at[count - 1].size)
			all.at[count - 1].size = all.at[i].size;
		all.at[count - 1].is_executable |= all.at[i].is_executable;
	}
	*ret_objects = all.at;
	*ret_count = count;
}

static int
check_objects(struct arena *arena, const struct manifest *manifest)
{
	struct manifest_object *wanted;
	size_t count;
	uint64_t total = 0;
	char hex[DIGEST_HEX_SIZE];

	manifest_collect_objects(arena, manifest, &wanted, &count);
	for (size_t i = 0; i < manifest->object_count; i++) {
		struct manifest_object *object = &manifest->objects[i];

		digest_hex(&object->sha256, hex);
		if (i >= count || !digest_equal(&object->sha256, &wanted[i].sha256))
			return err_set(ERR_FORMAT,
				"objects: %s and what the manifest refers to do not agree",
				hex);
		object->is_executable = wanted[i].is_executable;
		total += object->size;
		if (total > MANIFEST_TOTAL_MAX)
			return err_set(ERR_LIMIT, "objects: more than %" PRIu64 " bytes",
				MANIFEST_TOTAL_MAX);
	}
	if (count != manifest->object_count)
		return err_set(ERR_FORMAT, "objects: %zu are listed, %zu are referred to",
			manifest->object_count, count);
	return 0;
}

static int
check_file_sizes(const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->file_count; i++) {
		const struct manifest_file *file = &manifest->files[i];
		struct manifest_object key = { .sha256 = file->sha256 };
		const struct manifest_object *object;

		if (file->kind != MANIFEST_FILE_REGULAR)
			continue;
		object = bsearch(&key, manifest->objects, manifest->object_count, sizeof key,
			compare_objects);
		if (object == NULL || object->size != file->size)
			return err_set(
				ERR_FORMAT, "%s: its size is not its object's", file->path);
	}
	return 0;
}

/* The path with small letters only; below include/ as it is: the kernel has xt_MARK.h and xt_mark.h. */
static char *
fold_case(struct arena *arena, const char *path)
{
	char *folded = arena_string(arena, path);

	if (str_has_prefix(path, "include/"))
		return folded;
	for (char *c = folded; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return folded;
}

/* Names that a generation has at its top for itself. */
static bool
is_reserved(const char *folded)
{
	return strcmp(folded, "slots") == 0 || str_has_prefix(folded, "slots/") ||
	       strcmp(folded, "plugins") == 0 || str_has_prefix(folded, "plugins/") ||
	       strcmp(folded, "manifest.json") == 0 || str_has_prefix(folded, "manifest.json/");
}

struct paths {
	struct map all; /* folded path -> path */
	struct map leaves; /* those that are not directories */
};

static int
add_path(struct arena *arena, struct paths *paths, const char *path, bool is_directory)
{
	char *folded = fold_case(arena, path);

	if (is_reserved(folded))
		return err_set(ERR_FORMAT, "%s: weld keeps this path for itself", path);
	if (map_has(&paths->all, folded))
		return err_set(ERR_FORMAT,
			"%s and %s: the same path (capitals and small letters count as one)",
			(char *)map_get(&paths->all, folded), path);
	map_set(arena, &paths->all, folded, arena_string(arena, path));
	if (!is_directory)
		map_set(arena, &paths->leaves, folded, NULL);
	return 0;
}

/* No part of the way to a path may be something else than a directory. */
static int
check_parents(struct arena *arena, const struct paths *paths)
{
	for (size_t i = 0; i < paths->all.len; i++) {
		char *parent = arena_string(arena, paths->all.entries[i].key);
		char *slash;

		while ((slash = strrchr(parent, '/')) != NULL) {
			*slash = '\0';
			if (map_has(&paths->leaves, parent))
				return err_set(ERR_FORMAT, "%s: %s is not a directory",
					(char *)paths->all.entries[i].value, parent);
		}
	}
	return 0;
}

static int
check_paths(struct arena *arena, const struct manifest *manifest)
{
	struct manifest_list made = declared_paths(arena, &manifest->declared);
	struct paths paths = { 0 };

	for (size_t i = 0; i < manifest->program_count; i++)
		TRY(add_path(arena, &paths, manifest->programs[i].path, false));
	for (size_t i = 0; i < manifest->plugin_count; i++)
		TRY(add_path(arena, &paths, manifest->plugins[i].path, false));
	for (size_t i = 0; i < manifest->file_count; i++)
		TRY(add_path(arena, &paths, manifest->files[i].path,
			manifest->files[i].kind == MANIFEST_FILE_DIRECTORY));
	for (size_t i = 0; i < made.len; i++)
		TRY(add_path(arena, &paths, made.at[i], false));
	return check_parents(arena, &paths);
}

/* Only a package of kind IR has units. */
static int
check_kind(const struct manifest *manifest)
{
	if (manifest->kind != MANIFEST_IR &&
		(manifest->library_count > 0 || manifest->program_count > 0 ||
			manifest->plugin_count > 0))
		return err_set(ERR_FORMAT, "kind \"%s\": has libraries, programs or plug-ins",
			manifest_kind_names[manifest->kind]);
	return 0;
}

static const struct digest *
find_arch(const struct manifest_native *list, size_t count, const char *arch)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].arch, arch) == 0)
			return &list[i].object;
	return NULL;
}

const struct digest *
manifest_unit_for(const struct manifest_code *code, const char *arch)
{
	const struct digest *own = find_arch(code->units, code->unit_count, arch);

	return own != NULL ? own : &code->unit;
}

const struct digest *
manifest_native_for(const struct manifest_code *code, const char *arch)
{
	return find_arch(code->natives, code->native_count, arch);
}

bool
manifest_is_for(const struct manifest_code *code, const char *arch)
{
	return code->native_count == 0 || code->unit_count > 0 ||
	       manifest_native_for(code, arch) != NULL;
}

static const struct manifest_code *
code_of_program(struct arena *arena, const struct manifest_program *program, const char *kind,
	const char **ret_label)
{
	if (ret_label != NULL)
		*ret_label = arena_printf(arena, "%s %s", kind, program->path);
	return &program->code;
}

const struct manifest_code *
manifest_next_code(struct arena *arena, const struct manifest *manifest, size_t *index,
	const char **ret_label)
{
	size_t at = (*index)++;

	if (at < manifest->library_count) {
		if (ret_label != NULL)
			*ret_label =
				arena_printf(arena, "library %s", manifest->libraries[at].name);
		return &manifest->libraries[at].code;
	}
	at -= manifest->library_count;
	if (at < manifest->program_count)
		return code_of_program(arena, &manifest->programs[at], "program", ret_label);
	at -= manifest->program_count;
	if (at < manifest->plugin_count)
		return code_of_program(arena, &manifest->plugins[at], "plug-in", ret_label);
	return NULL;
}

/* A native object stands beside the unit of its architecture; the neutral unit needs none then. */
static int
check_units(struct arena *arena, const struct manifest *manifest)
{
	const struct manifest_code *code;
	const char *label = NULL;
	size_t next = 0;

	while ((code = manifest_next_code(arena, manifest, &next, &label)) != NULL)
		for (size_t k = 0; k < code->native_count && code->unit_count > 0; k++)
			if (find_arch(code->units, code->unit_count, code->natives[k].arch) ==
				NULL)
				return err_set(ERR_FORMAT,
					"%s: has a native object for %s, but no unit", label,
					code->natives[k].arch);
	return 0;
}

/* (M4) */
static int
check_series(const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->library_count; i++)
		if (strcmp(relation_series(manifest->libraries[i].name),
			    relation_series(manifest->name)) != 0)
			return err_set(ERR_FORMAT, "%s: library %s is of another series",
				manifest->name, manifest->libraries[i].name);
	return 0;
}

/* Whether the package itself brings a program: linked here, or machine code as a file. */
static bool
has_program(const struct manifest *manifest, const char *path)
{
	for (size_t i = 0; i < manifest->program_count; i++)
		if (strcmp(manifest->programs[i].path, path) == 0)
			return true;
	for (size_t i = 0; i < manifest->file_count; i++)
		if (manifest->files[i].kind == MANIFEST_FILE_REGULAR &&
			(manifest->files[i].mode & 0111) != 0 &&
			strcmp(manifest->files[i].path, path) == 0)
			return true;
	return false;
}

/* What triggers and services run is the package's own. */
static int
check_declared(const struct manifest *manifest)
{
	const struct declared *declared = &manifest->declared;

	for (size_t i = 0; i < declared->trigger_count; i++)
		if (!has_program(manifest, declared->triggers[i].program))
			return err_set(ERR_FORMAT,
				"triggers: %s: %s is not a program of this package",
				declared->triggers[i].name, declared->triggers[i].program);
	for (size_t i = 0; i < declared->service_count; i++)
		if (!has_program(manifest, declared->services[i].program))
			return err_set(ERR_FORMAT,
				"services: %s: %s is not a program of this package",
				declared->services[i].name, declared->services[i].program);
	return 0;
}

int
manifest_check_whole(struct arena *arena, const struct manifest *manifest)
{
	TRY(check_series(manifest));
	TRY(check_kind(manifest));
	TRY(check_units(arena, manifest));
	TRY(check_paths(arena, manifest));
	TRY(check_declared(manifest));
	TRY(check_objects(arena, manifest));
	return check_file_sizes(manifest);
}

char *
manifest_full_name(struct arena *arena, const struct manifest *manifest)
{
	return arena_printf(
		arena, "%s-%s-%" PRIu64, manifest->name, manifest->version, manifest->release);
}

char *
manifest_file_name(struct arena *arena, const struct manifest *manifest)
{
	return arena_printf(arena, "%s-%s-%" PRIu64 ".weld", manifest->name, manifest->version,
		manifest->release);
}

uint64_t
manifest_installed_size(const struct manifest *manifest)
{
	uint64_t total = 0;

	for (size_t i = 0; i < manifest->object_count; i++)
		total += manifest->objects[i].size;
	return total;
}

bool
manifest_is_plain(const struct manifest *manifest)
{
	return manifest->library_count == 0 && manifest->program_count == 0 &&
	       manifest->plugin_count == 0 && declared_is_empty(&manifest->declared);
}
