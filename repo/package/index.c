/* SPDX-License-Identifier: MIT */
/*
 * The index: parsed from bytes whose signature was verified, and still read as
 * strictly as a manifest, because a repository's owner can be wrong, too.
 */
#include "repo/index.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "repo/package/manifest.h"
#include "repo/relation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define RELEASE_MAX 999999
#define TEXT_MAX 1024 /* bytes, as in manifests */
#define SET(object, key, value) json_object_set_new((object), (key), (value))

static int
compare_packages(const void *a, const void *b)
{
	const struct index_package *left = a;
	const struct index_package *right = b;
	int order = strcmp(left->name, right->name);

	if (order == 0)
		order = strcmp(left->version, right->version);
	if (order != 0)
		return order;
	return (left->release > right->release) - (left->release < right->release);
}

static int
read_strings(struct arena *arena, const json_t *object, const char *key,
	struct manifest_list *ret_list)
{
	json_t *array = NULL;

	TRY(json_get_array(object, key, &array));
	return json_get_strings(arena, object, key, &ret_list->at, &ret_list->len);
}

static int
read_relations(struct arena *arena, const json_t *object, const char *key,
	struct manifest_list *ret_list)
{
	struct relation relation;

	TRY(read_strings(arena, object, key, ret_list));
	for (size_t i = 0; i < ret_list->len; i++)
		TRY(err_context(relation_parse(arena, ret_list->at[i], &relation), "%s", key));
	return 0;
}

static int
read_names(struct arena *arena, const json_t *object, const char *key,
	struct manifest_list *ret_list)
{
	TRY(read_strings(arena, object, key, ret_list));
	for (size_t i = 0; i < ret_list->len; i++)
		if (!relation_is_full_name(ret_list->at[i]))
			return err_set(ERR_FORMAT, "%s: \"%.100s\" is not a name", key,
				ret_list->at[i]);
	return 0;
}

static int
read_sharing(const json_t *item, enum manifest_sharing *ret_sharing)
{
	const char *name = NULL;

	TRY(json_get_string(item, "sharing", &name));
	for (int i = MANIFEST_SHARING_AUTO; i <= MANIFEST_SHARING_PRIVATE; i++)
		if (strcmp(name, manifest_sharing_names[i]) == 0) {
			*ret_sharing = (enum manifest_sharing)i;
			return 0;
		}
	return err_set(ERR_FORMAT, "sharing \"%.20s\": not one of auto, always, private", name);
}

/* What an index of an older weld does not have. */
static int
read_undefined(struct arena *arena, const json_t *item, struct manifest_list *ret_list)
{
	return json_get_strings(arena, item, "undefined", &ret_list->at, &ret_list->len);
}

static int
read_libraries(struct arena *arena, const json_t *object, struct index_package *package)
{
	json_t *array = NULL;

	TRY(json_get_array(object, "libraries", &array));
	package->library_count = json_array_size(array);
	package->libraries =
		arena_array(arena, package->library_count + 1, sizeof *package->libraries);
	for (size_t i = 0; i < package->library_count; i++) {
		const json_t *item = json_array_get(array, i);
		struct index_library *library = &package->libraries[i];

		TRY(json_get_text(arena, item, "name", TEXT_MAX, &library->name));
		if (!relation_is_full_name(library->name))
			return err_set(
				ERR_FORMAT, "library \"%.100s\": not a name", library->name);
		TRY(read_names(arena, item, "imports", &library->imports));
		TRY(read_strings(arena, item, "exports", &library->exports));
		TRY(read_undefined(arena, item, &library->undefined));
		TRY(read_sharing(item, &library->sharing));
		TRY(json_get_bool(item, "tls", &library->has_tls));
	}
	return 0;
}

static int
read_programs(struct arena *arena, const json_t *object, struct index_package *package)
{
	json_t *array = NULL;

	TRY(json_get_array(object, "programs", &array));
	package->program_count = json_array_size(array);
	package->programs =
		arena_array(arena, package->program_count + 1, sizeof *package->programs);
	for (size_t i = 0; i < package->program_count; i++) {
		const json_t *item = json_array_get(array, i);
		struct index_program *program = &package->programs[i];

		TRY(json_get_text(arena, item, "path", TEXT_MAX, &program->path));
		if (!manifest_is_path(program->path))
			return err_set(ERR_FORMAT, "\"%.200s\" is not a path", program->path);
		TRY(read_names(arena, item, "imports", &program->imports));
		TRY(read_undefined(arena, item, &program->undefined));
	}
	return 0;
}

static int
read_files(struct arena *arena, const json_t *object, struct index_package *package)
{
	TRY(read_strings(arena, object, "files", &package->files));
	for (size_t i = 0; i < package->files.len; i++)
		if (!manifest_is_path(package->files.at[i]))
			return err_set(ERR_FORMAT, "\"%.200s\" is not a path below the prefix",
				package->files.at[i]);
	return 0;
}

static int
read_kind(const json_t *object, enum manifest_kind *ret_kind)
{
	const char *text = NULL;

	TRY(json_get_string(object, "kind", &text));
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(text, manifest_kind_names[i]) == 0) {
			*ret_kind = (enum manifest_kind)i;
			return 0;
		}
	return err_set(ERR_FORMAT, "kind \"%.100s\" is not known", text);
}

/* Name, version and release: what the file name is made of. */
static int
read_identity(struct arena *arena, const json_t *object, struct index_package *package)
{
	if (!json_is_object(object))
		return err_set(ERR_FORMAT, "not an object");
	TRY(json_get_text(arena, object, "name", TEXT_MAX, &package->name));
	TRY(json_get_text(arena, object, "version", TEXT_MAX, &package->version));
	TRY(json_get_size(object, "release", RELEASE_MAX, &package->release));
	if (!relation_is_full_name(package->name) || !relation_is_version(package->version) ||
		package->release == 0)
		return err_set(ERR_FORMAT, "\"%.100s\" \"%.100s\": not a name and a version",
			package->name, package->version);
	package->file = arena_printf(arena, "%s-%s-%" PRIu64 ".weld", package->name,
		package->version, package->release);
	return 0;
}

static int
read_contents(struct arena *arena, const json_t *object, struct index_package *package)
{
	TRY(read_libraries(arena, object, package));
	TRY(read_programs(arena, object, package));
	TRY(declared_read(arena, object, &package->declared));
	return read_files(arena, object, package);
}

static int
read_body(struct arena *arena, const json_t *object, struct index_package *package)
{
	TRY(json_get_text(arena, object, "summary", TEXT_MAX, &package->summary));
	TRY(json_get_text(arena, object, "licence", TEXT_MAX, &package->licence));
	TRY(json_get_text(arena, object, "homepage", TEXT_MAX, &package->homepage));
	TRY(read_kind(object, &package->kind));
	TRY(read_relations(arena, object, "requires", &package->requires));
	TRY(read_relations(arena, object, "provides", &package->provides));
	TRY(read_relations(arena, object, "conflicts", &package->conflicts));
	TRY(read_relations(arena, object, "replaces", &package->replaces));
	if (json_object_get(object, "architectures") != NULL)
		TRY(read_names(arena, object, "architectures", &package->architectures));
	TRY(read_contents(arena, object, package));
	TRY(json_get_size(
		object, "installed_size", MANIFEST_TOTAL_MAX, &package->installed_size));
	TRY(json_get_size(
		object, "download_size", MANIFEST_TOTAL_MAX, &package->download_size));
	return json_get_digest(object, "sha256", &package->sha256);
}

static int
read_packages(struct arena *arena, const json_t *root, struct index *index)
{
	json_t *array = NULL;

	TRY(json_get_array(root, "packages", &array));
	index->len = json_array_size(array);
	index->packages = arena_array(arena, index->len + 1, sizeof *index->packages);
	for (size_t i = 0; i < index->len; i++) {
		struct index_package *package = &index->packages[i];
		const json_t *object = json_array_get(array, i);

		TRY(err_context(read_identity(arena, object, package), "package %zu", i));
		TRY(err_context(read_body(arena, object, package), "%s", package->file));
		if (i > 0 && compare_packages(package - 1, package) >= 0)
			return err_set(ERR_FORMAT, "%s: twice, or not in order", package->file);
	}
	return 0;
}

int
index_read(struct arena *arena, struct str text, struct index *ret_index)
{
	struct index index = { 0 };
	json_t *root AUTO(json_release) = NULL;
	int64_t format = 0;

	if (text.len > INDEX_SIZE_MAX)
		return err_set(
			ERR_LIMIT, "index: longer than %" PRIu64 " bytes", INDEX_SIZE_MAX);
	TRY(err_context(json_read(text, &root), "index"));
	if (!json_is_object(root))
		return err_set(ERR_FORMAT, "index: not an object");
	TRY(err_context(json_get_integer(root, "format", &format), "index"));
	if (format != INDEX_FORMAT)
		return err_set(ERR_FORMAT,
			"index: format %" PRId64 " is not known (a newer weld may read it)",
			format);
	TRY(err_context(read_packages(arena, root, &index), "index"));
	*ret_index = index;
	return 0;
}

static json_t *
from_list(const struct manifest_list *list)
{
	return json_from_strings(list->at, list->len);
}

static json_t *
from_libraries(const struct index_package *package)
{
	json_t *array = json_array();

	for (size_t i = 0; i < package->library_count; i++) {
		const struct index_library *library = &package->libraries[i];
		json_t *object = json_object();

		SET(object, "name", json_string(library->name));
		SET(object, "imports", from_list(&library->imports));
		SET(object, "exports", from_list(&library->exports));
		SET(object, "undefined", from_list(&library->undefined));
		SET(object, "sharing", json_string(manifest_sharing_names[library->sharing]));
		SET(object, "tls", json_boolean(library->has_tls));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *
from_programs(const struct index_package *package)
{
	json_t *array = json_array();

	for (size_t i = 0; i < package->program_count; i++) {
		json_t *object = json_object();

		SET(object, "path", json_string(package->programs[i].path));
		SET(object, "imports", from_list(&package->programs[i].imports));
		SET(object, "undefined", from_list(&package->programs[i].undefined));
		json_array_append_new(array, object);
	}
	return array;
}

static void
set_contents(json_t *object, const struct index_package *package)
{
	SET(object, "libraries", from_libraries(package));
	SET(object, "programs", from_programs(package));
	SET(object, "files", from_list(&package->files));
	declared_write(&package->declared, object);
}

static json_t *
from_package(const struct index_package *package)
{
	json_t *object = json_object();

	SET(object, "name", json_string(package->name));
	SET(object, "version", json_string(package->version));
	SET(object, "release", json_integer((json_int_t)package->release));
	SET(object, "summary", json_string(package->summary));
	SET(object, "licence", json_string(package->licence));
	SET(object, "homepage", json_string(package->homepage));
	SET(object, "kind", json_string(manifest_kind_names[package->kind]));
	SET(object, "requires", from_list(&package->requires));
	SET(object, "provides", from_list(&package->provides));
	SET(object, "conflicts", from_list(&package->conflicts));
	SET(object, "replaces", from_list(&package->replaces));
	if (package->architectures.len > 0)
		SET(object, "architectures", from_list(&package->architectures));
	set_contents(object, package);
	SET(object, "installed_size", json_integer((json_int_t)package->installed_size));
	SET(object, "download_size", json_integer((json_int_t)package->download_size));
	SET(object, "sha256", json_from_digest(&package->sha256));
	return object;
}

void
index_write(const struct index *index, struct strbuf *ret_text)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct index_package *sorted = arena_array(arena, index->len + 1, sizeof *sorted);
	json_t *root AUTO(json_release) = json_object();
	json_t *packages = json_array();

	if (index->len > 0) {
		memcpy(sorted, index->packages, index->len * sizeof *sorted);
		qsort(sorted, index->len, sizeof *sorted, compare_packages);
	}
	for (size_t i = 0; i < index->len; i++)
		json_array_append_new(packages, from_package(&sorted[i]));
	SET(root, "format", json_integer(INDEX_FORMAT));
	SET(root, "packages", packages);
	json_write(root, ret_text);
}

void
index_write_contents(const struct index_package *package, struct strbuf *ret_text)
{
	json_t *object AUTO(json_release) = json_object();

	set_contents(object, package);
	json_write(object, ret_text);
}

int
index_read_contents(struct arena *arena, struct str text, struct index_package *package)
{
	json_t *object AUTO(json_release) = NULL;

	TRY(err_context(json_read(text, &object), "%s: contents", package->file));
	return err_context(
		read_contents(arena, object, package), "%s: contents", package->file);
}

static void
set_libraries(
	struct arena *arena, const struct manifest *manifest, struct index_package *package)
{
	package->library_count = manifest->library_count;
	package->libraries =
		arena_array(arena, manifest->library_count + 1, sizeof *package->libraries);
	for (size_t i = 0; i < manifest->library_count; i++) {
		const struct manifest_library *from = &manifest->libraries[i];
		struct index_library *to = &package->libraries[i];

		to->name = from->name;
		to->imports = from->imports;
		to->undefined = from->undefined;
		to->sharing = from->sharing;
		to->has_tls = from->tls_size > 0 || from->tls_exports.len > 0;
		to->exports.len = from->export_count;
		to->exports.at =
			arena_array(arena, from->export_count + 1, sizeof *to->exports.at);
		for (size_t j = 0; j < from->export_count; j++)
			to->exports.at[j] = arena_string(arena, from->exports[j].name);
		if (to->exports.len > 0)
			qsort(to->exports.at, to->exports.len, sizeof *to->exports.at,
				str_compare);
	}
}

static void
set_files(struct arena *arena, const struct manifest *manifest, struct index_package *package)
{
	struct manifest_list made = declared_paths(arena, &manifest->declared);
	size_t room = manifest->program_count + manifest->file_count + made.len + 1;

	package->files.at = arena_array(arena, room, sizeof *package->files.at);
	package->program_count = manifest->program_count;
	package->programs =
		arena_array(arena, manifest->program_count + 1, sizeof *package->programs);
	for (size_t i = 0; i < manifest->program_count; i++) {
		package->programs[i].path = manifest->programs[i].path;
		package->programs[i].imports = manifest->programs[i].imports;
		package->programs[i].undefined = manifest->programs[i].undefined;
		package->files.at[package->files.len++] =
			arena_string(arena, manifest->programs[i].path);
	}
	for (size_t i = 0; i < manifest->file_count; i++)
		if (manifest->files[i].kind != MANIFEST_FILE_DIRECTORY)
			package->files.at[package->files.len++] =
				arena_string(arena, manifest->files[i].path);
	for (size_t i = 0; i < made.len; i++)
		package->files.at[package->files.len++] = made.at[i];
	if (package->files.len > 0)
		qsort(package->files.at, package->files.len, sizeof *package->files.at,
			str_compare);
}

void
index_from_manifest(struct arena *arena, const struct manifest *manifest,
	const struct digest *sha256, uint64_t download_size, struct index_package *ret_package)
{
	struct index_package package = {
		.name = manifest->name,
		.version = manifest->version,
		.release = manifest->release,
		.summary = manifest->summary,
		.licence = manifest->licence,
		.homepage = manifest->homepage,
		.kind = manifest->kind,
		.requires = manifest->requires,
		.provides = manifest->provides,
		.conflicts = manifest->conflicts,
		.replaces = manifest->replaces,
		.architectures = manifest->architectures,
		.declared = manifest->declared,
		.installed_size = manifest_installed_size(manifest),
		.download_size = download_size,
		.sha256 = *sha256,
		.file = manifest_file_name(arena, manifest),
	};

	set_libraries(arena, manifest, &package);
	set_files(arena, manifest, &package);
	*ret_package = package;
}
