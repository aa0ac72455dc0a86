/* SPDX-License-Identifier: MIT */
/*
 * The list of a package's files. It is written when the first generation has the package, and what it says is
 * believed only when it has the digest that a generation's manifest says.
 */
#include "store/generation/files.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "store/generation/fold.h"
#include "store/generation/tree.h"
#include "store/objects.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FORMAT 1
#define LIST_SIZE_MAX ((size_t)256 << 20) /* bytes */

static const struct digest no_list = { 0 };

static const char *const kind_names[] = {
	[GENERATION_FILE] = "file",
	[GENERATION_LINK] = "link",
	[GENERATION_DIRECTORY] = "directory",
};

char *
files_store_name(struct arena *arena, const struct generation_package *package)
{
	return objects_name(arena, &package->list, generation_package_label(arena, package));
}

bool
files_has_list(const struct generation_package *package)
{
	return !digest_equal(&package->list, &no_list);
}

static json_t *
write_file(const struct generation_file *file)
{
	json_t *object = json_object();

	json_object_set_new(object, "kind", json_string(kind_names[file->kind]));
	json_object_set_new(object, "path", json_string(file->path));
	if (file->kind == GENERATION_LINK) {
		json_object_set_new(object, "target", json_string(file->target));
		return object;
	}
	json_object_set_new(object, "mode", json_integer((json_int_t)file->mode));
	if (file->kind == GENERATION_DIRECTORY)
		return object;
	json_object_set_new(object, "size", json_integer((json_int_t)file->size));
	json_object_set_new(object, "digest", json_from_digest(&file->digest));
	if (file->is_config)
		json_object_set_new(object, "is_config", json_true());
	if (file->has_prefix)
		json_object_set_new(object, "text", json_from_digest(&file->text));
	return object;
}

void
files_write(const struct generation_file *files, size_t count, struct strbuf *ret_text)
{
	json_t *object AUTO(json_release) = json_object();
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, write_file(&files[i]));
	json_object_set_new(object, "format", json_integer(FORMAT));
	json_object_set_new(object, "files", array);
	json_write(object, ret_text);
}

static int
get_text(struct arena *arena, const json_t *object, const char *key, const char **ret_text)
{
	const char *text;

	TRY(json_get_string(object, key, &text));
	*ret_text = arena_string(arena, text);
	return 0;
}

static int
read_contents(const json_t *object, struct generation_file *file)
{
	TRY(json_get_size(object, "size", INT64_MAX, &file->size));
	TRY(json_get_digest(object, "digest", &file->digest));
	file->is_config = json_is_true(json_object_get(object, "is_config"));
	file->has_prefix = json_object_get(object, "text") != NULL;
	return file->has_prefix ? json_get_digest(object, "text", &file->text) : 0;
}

static int
read_file(struct arena *arena, const json_t *object, struct generation_file *file)
{
	const char *kind;
	uint64_t mode = 0;
	size_t i = 0;

	TRY(get_text(arena, object, "path", &file->path));
	TRY(json_get_string(object, "kind", &kind));
	while (i < sizeof kind_names / sizeof kind_names[0] && strcmp(kind_names[i], kind) != 0)
		i++;
	if (i == sizeof kind_names / sizeof kind_names[0])
		return err_set(ERR_FORMAT, "%s: unknown kind '%.40s'", file->path, kind);
	file->kind = (enum generation_file_kind)i;
	if (file->kind == GENERATION_LINK)
		return get_text(arena, object, "target", &file->target);
	TRY(err_context(json_get_size(object, "mode", 0777, &mode), "%s", file->path));
	file->mode = (mode_t)mode;
	if (file->kind == GENERATION_DIRECTORY)
		return 0;
	return err_context(read_contents(object, file), "%s", file->path);
}

int
files_from_json(struct arena *arena, const json_t *array, struct generation_file **ret_files,
	size_t *ret_count)
{
	size_t count = json_array_size(array);
	struct generation_file *files = arena_array(arena, count + 1, sizeof *files);

	for (size_t i = 0; i < count; i++)
		TRY(read_file(arena, json_array_get(array, i), &files[i]));
	*ret_files = files;
	*ret_count = count;
	return 0;
}

int
files_read(struct arena *arena, struct str text, struct generation_file **ret_files,
	size_t *ret_count)
{
	json_t *object AUTO(json_release) = NULL;
	struct generation_file *files;
	json_t *array;
	int64_t format;
	size_t count;

	TRY(json_read(text, &object));
	TRY(json_get_integer(object, "format", &format));
	if (format != FORMAT)
		return err_set(ERR_FORMAT, "made by a newer weld (upgrade this one)");
	TRY(json_get_array(object, "files", &array));
	TRY(files_from_json(arena, array, &files, &count));
	for (size_t i = 1; i < count; i++)
		if (strcmp(files[i - 1].path, files[i].path) >= 0)
			return err_set(ERR_FORMAT, "files are not sorted, or not unique");
	*ret_files = files;
	*ret_count = count;
	return 0;
}

static int
read_list(struct arena *arena, const struct store *store,
	const struct generation_package *package, const char *path,
	struct generation_file **ret_files, size_t *ret_count)
{
	struct str text;
	struct digest digest;

	TRY(file_read(arena, store->dir, path, LIST_SIZE_MAX, &text));
	digest = hash_bytes(text.at, text.len);
	if (!digest_equal(&digest, &package->list))
		return err_set(ERR_DIGEST, "changed on disk (run 'weld repair')");
	return files_read(arena, text, ret_files, ret_count);
}

int
generation_files(struct arena *arena, const struct store *store,
	const struct generation_package *package, const struct generation_file **ret_files,
	size_t *ret_count)
{
	struct generation_file *files;
	const char *path;

	if (package->files != NULL || !files_has_list(package)) {
		*ret_files = package->files;
		*ret_count = package->file_count;
		return 0;
	}
	path = arena_printf(arena, "store/%s/" FILES_NAME, files_store_name(arena, package));
	TRY(err_context(read_list(arena, store, package, path, &files, ret_count), "%s/%s",
		store->root, path));
	*ret_files = files;
	return 0;
}

bool
generation_has_list(const struct store *store, const struct generation_package *package)
{
	char hex[DIGEST_HEX_SIZE];
	char name[256];

	/* Asked of thousands of packages: without an arena. */
	digest_hex(&package->list, hex);
	snprintf(name, sizeof name, "%.32s-%s-%s-%" PRIu64, hex, package->name,
		package->version, package->release);
	return files_has_list(package) && objects_has(store, name);
}

struct linking { /* the links of a list's tree */
	struct arena *arena;
	struct objects_new *new;
	const struct generation_package *package;
	const char *label;
};

/* What the tree of a list has at the path of a file. */
static int
add_link(const struct linking *linking, const struct generation_file *file)
{
	const char *path = arena_printf(linking->arena, FILES_TREE "/%s", file->path);
	struct tree_entry entry;

	if (file->kind == GENERATION_DIRECTORY)
		return objects_add_directory(linking->new, path);
	tree_describe_file(linking->arena, linking->package, linking->label, file, &entry);
	return objects_add_link(linking->new, path, files_link_target(linking->arena, &entry));
}

static int
link_part(void *data, const struct fold_part *part)
{
	const struct linking *linking = data;

	for (size_t i = part->from; part->directory != NULL && i < part->to; i++)
		TRY(add_link(linking, &linking->package->files[i]));
	return 0;
}

static int
fill(struct store *store, const struct generation_package *package, struct str text)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct objects_new *new AUTO(objects_abandon) = NULL;
	struct linking linking = { .arena = arena, .package = package };

	TRY(objects_begin(store, files_store_name(arena, package), &new));
	TRY(objects_add_bytes(new, FILES_NAME, text.at, text.len, false));
	linking.new = new;
	linking.label = generation_package_label(arena, package);
	TRY(fold_parts(arena, package->files, package->file_count, "", link_part, &linking));
	return objects_finish(&new);
}

void
files_summarize(struct arena *arena, struct generation_package *package)
{
	struct digest *texts = arena_array(arena, package->file_count + 1, sizeof *texts);

	package->files_size = 0;
	package->text_count = 0;
	package->texts = texts;
	for (size_t i = 0; i < package->file_count; i++) {
		const struct generation_file *file = &package->files[i];

		package->files_size += file->size;
		if (file->has_prefix && file->kind == GENERATION_FILE)
			texts[package->text_count++] = file->text;
	}
}

int
files_make_list(struct store *store, struct generation_package *package)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	TRY(tree_check_files(package));
	files_write(package->files, package->file_count, &text);
	package->list = hash_bytes(text.at, text.len);
	if (generation_has_list(store, package))
		return 0;
	return fill(store, package, strbuf_str(&text));
}
