/* SPDX-License-Identifier: MIT */
/*
 * What stands at the paths of a generation, and the rules for a path by itself:
 * (L1) it is canonical and stays in the generation; so does a link's target.
 * How paths fit together is farm.c's business.
 */
#include "store/generation/farm.h"
#include "store/generation/files.h"
#include "store/generation/fold.h"
#include "store/generation/tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "store/objects.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LENGTH_MAX 1024 /* bytes */
#define NAME_LENGTH_MAX 64 /* bytes */
#define LAYOUT_LETTERS 16 /* hex digits of the layout id in a slot's name */

static const char *const reserved[] = { "manifest.json", "slots", "plugins" };

static int
compare_name(const void *name, const void *package)
{
	return strcmp(name, ((const struct generation_package *)package)->name);
}

const struct generation_package *
generation_find_package(const struct generation *generation, const char *name)
{
	if (generation->package_count == 0)
		return NULL;
	return bsearch(name, generation->packages, generation->package_count,
		sizeof *generation->packages, compare_name);
}

char *
generation_package_label(struct arena *arena, const struct generation_package *package)
{
	return arena_printf(
		arena, "%s-%s-%" PRIu64, package->name, package->version, package->release);
}

static bool
is_path(const char *path)
{
	size_t length = strlen(path);
	struct str rest = { .at = path, .len = length };
	struct str part;

	if (length == 0 || length > PATH_LENGTH_MAX || path[length - 1] == '/')
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)path[i] < ' ' || path[i] == 0x7f)
			return false;
	while (str_cut(&rest, '/', &part))
		if (part.len == 0 || part.len > 255 || str_is(part, ".") || str_is(part, ".."))
			return false;
	return true;
}

/* Whether a link's target, followed from the link's directory, stays in the generation. */
static bool
is_target(const char *path, const char *target)
{
	long depth = 0;
	struct str rest = str_from(target);
	struct str part;

	if (*target == '\0' || *target == '/' || strlen(target) > PATH_LENGTH_MAX)
		return false;
	for (const char *at = path; *at != '\0'; at++)
		depth += *at == '/';
	while (str_cut(&rest, '/', &part)) {
		if (str_is(part, ".."))
			depth--;
		else if (part.len > 0 && !str_is(part, "."))
			depth++;
		if (depth < 0)
			return false;
	}
	return true;
}

static int
check_path(const char *package, const char *path)
{
	struct str rest = str_from(path);
	struct str first;

	if (!is_path(path))
		return err_set(ERR_RANGE,
			"%s: path '%.200s' is not plain and inside the installation", package,
			path);
	str_cut(&rest, '/', &first);
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (str_is(first, reserved[i]))
			return err_set(ERR_RANGE, "%s: path '%s' is reserved", package, path);
	return 0;
}

int
tree_check_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > NAME_LENGTH_MAX ||
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+._-@") != length ||
		strchr("+._-@", name[0]) != NULL)
		return err_set(ERR_FORMAT, "%.80s: not a package name", name);
	return 0;
}

bool
tree_is_state(const struct generation_file *file)
{
	return str_has_prefix(file->path, "var/") || strcmp(file->path, "var") == 0 ||
	       (file->is_config && file->kind == GENERATION_FILE);
}

static const char *
file_target(struct arena *arena, const struct generation_package *package,
	const struct generation_file *file)
{
	char hex[DIGEST_HEX_SIZE];

	if (file->has_prefix)
		return arena_printf(arena, "store/%s/text",
			objects_name(
				arena, &file->text, generation_package_label(arena, package)));
	return arena_printf(arena, "store/%s/objects/%s", package->store_name,
		digest_hex(&file->digest, hex));
}

/* No path twice, and none below what is not a directory; they are sorted. */
static int
check_together(const char *label, const struct generation_file *files, size_t count, size_t i)
{
	size_t from;
	size_t to;

	if (i > 0 && strcmp(files[i - 1].path, files[i].path) == 0)
		return err_set(
			ERR_EXISTS, "%s and %s both have %s", label, label, files[i].path);
	if (files[i].kind == GENERATION_DIRECTORY)
		return 0;
	fold_range(files, count, files[i].path, &from, &to);
	if (from == to)
		return 0;
	return err_set(ERR_EXISTS, "%s has %s, which lies below %s of %s, not a directory",
		label, files[from].path, files[i].path, label);
}

static int
check_file(const char *label, const struct generation_file *file)
{
	TRY(check_path(label, file->path));
	if (file->kind > GENERATION_DIRECTORY)
		return err_set(ERR_FORMAT, "%s: %s: unknown kind of file", label, file->path);
	if (file->kind != GENERATION_LINK)
		return 0;
	if (!is_target(file->path, file->target))
		return err_set(ERR_RANGE, "%s: link %s leaves the installation: %.200s", label,
			file->path, file->target);
	if (tree_is_state(file))
		return err_set(
			ERR_RANGE, "%s: %s: a link cannot stand below var/", label, file->path);
	return 0;
}

int
tree_check_files(const struct generation_package *package)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *label = generation_package_label(arena, package);

	TRY(tree_check_name(package->name));
	for (size_t i = 0; i < package->file_count; i++) {
		TRY(check_file(label, &package->files[i]));
		TRY(check_together(label, package->files, package->file_count, i));
	}
	return 0;
}

void
tree_describe_file(struct arena *arena, const struct generation_package *package,
	const char *label, const struct generation_file *file, struct tree_entry *ret_entry)
{
	static const enum tree_kind kinds[] = {
		[GENERATION_FILE] = TREE_OBJECT,
		[GENERATION_LINK] = TREE_LINK,
		[GENERATION_DIRECTORY] = TREE_DIRECTORY,
	};
	struct tree_entry entry = { .kind = kinds[file->kind],
		.path = file->path,
		.package = label,
		.file_kind = file->kind,
		.mode = file->mode };

	if (file->kind == GENERATION_LINK)
		entry.target = file->target;
	if (file->kind == GENERATION_FILE) {
		entry.target = file_target(arena, package, file);
		entry.digest = file->has_prefix ? file->text : file->digest;
	}
	if (tree_is_state(file))
		entry.kind = TREE_STATE;
	*ret_entry = entry;
}

void
tree_describe_whole(struct arena *arena, const struct generation_package *package,
	const char *label, const char *directory, struct tree_entry *ret_entry)
{
	*ret_entry = (struct tree_entry){
		.kind = TREE_WHOLE,
		.path = directory,
		.package = label,
		.target = arena_printf(arena, "store/%s/" FILES_TREE "/%s",
			files_store_name(arena, package), directory),
	};
}

const char *
generation_plugin_path(const struct generation_image *image)
{
	const char *colon = strchr(image->name, ':');

	return colon == NULL ? image->name : colon + 1;
}

/* A plug-in stands under its program's layout; its own path is for the caller to give out. */
static int
describe_plugin(
	struct arena *arena, const struct generation_image *image, struct tree_entry *entry)
{
	const char *path = generation_plugin_path(image);
	char hex[DIGEST_HEX_SIZE];

	TRY(check_path(image->package, path));
	if (tree_is_state(&(struct generation_file){ .path = path }))
		return err_set(ERR_RANGE, "%s: %s: a plug-in cannot stand below var/",
			image->package, path);
	entry->path = arena_printf(arena, "plugins/%.*s/%s", LAYOUT_LETTERS,
		digest_hex(&image->layout_id, hex), path);
	return 0;
}

int
tree_describe_image(
	struct arena *arena, const struct generation_image *image, struct tree_entry *ret_entry)
{
	struct tree_entry entry = {
		.kind = TREE_OBJECT,
		.path = image->name,
		.package = image->package,
		.target = arena_printf(
			arena, "store/%s/%s", image->store_name, image->store_file),
		.digest = image->digest,
		.is_made = true,
	};
	char hex[DIGEST_HEX_SIZE];

	if (!is_path(image->store_file) || strchr(image->store_name, '/') != NULL)
		return err_set(ERR_FORMAT, "%s: not a path in the store", image->store_file);
	if (image->is_plugin) {
		TRY(describe_plugin(arena, image, &entry));
	} else if (image->is_slot) {
		TRY(tree_check_name(image->name));
		entry.path = arena_printf(arena, "slots/%s-%.*s", image->name, LAYOUT_LETTERS,
			digest_hex(&image->layout_id, hex));
	} else {
		TRY(check_path(image->package, image->name));
		if (tree_is_state(&(struct generation_file){ .path = image->name }))
			return err_set(ERR_RANGE, "%s: %s: a program cannot stand below var/",
				image->package, image->name);
	}
	*ret_entry = entry;
	return 0;
}

int
tree_describe_output(struct arena *arena, const struct generation_output *output,
	struct tree_entry *ret_entry)
{
	TRY(check_path(output->package, output->path));
	if (strchr(output->store_name, '/') != NULL)
		return err_set(ERR_FORMAT, "%s: not a name of the store", output->store_name);
	if (tree_is_state(&(struct generation_file){ .path = output->path }))
		return err_set(ERR_RANGE, "%s: %s: nothing is made below var/", output->package,
			output->path);
	*ret_entry = (struct tree_entry){
		.kind = TREE_OBJECT,
		.path = output->path,
		.package = output->package,
		.target =
			arena_printf(arena, "store/%s/" GENERATION_OUTPUT, output->store_name),
		.digest = output->digest,
		.is_made = true,
	};
	return 0;
}

static void
add_ups(struct strbuf *target, const char *path)
{
	for (const char *at = path; *at != '\0'; at++)
		if (*at == '/')
			strbuf_add_string(target, "../");
}

char *
tree_link_target(struct arena *arena, const struct tree_entry *entry)
{
	struct strbuf target AUTO(strbuf_free) = { 0 };

	if (entry->kind == TREE_LINK)
		return arena_string(arena, entry->target);
	add_ups(&target, entry->path);
	strbuf_add_string(&target, "../../"); /* generations/N */
	if (entry->kind == TREE_STATE)
		strbuf_printf(&target, TREE_CONFIG "/%s", entry->path);
	else
		strbuf_add_string(&target, entry->target);
	return arena_string(arena, strbuf_string(&target));
}

char *
files_link_target(struct arena *arena, const struct tree_entry *entry)
{
	struct strbuf target AUTO(strbuf_free) = { 0 };

	if (entry->kind == TREE_LINK)
		return arena_string(arena, entry->target);
	add_ups(&target, entry->path);
	strbuf_printf(&target, "../../../%s", entry->target); /* store/LIST/tree */
	return arena_string(arena, strbuf_string(&target));
}

int
generation_check(const struct generation *generation)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct generation copy;
	struct tree tree;

	generation_copy(arena, generation, &copy);
	for (size_t i = 0; i < copy.package_count; i++)
		TRY(tree_check_files(&copy.packages[i]));
	return farm_make(arena, NULL, &copy, NULL, &tree);
}
