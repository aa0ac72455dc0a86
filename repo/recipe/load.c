/* SPDX-License-Identifier: MIT */
/*
 * From recipe.ucl to struct recipe. Every key is checked against the table of
 * its object, so that a typing error is an error and not a default.
 *
 * The digest is over the sorted paths and contents of the folder.
 */
#include "kernel-iface/arch.h"
#include "repo/recipe.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/ucl.h"
#include "base/vec.h"
#include "repo/recipe/declare.h"
#include "repo/relation.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RECIPE_SIZE_MAX ((size_t)1 << 20) /* bytes of recipe.ucl */
#define FOLDER_FILE_MAX ((size_t)64 << 20) /* bytes of any file in the folder */
#define FOLDER_DEPTH_MAX 8

static const char *const recipe_keys[] = { "name", "version", "release", "summary", "licence",
	"homepage", "source", "build_requires", "bootstrap", "assembly", "requires",
	"conflicts", "replaces", "packages", "libraries", "programs", "plugin_for", "config",
	"capabilities", "kind", "architectures", "harden_except", "native_sources", "series",
	DECLARE_KEYS, NULL };
static const char *const source_keys[] = { "debian", "deb", "url", "folder", "version", "files",
	"sha256", "only", "into", NULL };
static const char *const package_keys[] = { "summary", "files", "requires", "conflicts",
	"replaces", DECLARE_KEYS, NULL };
static const char *const library_keys[] = { "sharing", NULL };
static const char *const program_keys[] = { "loads", NULL };

static int
check_keys(const json_t *object, const char *const *keys, const char *what)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return err_set(ERR_FORMAT, "%s: not an object ({ ... })", what);
	json_object_foreach((json_t *)object, key, value)
	{
		size_t i = 0;

		while (keys[i] != NULL && strcmp(keys[i], key) != 0)
			i++;
		if (keys[i] == NULL)
			return err_set(ERR_FORMAT, "%s: unknown key \"%s\"", what, key);
	}
	return 0;
}

/* A text member copied to the arena; NULL when it is missing. */
static int
get_text(struct arena *arena, const json_t *object, const char *key, const char **ret_text)
{
	const char *text = NULL;
	const json_t *value = json_object_get(object, key);

	if (value != NULL && json_is_integer(value)) {
		*ret_text =
			arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return 0;
	}
	TRY(json_get_string_or(object, key, NULL, &text));
	*ret_text = text == NULL ? NULL : arena_string(arena, text);
	return 0;
}

static int
get_flag(const json_t *object, const char *key, bool *ret_flag)
{
	*ret_flag = false;
	return json_object_get(object, key) == NULL ? 0 : json_get_bool(object, key, ret_flag);
}

static int
get_list(struct arena *arena, const json_t *object, const char *key,
	struct manifest_list *ret_list)
{
	return json_get_strings(arena, object, key, &ret_list->at, &ret_list->len);
}

static int
get_relations(struct arena *arena, const json_t *object, const char *key,
	struct manifest_list *ret_list)
{
	struct relation relation;

	TRY(get_list(arena, object, key, ret_list));
	for (size_t i = 0; i < ret_list->len; i++)
		TRY(err_context(relation_parse(arena, ret_list->at[i], &relation), "%s", key));
	return 0;
}

static int
compare_files(const void *a, const void *b)
{
	return strcmp(
		((const struct recipe_file *)a)->name, ((const struct recipe_file *)b)->name);
}

static bool
is_plain_name(const char *name)
{
	return *name != '\0' && *name != '.' && strchr(name, '/') == NULL;
}

static int
read_source_files(struct arena *arena, const json_t *object, struct recipe_source *source)
{
	json_t *files = NULL;
	const char *name;
	json_t *value;

	TRY(json_get_object(object, "files", &files));
	source->files = arena_array(arena, json_object_size(files) + 1, sizeof *source->files);
	json_object_foreach(files, name, value)
	{
		struct recipe_file *file = &source->files[source->file_count++];

		if (!is_plain_name(name))
			return err_set(ERR_FORMAT, "files: \"%s\" is not a file name", name);
		file->name = arena_string(arena, name);
		TRY(json_get_digest(files, name, &file->digest));
	}
	if (source->file_count == 0)
		return err_set(ERR_FORMAT, "files: none are listed");
	qsort(source->files, source->file_count, sizeof *source->files, compare_files);
	return 0;
}

static int
read_source_url(struct arena *arena, const json_t *object, struct recipe_source *source)
{
	const char *slash = strrchr(source->url, '/');

	if (slash == NULL || !is_plain_name(slash + 1))
		return err_set(ERR_FORMAT, "%s: does not end in a file name", source->url);
	source->files = ARENA_NEW(arena, struct recipe_file);
	source->files[0].name = slash + 1;
	source->file_count = 1;
	return json_get_digest(object, "sha256", &source->files[0].digest);
}

/* The kind follows from the key that names the source: there is exactly one. */
static int
read_source_kind(struct arena *arena, const json_t *object, struct recipe_source *source)
{
	static const struct {
		const char *key;
		enum recipe_source_kind kind;
	} kinds[] = {
		{ "debian", RECIPE_SOURCE_DEBIAN },
		{ "deb", RECIPE_SOURCE_DEB },
		{ "url", RECIPE_SOURCE_URL },
		{ "folder", RECIPE_SOURCE_FOLDER },
	};
	int count = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (json_object_get(object, kinds[i].key) == NULL)
			continue;
		TRY(get_text(arena, object, kinds[i].key, &source->name));
		source->kind = kinds[i].kind;
		count++;
	}
	if (count != 1)
		return err_set(ERR_FORMAT, "needs one of debian, deb, url and folder");
	if (source->kind == RECIPE_SOURCE_URL) {
		source->url = source->name;
		source->name = NULL;
	}
	return 0;
}

static int
read_source(struct arena *arena, const json_t *object, struct recipe_source *ret_source)
{
	struct recipe_source source = { 0 };

	TRY(check_keys(object, source_keys, "source"));
	TRY(read_source_kind(arena, object, &source));
	TRY(get_text(arena, object, "version", &source.version));
	TRY(get_text(arena, object, "into", &source.into));
	TRY(get_list(arena, object, "only", &source.only));
	if (source.into != NULL && !manifest_is_path(source.into))
		return err_set(ERR_FORMAT, "into: \"%s\" is not a path inside", source.into);
	if (source.kind == RECIPE_SOURCE_URL) {
		TRY(read_source_url(arena, object, &source));
	} else if (source.kind == RECIPE_SOURCE_FOLDER) {
		if (!manifest_is_path(source.name))
			return err_set(
				ERR_FORMAT, "folder: \"%s\" is not a path inside", source.name);
	} else {
		if (source.version == NULL)
			return err_set(ERR_FORMAT, "member \"version\" is missing");
		TRY(read_source_files(arena, object, &source));
	}
	*ret_source = source;
	return 0;
}

static int
read_sources(struct arena *arena, const json_t *object, struct recipe *recipe)
{
	const json_t *value = json_object_get(object, "source");
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	if (value == NULL)
		return err_set(ERR_FORMAT, "member \"source\" is missing");
	recipe->sources = arena_array(arena, count, sizeof *recipe->sources);
	recipe->source_count = count;
	for (size_t i = 0; i < count; i++) {
		const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;

		TRY(err_context(
			read_source(arena, one, &recipe->sources[i]), "source %zu", i + 1));
		if (i > 0 && recipe->sources[i].into == NULL)
			return err_set(ERR_FORMAT, "source %zu: needs \"into\"", i + 1);
	}
	return count == 0 ? err_set(ERR_FORMAT, "source: none is listed") : 0;
}

/* The name that a package of the recipe has everywhere. */
static int
name_in_series(struct arena *arena, const struct recipe *recipe, const char *plain,
	const char **ret_name)
{
	const char *name = relation_in_series(arena, plain, recipe->series);

	if (!relation_is_full_name(name))
		return err_set(ERR_FORMAT, "%s: longer than %d bytes", name, RELATION_NAME_MAX);
	*ret_name = name;
	return 0;
}

static int
read_package(struct arena *arena, const json_t *object, const struct recipe *recipe,
	struct recipe_package *package)
{
	TRY(check_keys(object, package_keys, package->name));
	TRY(get_text(arena, object, "summary", &package->summary));
	if (package->summary == NULL)
		package->summary = recipe->summary;
	TRY(get_list(arena, object, "files", &package->files));
	TRY(get_relations(arena, object, "requires", &package->requires));
	TRY(get_relations(arena, object, "conflicts", &package->conflicts));
	TRY(get_relations(arena, object, "replaces", &package->replaces));
	return err_context(
		declare_read(arena, object, &package->declared), "%s", package->name);
}

/* The first package has the recipe's own name; then those under "packages". */
static int
read_packages(struct arena *arena, const json_t *object, struct recipe *recipe)
{
	json_t *packages = json_object_get(object, "packages");
	const char *name;
	json_t *value;

	recipe->packages =
		arena_array(arena, json_object_size(packages) + 1, sizeof *recipe->packages);
	recipe->package_count = 1;
	recipe->packages[0] = (struct recipe_package){
		.name = recipe->name,
		.summary = recipe->summary,
	};
	TRY(get_relations(arena, object, "requires", &recipe->packages[0].requires));
	TRY(get_relations(arena, object, "conflicts", &recipe->packages[0].conflicts));
	TRY(get_relations(arena, object, "replaces", &recipe->packages[0].replaces));
	TRY(declare_read(arena, object, &recipe->packages[0].declared));
	if (packages != NULL && !json_is_object(packages))
		return err_set(ERR_FORMAT, "packages: not an object ({ ... })");
	json_object_foreach(packages, name, value)
	{
		struct recipe_package *package = &recipe->packages[recipe->package_count];

		if (strcmp(name, recipe->plain_name) == 0)
			return err_set(ERR_FORMAT,
				"packages: \"%s\" is the recipe's own package and takes what "
				"is "
				"left (leave it out)",
				name);
		if (!relation_is_name(name))
			return err_set(ERR_FORMAT, "packages: \"%s\" is not a name", name);
		TRY(name_in_series(arena, recipe, name, &package->name));
		TRY(err_context(read_package(arena, value, recipe, package), "packages"));
		if (package->files.len == 0)
			return err_set(ERR_FORMAT, "packages: %s: \"files\" is missing", name);
		recipe->package_count++;
	}
	return 0;
}

static int
read_libraries(struct arena *arena, const json_t *object, struct recipe *recipe)
{
	static const char *const sharings[] = { "auto", "always", "private" };
	json_t *libraries = json_object_get(object, "libraries");
	const char *name;
	json_t *value;

	if (libraries != NULL && !json_is_object(libraries))
		return err_set(ERR_FORMAT, "libraries: not an object ({ ... })");
	recipe->libraries =
		arena_array(arena, json_object_size(libraries) + 1, sizeof *recipe->libraries);
	json_object_foreach(libraries, name, value)
	{
		struct recipe_library *library = &recipe->libraries[recipe->library_count++];
		size_t i = 0;

		TRY(check_keys(value, library_keys, name));
		library->name = arena_string(arena, name);
		TRY(get_text(arena, value, "sharing", &library->sharing));
		if (library->sharing == NULL)
			library->sharing = sharings[0];
		while (i < 3 && strcmp(sharings[i], library->sharing) != 0)
			i++;
		if (i == 3)
			return err_set(ERR_FORMAT,
				"libraries: %s: sharing is one of auto, always, private", name);
	}
	return 0;
}

/* Interfaces, sorted as manifests have them. */
static int
get_interfaces(struct arena *arena, const json_t *object, const char *key,
	struct manifest_list *ret_list)
{
	TRY(get_list(arena, object, key, ret_list));
	for (size_t i = 0; i < ret_list->len; i++)
		if (!relation_is_name(ret_list->at[i]))
			return err_set(
				ERR_FORMAT, "%s: \"%s\" is not a name", key, ret_list->at[i]);
	if (ret_list->len > 0)
		qsort(ret_list->at, ret_list->len, sizeof *ret_list->at, str_compare);
	for (size_t i = 1; i < ret_list->len; i++)
		if (strcmp(ret_list->at[i - 1], ret_list->at[i]) == 0)
			return err_set(ERR_FORMAT, "%s: %s is twice", key, ret_list->at[i]);
	return 0;
}

static int
read_programs(struct arena *arena, const json_t *object, struct recipe *recipe)
{
	json_t *programs = json_object_get(object, "programs");
	const char *path;
	json_t *value;

	TRY(get_interfaces(arena, object, "plugin_for", &recipe->plugin_for));
	if (programs != NULL && !json_is_object(programs))
		return err_set(ERR_FORMAT, "programs: not an object ({ ... })");
	recipe->programs =
		arena_array(arena, json_object_size(programs) + 1, sizeof *recipe->programs);
	json_object_foreach(programs, path, value)
	{
		struct recipe_program *program = &recipe->programs[recipe->program_count++];

		if (!manifest_is_path(path))
			return err_set(ERR_FORMAT,
				"programs: \"%s\" is not a path below the prefix", path);
		TRY(check_keys(value, program_keys, path));
		program->path = arena_string(arena, path);
		TRY(err_context(get_interfaces(arena, value, "loads", &program->loads),
			"programs: %s", path));
	}
	return 0;
}

static int
read_series(struct arena *arena, const json_t *object, struct recipe *recipe)
{
	recipe->series = "";
	if (json_object_get(object, "series") == NULL)
		return 0;
	if (get_text(arena, object, "series", &recipe->series) < 0 ||
		!relation_is_series(recipe->series))
		return err_set(ERR_FORMAT,
			"series: not a text like \"5.3\" (a-z 0-9 + . _, at most %d bytes)",
			RELATION_SERIES_MAX);
	return 0;
}

static int
read_names(struct arena *arena, const json_t *object, struct recipe *recipe)
{
	TRY(get_text(arena, object, "name", &recipe->plain_name));
	TRY(get_text(arena, object, "version", &recipe->version));
	TRY(get_text(arena, object, "summary", &recipe->summary));
	TRY(get_text(arena, object, "licence", &recipe->licence));
	TRY(get_text(arena, object, "homepage", &recipe->homepage));
	if (recipe->plain_name == NULL || !relation_is_name(recipe->plain_name))
		return err_set(ERR_FORMAT, "name: missing or not a package name (without a "
					   "series: that is a key of its own)");
	TRY(read_series(arena, object, recipe));
	TRY(name_in_series(arena, recipe, recipe->plain_name, &recipe->name));
	if (recipe->version == NULL || !relation_is_version(recipe->version))
		return err_set(ERR_FORMAT, "version: missing or not a version");
	if (recipe->summary == NULL || recipe->licence == NULL)
		return err_set(ERR_FORMAT, "%s: missing",
			recipe->summary == NULL ? "summary" : "licence");
	if (recipe->homepage == NULL)
		recipe->homepage = "";
	recipe->release = 1;
	if (json_object_get(object, "release") != NULL)
		TRY(json_get_integer(object, "release", &recipe->release));
	return recipe->release < 1 || recipe->release > 999999
		       ? err_set(ERR_FORMAT, "release: not a number from 1 to 999999")
		       : 0;
}

/* A package of machine code says for which architectures it is. */
static int
read_kind(struct arena *arena, const json_t *object, struct recipe *recipe)
{
	const char *kind = NULL;

	TRY(get_text(arena, object, "kind", &kind));
	TRY(get_list(arena, object, "architectures", &recipe->architectures));
	recipe->is_native = kind != NULL && strcmp(kind, "native") == 0;
	if (kind != NULL && !recipe->is_native)
		return err_set(ERR_FORMAT,
			"kind: \"%s\" is not \"native\" (other kinds follow from what is "
			"installed)",
			kind);
	if (recipe->is_native != (recipe->architectures.len > 0))
		return err_set(
			ERR_FORMAT, "kind = native and architectures = [ ... ] go together");
	return 0;
}

/* native_sources { ARCH = [ GLOB ... ] ... }: who has them has machine code. */
static int
read_native_sources(struct arena *arena, const json_t *object, struct recipe *recipe)
{
	json_t *all = json_object_get(object, "native_sources");
	const char *name;
	json_t *value;
	enum arch arch;

	if (all == NULL)
		return 0;
	if (!json_is_object(all))
		return err_set(ERR_FORMAT,
			"native_sources is not { ARCHITECTURE = [ \"GLOB\" ... ] ... }");
	recipe->has_assembly = true;
	recipe->native_sources =
		arena_array(arena, json_object_size(all) + 1, sizeof *recipe->native_sources);
	json_object_foreach(all, name, value)
	{
		struct recipe_native_sources *sources =
			&recipe->native_sources[recipe->native_source_count++];

		TRY(err_context(arch_parse(name, &arch), "native_sources"));
		sources->arch = arch_name(arch);
		TRY(err_context(get_list(arena, all, name, &sources->globs), "native_sources"));
	}
	return 0;
}

static int
read_recipe(struct arena *arena, const json_t *object, struct recipe *recipe)
{
	TRY(check_keys(object, recipe_keys, "recipe"));
	TRY(read_names(arena, object, recipe));
	TRY(read_sources(arena, object, recipe));
	TRY(get_list(arena, object, "build_requires", &recipe->build_requires));
	TRY(get_flag(object, "bootstrap", &recipe->is_bootstrap));
	TRY(get_flag(object, "assembly", &recipe->has_assembly));
	TRY(read_native_sources(arena, object, recipe));
	TRY(read_kind(arena, object, recipe));
	TRY(get_list(arena, object, "config", &recipe->config));
	TRY(get_list(arena, object, "harden_except", &recipe->harden_except));
	if (recipe->harden_except.len > 0)
		qsort(recipe->harden_except.at, recipe->harden_except.len,
			sizeof *recipe->harden_except.at, str_compare);
	TRY(get_list(arena, object, "capabilities", &recipe->capabilities));
	TRY(read_packages(arena, object, recipe));
	TRY(read_programs(arena, object, recipe));
	return read_libraries(arena, object, recipe);
}

static int
find_patches(struct arena *arena, int dir, struct recipe *recipe)
{
	int patches AUTO(file_close) = -1;
	char **names;
	size_t count;

	if (!file_exists(dir, "patches"))
		return 0;
	TRY(file_open_dir(dir, "patches", &patches));
	TRY(file_list(arena, patches, &names, &count));
	recipe->patches.at = arena_array(arena, count + 1, sizeof *names);
	for (size_t i = 0; i < count; i++)
		if (str_has_suffix(names[i], ".patch") || str_has_suffix(names[i], ".diff"))
			recipe->patches.at[recipe->patches.len++] = arena_printf(
				arena, "%s/patches/%s", recipe->directory, names[i]);
	return 0;
}

static int
add_folder(struct arena *arena, struct hash *hash, int dir, const char *path, int depth)
{
	char **names;
	size_t count;

	if (depth > FOLDER_DEPTH_MAX)
		return err_set(ERR_LIMIT, "%s: folders too deep", path);
	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		int inner AUTO(file_close) = -1;
		char *inner_path = arena_printf(arena, "%s/%s", path, names[i]);
		struct stat info;

		if (fstatat(dir, names[i], &info, 0) < 0)
			return err_errno("%s", inner_path);
		if (S_ISDIR(info.st_mode)) {
			TRY(file_open_dir(dir, names[i], &inner));
			TRY(add_folder(arena, hash, inner, inner_path, depth + 1));
		} else {
			struct str text;

			TRY(file_read(arena, dir, names[i], FOLDER_FILE_MAX, &text));
			hash_add_string(hash, inner_path);
			hash_add_u64(hash, text.len);
			hash_add(hash, text.at, text.len);
		}
	}
	return 0;
}

static int
load(struct arena *arena, int dir, struct recipe *recipe)
{
	json_t *object AUTO(json_release) = NULL;
	struct hash hash;
	struct str text;

	TRY(file_read(arena, dir, "recipe.ucl", RECIPE_SIZE_MAX, &text));
	TRY(err_context(ucl_read(text, &object), "recipe.ucl"));
	TRY(err_context(read_recipe(arena, object, recipe), "recipe.ucl"));
	TRY(find_patches(arena, dir, recipe));
	hash_init(&hash);
	TRY(add_folder(arena, &hash, dir, "", 0));
	recipe->digest = hash_end(&hash);
	return 0;
}

int
recipe_load(struct arena *arena, const char *directory, struct recipe *ret_recipe)
{
	int dir AUTO(file_close) = -1;
	char *real = realpath(directory, NULL);
	struct recipe recipe = { 0 };

	if (real == NULL)
		return err_errno("%s: recipe", directory);
	recipe.directory = arena_string(arena, real);
	free(real);
	TRY(file_open_dir(AT_FDCWD, recipe.directory, &dir));
	TRY(err_context(load(arena, dir, &recipe), "%s", directory));
	*ret_recipe = recipe;
	return 0;
}

int
recipe_modify(struct arena *arena, struct recipe *recipe, const char *const *patches,
	size_t patch_count, int64_t release)
{
	struct hash hash;
	struct manifest_list all = {
		.at = arena_array(arena, recipe->patches.len + patch_count + 1, sizeof(char *)),
		.len = recipe->patches.len,
	};

	if (patch_count == 0 && release == 0)
		return 0;
	if (all.len > 0)
		memcpy(all.at, recipe->patches.at, all.len * sizeof *all.at);
	hash_init(&hash);
	hash_add(&hash, recipe->digest.bytes, sizeof recipe->digest.bytes);
	for (size_t i = 0; i < patch_count; i++) {
		char *real = realpath(patches[i], NULL);
		struct str text;

		if (real == NULL)
			return err_errno("%s: patch", patches[i]);
		all.at[all.len++] = arena_string(arena, real);
		free(real);
		TRY(file_read(arena, AT_FDCWD, patches[i], FOLDER_FILE_MAX, &text));
		hash_add_u64(&hash, text.len);
		hash_add(&hash, text.at, text.len);
	}
	hash_add_u64(&hash, (uint64_t)release);
	recipe->digest = hash_end(&hash);
	recipe->patches = all;
	if (release != 0)
		recipe->release = release;
	return 0;
}
