/* SPDX-License-Identifier: MIT */
/*
 * From a manifest to canonical JSON. Lists whose order means nothing are sorted
 * here, on copies, so that who made the manifest need not care.
 */
#include "repo/package/manifest.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

#define SET(object, key, value) json_object_set_new((object), (key), (value))

static json_t *
from_list(const struct manifest_list *list)
{
	return json_from_strings(list->at, list->len);
}

static json_t *
from_exports(const struct manifest_library *library)
{
	json_t *array = json_array();

	for (size_t i = 0; i < library->export_count; i++) {
		const struct manifest_export *symbol = &library->exports[i];
		json_t *object = json_object();

		SET(object, "name", json_string(symbol->name));
		SET(object, "kind", json_string(symbol->is_function ? "function" : "data"));
		SET(object, "size", json_integer((json_int_t)symbol->size));
		SET(object, "type", json_string(symbol->type));
		SET(object, "weak", json_boolean(symbol->is_weak));
		json_array_append_new(array, object);
	}
	return array;
}

/* A member that is there only when it has something to say. */
static void
set_optional(json_t *object, const char *key, const struct manifest_list *list)
{
	if (list->len > 0)
		SET(object, key, from_list(list));
}

static json_t *
from_natives(const struct manifest_native *natives, size_t count)
{
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++)
		SET(object, natives[i].arch, json_from_digest(&natives[i].object));
	return object;
}

/* The unit for all, and what single architectures have besides. */
static void
set_code(json_t *object, const struct manifest_code *code)
{
	SET(object, "unit", json_from_digest(&code->unit));
	if (code->native_count > 0)
		SET(object, "native", from_natives(code->natives, code->native_count));
	if (code->unit_count > 0)
		SET(object, "units", from_natives(code->units, code->unit_count));
}

static json_t *
from_library(const struct manifest_library *library)
{
	json_t *object = json_object();

	SET(object, "name", json_string(library->name));
	set_code(object, &library->code);
	/* Of a library it is there even when it is empty. */
	SET(object, "native", from_natives(library->code.natives, library->code.native_count));
	SET(object, "imports", from_list(&library->imports));
	SET(object, "exports", from_exports(library));
	SET(object, "undefined", from_list(&library->undefined));
	set_optional(object, "weak_undefined", &library->weak_undefined);
	if (library->has_own_uses)
		SET(object, "own_uses", from_list(&library->own_uses));
	SET(object, "constructors", from_list(&library->constructors));
	SET(object, "destructors", from_list(&library->destructors));
	SET(object, "tls_size", json_integer((json_int_t)library->tls_size));
	SET(object, "tls_exports", from_list(&library->tls_exports));
	SET(object, "sharing", json_string(manifest_sharing_names[library->sharing]));
	return object;
}

static json_t *
from_program(const struct manifest_program *program)
{
	json_t *object = json_object();

	SET(object, "path", json_string(program->path));
	set_code(object, &program->code);
	SET(object, "imports", from_list(&program->imports));
	SET(object, "exports", from_list(&program->exports));
	SET(object, "undefined", from_list(&program->undefined));
	set_optional(object, "weak_undefined", &program->weak_undefined);
	SET(object, "constructors", from_list(&program->constructors));
	SET(object, "destructors", from_list(&program->destructors));
	SET(object, "tls_size", json_integer((json_int_t)program->tls_size));
	if (program->loads.len > 0)
		SET(object, "loads", from_list(&program->loads));
	if (program->plugin_for.len > 0)
		SET(object, "plugin_for", from_list(&program->plugin_for));
	return object;
}

static json_t *
from_file(const struct manifest_file *file)
{
	json_t *object = json_object();

	SET(object, "path", json_string(file->path));
	if (file->kind == MANIFEST_FILE_LINK) {
		SET(object, "link", json_string(file->target));
		return object;
	}
	SET(object, "mode", json_integer((json_int_t)file->mode));
	if (file->kind == MANIFEST_FILE_DIRECTORY) {
		SET(object, "directory", json_true());
		return object;
	}
	SET(object, "size", json_integer((json_int_t)file->size));
	SET(object, "sha256", json_from_digest(&file->sha256));
	SET(object, "config", json_boolean(file->is_config));
	SET(object, "prefix", json_boolean(file->has_prefix));
	return object;
}

static json_t *
from_source(const struct manifest *manifest)
{
	json_t *source = json_object();
	json_t *files = json_array();

	for (size_t i = 0; i < manifest->source_file_count; i++) {
		const struct manifest_source_file *file = &manifest->source_files[i];
		json_t *object = json_object();

		SET(object, "name", json_string(file->name));
		SET(object, "sha256", json_from_digest(&file->sha256));
		SET(object, "size", json_integer((json_int_t)file->size));
		json_array_append_new(files, object);
	}
	SET(source, "name", json_string(manifest->source_name));
	SET(source, "version", json_string(manifest->source_version));
	SET(source, "files", files);
	return source;
}

static json_t *
from_check(const struct manifest *manifest)
{
	json_t *check = json_object();

	SET(check, "level", json_string(manifest_check_names[manifest->check_level]));
	SET(check, "result", json_string(manifest->check_passed ? "passed" : "none"));
	SET(check, "summary", json_string(manifest->check_summary));
	return check;
}

static json_t *
from_objects(const struct manifest *manifest)
{
	json_t *array = json_array();

	for (size_t i = 0; i < manifest->object_count; i++) {
		json_t *object = json_object();

		SET(object, "sha256", json_from_digest(&manifest->objects[i].sha256));
		SET(object, "size", json_integer((json_int_t)manifest->objects[i].size));
		json_array_append_new(array, object);
	}
	return array;
}

static int
compare_libraries(const void *a, const void *b)
{
	return strcmp(((const struct manifest_library *)a)->name,
		((const struct manifest_library *)b)->name);
}

static int
compare_programs(const void *a, const void *b)
{
	return strcmp(((const struct manifest_program *)a)->path,
		((const struct manifest_program *)b)->path);
}

static int
compare_files(const void *a, const void *b)
{
	return strcmp(((const struct manifest_file *)a)->path,
		((const struct manifest_file *)b)->path);
}

static void *
sorted_copy(struct arena *arena, const void *at, size_t count, size_t size,
	int (*compare)(const void *a, const void *b))
{
	void *copy = arena_array(arena, count + 1, size);

	if (count > 0) {
		memcpy(copy, at, count * size);
		qsort(copy, count, size, compare);
	}
	return copy;
}

static json_t *
from_programs(struct arena *arena, const struct manifest_program *programs, size_t count)
{
	struct manifest_program *sorted =
		sorted_copy(arena, programs, count, sizeof *sorted, compare_programs);
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, from_program(&sorted[i]));
	return array;
}

static void
set_lists(struct arena *arena, const struct manifest *manifest, json_t *object)
{
	struct manifest_library *libraries = sorted_copy(arena, manifest->libraries,
		manifest->library_count, sizeof *libraries, compare_libraries);
	struct manifest_file *files = sorted_copy(
		arena, manifest->files, manifest->file_count, sizeof *files, compare_files);
	json_t *array = json_array();

	for (size_t i = 0; i < manifest->library_count; i++)
		json_array_append_new(array, from_library(&libraries[i]));
	SET(object, "libraries", array);
	SET(object, "programs",
		from_programs(arena, manifest->programs, manifest->program_count));
	if (manifest->plugin_count > 0)
		SET(object, "plugins",
			from_programs(arena, manifest->plugins, manifest->plugin_count));
	declared_write(&manifest->declared, object);
	array = json_array();
	for (size_t i = 0; i < manifest->file_count; i++)
		json_array_append_new(array, from_file(&files[i]));
	SET(object, "files", array);
	SET(object, "objects", from_objects(manifest));
}

int
manifest_write(const struct manifest *manifest, struct strbuf *ret_text)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct manifest *again;
	json_t *object AUTO(json_release) = json_object();

	SET(object, "format", json_integer(MANIFEST_FORMAT));
	SET(object, "name", json_string(manifest->name));
	SET(object, "version", json_string(manifest->version));
	SET(object, "release", json_integer((json_int_t)manifest->release));
	SET(object, "summary", json_string(manifest->summary));
	SET(object, "licence", json_string(manifest->licence));
	SET(object, "homepage", json_string(manifest->homepage));
	SET(object, "kind", json_string(manifest_kind_names[manifest->kind]));
	SET(object, "source", from_source(manifest));
	SET(object, "recipe", json_from_digest(&manifest->recipe));
	SET(object, "producer", json_string(manifest->producer));
	SET(object, "check", from_check(manifest));
	SET(object, "requires", from_list(&manifest->requires));
	SET(object, "provides", from_list(&manifest->provides));
	SET(object, "conflicts", from_list(&manifest->conflicts));
	SET(object, "replaces", from_list(&manifest->replaces));
	/* Most packages are for all; these have no member, as before there was one. */
	if (manifest->architectures.len > 0)
		SET(object, "architectures", from_list(&manifest->architectures));
	if (manifest->builds_with.len > 0)
		SET(object, "builds_with", from_list(&manifest->builds_with));
	if (manifest->harden_except.len > 0)
		SET(object, "harden_except", from_list(&manifest->harden_except));
	set_lists(arena, manifest, object);
	json_write(object, &text);
	TRY(err_context(manifest_read(arena, strbuf_str(&text), &again), "manifest"));
	*ret_text = text;
	text = (struct strbuf){ 0 };
	return 0;
}

int
manifest_digest(const struct manifest *manifest, struct digest *ret_digest)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	TRY(manifest_write(manifest, &text));
	*ret_digest = hash_bytes(text.at, text.len);
	return 0;
}
