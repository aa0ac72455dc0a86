/* SPDX-License-Identifier: MIT */
/*
 * From JSON to a manifest. Three gates:
 *
 * 1. the text is canonical: what it parses to is written back to the same bytes;
 * 2. each object has exactly the members that the format gives it, of the right
 *    types and in range, and sorted lists are strictly ascending;
 * 3. the whole is consistent: manifest_check_whole().
 */
#include "repo/package/manifest.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "repo/relation.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#define RELEASE_MAX 999999
#define TEXT_MAX 1024 /* bytes, of a summary and the like */
#define SYMBOL_MAX 65536 /* bytes, of a symbol's name or type */
#define LIST_MAX 1000000 /* elements of any list */
#define TLS_MAX (UINT64_C(1) << 30) /* bytes */

/* The object has these members and no others; the list ends with NULL. "?" begins an optional one. */
static int
check_members(const json_t *object, ...)
{
	size_t count = 0;
	const char *key;
	va_list args;

	if (!json_is_object(object))
		return err_set(ERR_FORMAT, "not an object");
	va_start(args, object);
	while ((key = va_arg(args, const char *)) != NULL) {
		bool is_optional = *key == '?';
		bool is_there = json_object_get(object, key + is_optional) != NULL;

		if (!is_there && !is_optional) {
			va_end(args);
			return err_set(ERR_FORMAT, "member \"%s\" is missing", key);
		}
		count += is_there;
	}
	va_end(args);
	if (json_object_size(object) != count)
		return err_set(ERR_FORMAT,
			"%zu members instead of %zu (made by a later weld, or not by weld)",
			json_object_size(object), count);
	return 0;
}

static int
read_name(struct arena *arena, const json_t *object, const char *key, const char **ret_name)
{
	TRY(json_get_text(arena, object, key, RELATION_NAME_MAX, ret_name));
	if (!relation_is_full_name(*ret_name))
		return err_set(ERR_FORMAT,
			"member \"%s\": \"%s\" is not a name (a-z 0-9 + . _ -, and @ before a "
			"series)",
			key, *ret_name);
	return 0;
}

static int
read_word(
	const json_t *object, const char *key, const char *const names[3], unsigned *ret_value)
{
	const char *text = NULL;

	TRY(json_get_string(object, key, &text));
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(text, names[i]) == 0) {
			*ret_value = i;
			return 0;
		}
	return err_set(ERR_FORMAT, "member \"%s\": \"%.100s\" is not known", key, text);
}

static int
read_path(struct arena *arena, const json_t *object, const char **ret_path)
{
	const char *path = NULL;

	TRY(json_get_string(object, "path", &path));
	if (!manifest_is_path(path))
		return err_set(ERR_FORMAT, "\"%.200s\" is not a path below the prefix", path);
	*ret_path = arena_string(arena, path);
	return 0;
}

static int
read_array(const json_t *object, const char *key, json_t **ret_array, size_t *ret_count)
{
	TRY(json_get_array(object, key, ret_array));
	if (json_array_size(*ret_array) > LIST_MAX)
		return err_set(
			ERR_LIMIT, "member \"%s\" has more than %d elements", key, LIST_MAX);
	*ret_count = json_array_size(*ret_array);
	return 0;
}

enum list_kind {
	LIST_SYMBOLS,
	LIST_NAMES,
	LIST_LIBRARIES,
	LIST_RELATIONS,
	LIST_REASONS,
};

/* "cfi: calls through pointers of another type": a name, and why. */
static bool
is_reason(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz-");

	if (length == 0 || strncmp(text + length, ": ", 2) != 0 || text[length + 2] == '\0')
		return false;
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return false;
	return true;
}

static int
read_list(struct arena *arena, const json_t *object, const char *key, enum list_kind kind,
	struct manifest_list *ret_list)
{
	json_t *array = NULL;
	struct relation relation;

	TRY(read_array(object, key, &array, &ret_list->len));
	TRY(json_get_strings(arena, object, key, &ret_list->at, &ret_list->len));
	for (size_t i = 0; i < ret_list->len; i++) {
		const char *text = ret_list->at[i];

		if (text[0] == '\0' || strlen(text) > SYMBOL_MAX)
			return err_set(
				ERR_FORMAT, "member \"%s\": an empty or too long string", key);
		if ((kind == LIST_NAMES && !relation_is_name(text)) ||
			(kind == LIST_LIBRARIES && !relation_is_full_name(text)))
			return err_set(ERR_FORMAT, "member \"%s\": \"%.200s\" is not a name",
				key, text);
		if (kind == LIST_REASONS && !is_reason(text))
			return err_set(ERR_FORMAT,
				"member \"%s\": \"%.200s\" is not \"DEFENCE: REASON\"", key,
				text);
		if (kind == LIST_RELATIONS)
			TRY(err_context(
				relation_parse(arena, text, &relation), "member \"%s\"", key));
	}
	return 0;
}

static int
read_sorted(struct arena *arena, const json_t *root, const char *key, enum list_kind kind,
	struct manifest_list *ret_list)
{
	TRY(read_list(arena, root, key, kind, ret_list));
	for (size_t i = 1; i < ret_list->len; i++)
		if (strcmp(ret_list->at[i - 1], ret_list->at[i]) >= 0)
			return err_set(ERR_FORMAT,
				"member \"%s\" is not sorted, or %s is twice", key,
				ret_list->at[i]);
	return 0;
}

/* A list that may be absent; an empty one would be a second form of that. */
static int
read_set(struct arena *arena, const json_t *root, const char *key, enum list_kind kind,
	struct manifest_list *ret_list)
{
	if (json_object_get(root, key) == NULL)
		return 0;
	TRY(read_sorted(arena, root, key, kind, ret_list));
	if (ret_list->len == 0)
		return err_set(ERR_FORMAT, "member \"%s\" is empty", key);
	return 0;
}

static int
read_exports(struct arena *arena, const json_t *object, struct manifest_library *library)
{
	json_t *array = NULL;

	TRY(read_array(object, "exports", &array, &library->export_count));
	library->exports =
		arena_array(arena, library->export_count + 1, sizeof *library->exports);
	for (size_t i = 0; i < library->export_count; i++) {
		const json_t *item = json_array_get(array, i);
		struct manifest_export *symbol = &library->exports[i];
		const char *kind = NULL;

		TRY(err_context(
			check_members(item, "name", "kind", "size", "type", "weak", NULL),
			"exports, %zu", i));
		TRY(json_get_text(arena, item, "name", SYMBOL_MAX, &symbol->name));
		TRY(json_get_string(item, "kind", &kind));
		symbol->is_function = strcmp(kind, "function") == 0;
		if (!symbol->is_function && strcmp(kind, "data") != 0)
			return err_set(
				ERR_FORMAT, "export %s: kind is not known", symbol->name);
		TRY(json_get_size(item, "size", MANIFEST_OBJECT_MAX, &symbol->size));
		TRY(json_get_text(arena, item, "type", SYMBOL_MAX, &symbol->type));
		TRY(json_get_bool(item, "weak", &symbol->is_weak));
	}
	return 0;
}

/* Objects by architecture. */
static int
read_natives(struct arena *arena, const json_t *object, const char *key,
	struct manifest_native **ret_natives, size_t *ret_count)
{
	json_t *native = NULL;
	struct manifest_native *natives;
	const char *arch;
	json_t *value;
	size_t count = 0;

	TRY(json_get_object(object, key, &native));
	natives = arena_array(arena, json_object_size(native) + 1, sizeof *natives);
	/* The text is canonical: its members come sorted. */
	json_object_foreach(native, arch, value)
	{
		if (!relation_is_name(arch))
			return err_set(ERR_FORMAT,
				"member \"%s\": \"%.100s\" is not an architecture", key, arch);
		natives[count].arch = arena_string(arena, arch);
		TRY(err_context(
			json_get_digest(native, arch, &natives[count++].object), "%s", key));
	}
	*ret_natives = natives;
	*ret_count = count;
	return 0;
}

/* Most code has one unit for all and no native objects, and then no such member. */
static int
read_code(struct arena *arena, const json_t *object, struct manifest_code *code)
{
	TRY(json_get_digest(object, "unit", &code->unit));
	if (json_object_get(object, "native") != NULL)
		TRY(read_natives(arena, object, "native", &code->natives, &code->native_count));
	if (json_object_get(object, "units") == NULL)
		return 0;
	TRY(read_natives(arena, object, "units", &code->units, &code->unit_count));
	return code->unit_count == 0 ? err_set(ERR_FORMAT, "member \"units\" is empty") : 0;
}

static int
read_library(struct arena *arena, const json_t *object, struct manifest_library *library)
{
	unsigned sharing = 0;

	TRY(check_members(object, "?units", "name", "unit", "native", "imports", "exports",
		"undefined", "?weak_undefined", "?own_uses", "constructors", "destructors",
		"tls_size", "tls_exports", "sharing", NULL));
	TRY(read_name(arena, object, "name", &library->name));
	TRY(read_code(arena, object, &library->code));
	TRY(read_list(arena, object, "imports", LIST_LIBRARIES, &library->imports));
	TRY(read_exports(arena, object, library));
	TRY(read_list(arena, object, "undefined", LIST_SYMBOLS, &library->undefined));
	TRY(read_set(arena, object, "weak_undefined", LIST_SYMBOLS, &library->weak_undefined));
	library->has_own_uses = json_object_get(object, "own_uses") != NULL;
	if (library->has_own_uses)
		TRY(read_sorted(arena, object, "own_uses", LIST_SYMBOLS, &library->own_uses));
	TRY(read_list(arena, object, "constructors", LIST_SYMBOLS, &library->constructors));
	TRY(read_list(arena, object, "destructors", LIST_SYMBOLS, &library->destructors));
	TRY(json_get_size(object, "tls_size", TLS_MAX, &library->tls_size));
	TRY(read_list(arena, object, "tls_exports", LIST_SYMBOLS, &library->tls_exports));
	TRY(read_word(object, "sharing", manifest_sharing_names, &sharing));
	library->sharing = (enum manifest_sharing)sharing;
	return 0;
}

/* `own` is the member that only a program, or only a plug-in, has; "?" says that it need not. */
static int
read_program(struct arena *arena, const json_t *object, const char *own,
	struct manifest_program *program)
{
	TRY(check_members(object, own, "?native", "?units", "path", "unit", "imports",
		"exports", "undefined", "?weak_undefined", "constructors", "destructors",
		"tls_size", NULL));
	TRY(read_path(arena, object, &program->path));
	TRY(read_code(arena, object, &program->code));
	if (json_object_get(object, "native") != NULL && program->code.native_count == 0)
		return err_set(ERR_FORMAT, "member \"native\" is empty");
	TRY(read_list(arena, object, "imports", LIST_LIBRARIES, &program->imports));
	TRY(read_list(arena, object, "exports", LIST_SYMBOLS, &program->exports));
	TRY(read_list(arena, object, "undefined", LIST_SYMBOLS, &program->undefined));
	TRY(read_set(arena, object, "weak_undefined", LIST_SYMBOLS, &program->weak_undefined));
	TRY(read_list(arena, object, "constructors", LIST_SYMBOLS, &program->constructors));
	TRY(read_list(arena, object, "destructors", LIST_SYMBOLS, &program->destructors));
	TRY(json_get_size(object, "tls_size", TLS_MAX, &program->tls_size));
	TRY(read_set(arena, object, "loads", LIST_NAMES, &program->loads));
	return read_set(arena, object, "plugin_for", LIST_NAMES, &program->plugin_for);
}

/*
 * Whether a link's target is relative and, followed from the link's own
 * directory, never leaves the prefix on the way.
 */
static bool
is_target_inside(const char *path, const char *target)
{
	struct str rest = str_from(target);
	struct str part;
	size_t depth = 0;

	if (target[0] == '\0' || target[0] == '/' || strlen(target) > TEXT_MAX)
		return false;
	for (const char *c = path; *c != '\0'; c++)
		depth += *c == '/';
	while (str_cut(&rest, '/', &part)) {
		char name[256];

		if (str_is(part, "..")) {
			if (depth-- == 0)
				return false;
			continue;
		}
		if (part.len >= sizeof name)
			return false;
		memcpy(name, part.at, part.len);
		name[part.len] = '\0';
		if (!manifest_is_path(name))
			return false;
		depth++;
	}
	return target[strlen(target) - 1] != '/';
}

static int
read_link(struct arena *arena, const json_t *object, struct manifest_file *file)
{
	const char *target = NULL;

	TRY(check_members(object, "path", "link", NULL));
	TRY(json_get_string(object, "link", &target));
	if (!is_target_inside(file->path, target))
		return err_set(ERR_FORMAT,
			"link to \"%.200s\" is not relative or leaves the prefix", target);
	file->kind = MANIFEST_FILE_LINK;
	file->target = arena_string(arena, target);
	return 0;
}

static int
read_directory(const json_t *object, struct manifest_file *file)
{
	bool is_directory = false;
	uint64_t mode = 0;

	TRY(check_members(object, "path", "directory", "mode", NULL));
	TRY(json_get_bool(object, "directory", &is_directory));
	TRY(json_get_size(object, "mode", 0777, &mode));
	if (!is_directory)
		return err_set(ERR_FORMAT, "member \"directory\" is not true");
	file->kind = MANIFEST_FILE_DIRECTORY;
	file->mode = (unsigned)mode;
	return 0;
}

static int
read_file(struct arena *arena, const json_t *object, struct manifest_file *file)
{
	uint64_t mode = 0;

	TRY(read_path(arena, object, &file->path));
	if (json_object_get(object, "link") != NULL)
		return err_context(read_link(arena, object, file), "%s", file->path);
	if (json_object_get(object, "directory") != NULL)
		return err_context(read_directory(object, file), "%s", file->path);
	TRY(err_context(check_members(object, "path", "mode", "size", "sha256", "config",
				"prefix", NULL),
		"%s", file->path));
	file->kind = MANIFEST_FILE_REGULAR;
	TRY(err_context(json_get_size(object, "mode", 0777, &mode), "%s", file->path));
	file->mode = (unsigned)mode;
	TRY(err_context(json_get_size(object, "size", MANIFEST_OBJECT_MAX, &file->size), "%s",
		file->path));
	TRY(json_get_digest(object, "sha256", &file->sha256));
	TRY(json_get_bool(object, "config", &file->is_config));
	return json_get_bool(object, "prefix", &file->has_prefix);
}

static int
read_libraries(struct arena *arena, const json_t *root, struct manifest *manifest)
{
	json_t *array = NULL;

	TRY(read_array(root, "libraries", &array, &manifest->library_count));
	manifest->libraries =
		arena_array(arena, manifest->library_count + 1, sizeof *manifest->libraries);
	for (size_t i = 0; i < manifest->library_count; i++) {
		TRY(err_context(
			read_library(arena, json_array_get(array, i), &manifest->libraries[i]),
			"libraries, %zu", i));
		if (i > 0 && strcmp(manifest->libraries[i - 1].name,
				     manifest->libraries[i].name) >= 0)
			return err_set(ERR_FORMAT, "libraries are not sorted, or %s is twice",
				manifest->libraries[i].name);
	}
	return 0;
}

static int
read_programs(struct arena *arena, const json_t *root, const char *key, const char *own,
	struct manifest_program **ret_programs, size_t *ret_count)
{
	struct manifest_program *programs;
	json_t *array = NULL;
	size_t count = 0;

	TRY(read_array(root, key, &array, &count));
	programs = arena_array(arena, count + 1, sizeof *programs);
	for (size_t i = 0; i < count; i++) {
		TRY(err_context(
			read_program(arena, json_array_get(array, i), own, &programs[i]),
			"%s, %zu", key, i));
		if (i > 0 && strcmp(programs[i - 1].path, programs[i].path) >= 0)
			return err_set(ERR_FORMAT, "%s are not sorted, or %s is twice", key,
				programs[i].path);
	}
	*ret_programs = programs;
	*ret_count = count;
	return 0;
}

/* Most packages have none, and then no member. */
static int
read_plugins(struct arena *arena, const json_t *root, struct manifest *manifest)
{
	if (json_object_get(root, "plugins") == NULL)
		return 0;
	TRY(read_programs(arena, root, "plugins", "plugin_for", &manifest->plugins,
		&manifest->plugin_count));
	return manifest->plugin_count == 0 ? err_set(ERR_FORMAT, "member \"plugins\" is empty")
					   : 0;
}

static int
read_files(struct arena *arena, const json_t *root, struct manifest *manifest)
{
	json_t *array = NULL;

	TRY(read_array(root, "files", &array, &manifest->file_count));
	manifest->files = arena_array(arena, manifest->file_count + 1, sizeof *manifest->files);
	for (size_t i = 0; i < manifest->file_count; i++) {
		TRY(err_context(read_file(arena, json_array_get(array, i), &manifest->files[i]),
			"files, %zu", i));
		if (i > 0 && strcmp(manifest->files[i - 1].path, manifest->files[i].path) >= 0)
			return err_set(ERR_FORMAT, "files are not sorted, or %s is twice",
				manifest->files[i].path);
	}
	return 0;
}

static int
read_objects(struct arena *arena, const json_t *root, struct manifest *manifest)
{
	json_t *array = NULL;

	TRY(read_array(root, "objects", &array, &manifest->object_count));
	manifest->objects =
		arena_array(arena, manifest->object_count + 1, sizeof *manifest->objects);
	for (size_t i = 0; i < manifest->object_count; i++) {
		const json_t *item = json_array_get(array, i);
		struct manifest_object *object = &manifest->objects[i];

		TRY(err_context(
			check_members(item, "sha256", "size", NULL), "objects, %zu", i));
		TRY(json_get_digest(item, "sha256", &object->sha256));
		TRY(err_context(json_get_size(item, "size", MANIFEST_OBJECT_MAX, &object->size),
			"objects, %zu", i));
		if (i > 0 &&
			memcmp(object[-1].sha256.bytes, object->sha256.bytes, DIGEST_SIZE) >= 0)
			return err_set(ERR_FORMAT, "objects are not sorted, or one is twice");
	}
	return 0;
}

static int
read_source(struct arena *arena, const json_t *root, struct manifest *manifest)
{
	json_t *source = NULL;
	json_t *array = NULL;

	TRY(json_get_object(root, "source", &source));
	TRY(check_members(source, "name", "version", "files", NULL));
	TRY(json_get_text(arena, source, "name", TEXT_MAX, &manifest->source_name));
	TRY(json_get_text(arena, source, "version", TEXT_MAX, &manifest->source_version));
	TRY(read_array(source, "files", &array, &manifest->source_file_count));
	manifest->source_files = arena_array(
		arena, manifest->source_file_count + 1, sizeof *manifest->source_files);
	for (size_t i = 0; i < manifest->source_file_count; i++) {
		const json_t *item = json_array_get(array, i);
		struct manifest_source_file *file = &manifest->source_files[i];

		TRY(err_context(
			check_members(item, "name", "sha256", "size", NULL), "files, %zu", i));
		TRY(json_get_text(arena, item, "name", TEXT_MAX, &file->name));
		TRY(json_get_digest(item, "sha256", &file->sha256));
		TRY(json_get_size(item, "size", MANIFEST_TOTAL_MAX, &file->size));
	}
	return 0;
}

static int
read_check(struct arena *arena, const json_t *root, struct manifest *manifest)
{
	json_t *check = NULL;
	const char *result = NULL;
	unsigned level = 0;

	TRY(json_get_object(root, "check", &check));
	TRY(check_members(check, "level", "result", "summary", NULL));
	TRY(read_word(check, "level", manifest_check_names, &level));
	TRY(json_get_string(check, "result", &result));
	manifest->check_level = (enum manifest_check_level)level;
	manifest->check_passed = strcmp(result, "passed") == 0;
	if (!manifest->check_passed && strcmp(result, "none") != 0)
		return err_set(ERR_FORMAT, "member \"result\" is not \"passed\" or \"none\"");
	if (manifest->check_passed && level == MANIFEST_CHECK_NONE)
		return err_set(ERR_FORMAT, "nothing was checked, yet it passed");
	return json_get_text(arena, check, "summary", TEXT_MAX, &manifest->check_summary);
}

static int
read_head(struct arena *arena, const json_t *root, struct manifest *manifest)
{
	unsigned kind = 0;

	TRY(check_members(root, "?architectures", "?builds_with", "?harden_except", "?plugins",
		"?triggers", "?groups", "?users", "?directories", "?services", "format", "name",
		"version", "release", "summary", "licence", "homepage", "kind", "source",
		"recipe", "producer", "check", "requires", "provides", "conflicts", "replaces",
		"libraries", "programs", "files", "objects", NULL));
	TRY(read_name(arena, root, "name", &manifest->name));
	TRY(json_get_text(arena, root, "version", RELATION_VERSION_MAX, &manifest->version));
	if (!relation_is_version(manifest->version))
		return err_set(ERR_FORMAT,
			"member \"version\": \"%s\" is not a version (letters, digits, + . _ "
			"~)",
			manifest->version);
	TRY(json_get_size(root, "release", RELEASE_MAX, &manifest->release));
	if (manifest->release == 0)
		return err_set(ERR_FORMAT, "member \"release\" is 0");
	TRY(json_get_text(arena, root, "summary", TEXT_MAX, &manifest->summary));
	TRY(json_get_text(arena, root, "licence", TEXT_MAX, &manifest->licence));
	TRY(json_get_text(arena, root, "homepage", TEXT_MAX, &manifest->homepage));
	TRY(read_word(root, "kind", manifest_kind_names, &kind));
	manifest->kind = (enum manifest_kind)kind;
	TRY(read_set(arena, root, "architectures", LIST_NAMES, &manifest->architectures));
	TRY(read_set(arena, root, "builds_with", LIST_RELATIONS, &manifest->builds_with));
	TRY(read_set(arena, root, "harden_except", LIST_REASONS, &manifest->harden_except));
	TRY(json_get_digest(root, "recipe", &manifest->recipe));
	return json_get_text(arena, root, "producer", TEXT_MAX, &manifest->producer);
}

/* An unknown format is told before anything else is looked at. */
static int
check_format(const json_t *root)
{
	int64_t format = 0;

	if (!json_is_object(root))
		return err_set(ERR_FORMAT, "not an object");
	TRY(json_get_integer(root, "format", &format));
	if (format != MANIFEST_FORMAT)
		return err_set(ERR_FORMAT,
			"format %" PRId64 " is not known (a newer weld may read it)", format);
	return 0;
}

static int
check_canonical(const json_t *root, struct str text)
{
	struct strbuf again AUTO(strbuf_free) = { 0 };

	json_write(root, &again);
	if (!str_equal(strbuf_str(&again), text))
		return err_set(ERR_FORMAT, "not canonical JSON");
	return 0;
}

int
manifest_read(struct arena *arena, struct str text, struct manifest **ret_manifest)
{
	struct manifest *manifest = ARENA_NEW(arena, struct manifest);
	json_t *root AUTO(json_release) = NULL;

	if (text.len > MANIFEST_SIZE_MAX)
		return err_set(ERR_LIMIT, "longer than %" PRIu64 " bytes", MANIFEST_SIZE_MAX);
	TRY(json_read(text, &root));
	TRY(check_format(root));
	TRY(check_canonical(root, text));
	TRY(read_head(arena, root, manifest));
	TRY(err_context(read_source(arena, root, manifest), "source"));
	TRY(err_context(read_check(arena, root, manifest), "check"));
	TRY(read_list(arena, root, "requires", LIST_RELATIONS, &manifest->requires));
	TRY(read_list(arena, root, "provides", LIST_RELATIONS, &manifest->provides));
	TRY(read_list(arena, root, "conflicts", LIST_RELATIONS, &manifest->conflicts));
	TRY(read_list(arena, root, "replaces", LIST_RELATIONS, &manifest->replaces));
	TRY(read_libraries(arena, root, manifest));
	TRY(read_programs(arena, root, "programs", "?loads", &manifest->programs,
		&manifest->program_count));
	TRY(read_plugins(arena, root, manifest));
	TRY(declared_read(arena, root, &manifest->declared));
	TRY(read_files(arena, root, manifest));
	TRY(read_objects(arena, root, manifest));
	TRY(manifest_check_whole(arena, manifest));
	*ret_manifest = manifest;
	return 0;
}
