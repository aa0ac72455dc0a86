/* SPDX-License-Identifier: MIT */
/*
 * Every path of a generation, in one sorted list, and the rules for paths:
 * (L1) a path is canonical and stays in the generation; so does a link's target;
 * (L2) no two entries have one path, but directories;
 * (L3) no entry lies below another that is not a directory.
 */
#include "store/generation/tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/vec.h"
#include "store/objects.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define PATH_LENGTH_MAX 1024 /* bytes */
#define NAME_LENGTH_MAX 64 /* bytes */
#define LAYOUT_LETTERS 16 /* hex digits of the layout id in a slot's name */

static const char *const reserved[] = { "manifest.json", "slots", "plugins" };

typedef VEC(struct tree_entry) entries;

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

static int
check_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length > NAME_LENGTH_MAX ||
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789+._-@") != length ||
		strchr("+._-@", name[0]) != NULL)
		return err_set(ERR_FORMAT, "%.80s: not a package name", name);
	return 0;
}

static bool
is_state(const struct generation_file *file)
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

static int
add_file(struct arena *arena, const struct generation_package *package, const char *label,
	const struct generation_file *file, entries *list)
{
	struct tree_entry entry = { .path = file->path, .package = label, .file = file };

	TRY(check_path(label, file->path));
	switch (file->kind) {
	case GENERATION_FILE:
		entry.kind = TREE_OBJECT;
		entry.target = file_target(arena, package, file);
		entry.digest = file->has_prefix ? file->text : file->digest;
		break;
	case GENERATION_LINK:
		entry.kind = TREE_LINK;
		entry.target = file->target;
		if (!is_target(file->path, file->target))
			return err_set(ERR_RANGE, "%s: link %s leaves the installation: %.200s",
				label, file->path, file->target);
		break;
	case GENERATION_DIRECTORY:
		entry.kind = TREE_DIRECTORY;
		break;
	default:
		return err_set(ERR_FORMAT, "%s: %s: unknown kind of file", label, file->path);
	}
	if (is_state(file)) {
		if (file->kind == GENERATION_LINK)
			return err_set(ERR_RANGE, "%s: %s: a link cannot stand below var/",
				label, file->path);
		entry.kind = TREE_STATE;
	}
	vec_push(arena, list, entry);
	return 0;
}

static int
add_package(struct arena *arena, const struct generation_package *package, entries *list)
{
	const char *label = generation_package_label(arena, package);

	TRY(check_name(package->name));
	for (size_t i = 0; i < package->file_count; i++)
		TRY(add_file(arena, package, label, &package->files[i], list));
	return 0;
}

const char *
generation_plugin_path(const struct generation_image *image)
{
	const char *colon = strchr(image->name, ':');

	return colon == NULL ? image->name : colon + 1;
}

/* Under its program's layout; and under its own path, so that what looks for the file finds one. */
static int
add_plugin(struct arena *arena, const struct generation_image *image, struct tree_entry entry,
	entries *list)
{
	const char *path = generation_plugin_path(image);
	char hex[DIGEST_HEX_SIZE];

	TRY(check_path(image->package, path));
	if (is_state(&(struct generation_file){ .path = path }))
		return err_set(ERR_RANGE, "%s: %s: a plug-in cannot stand below var/",
			image->package, path);
	entry.path = arena_printf(arena, "plugins/%.*s/%s", LAYOUT_LETTERS,
		digest_hex(&image->layout_id, hex), path);
	vec_push(arena, list, entry);
	VEC_EACH (struct tree_entry, other, list)
		if (other->is_plugin && strcmp(other->path, path) == 0)
			return 0;
	entry.path = path;
	entry.is_plugin = true;
	vec_push(arena, list, entry);
	return 0;
}

static int
add_image(struct arena *arena, const struct generation_image *image, entries *list)
{
	struct tree_entry entry = {
		.kind = TREE_OBJECT,
		.path = image->name,
		.package = image->package,
		.target = arena_printf(
			arena, "store/%s/%s", image->store_name, image->store_file),
		.digest = image->digest,
	};
	char hex[DIGEST_HEX_SIZE];

	if (!is_path(image->store_file) || strchr(image->store_name, '/') != NULL)
		return err_set(ERR_FORMAT, "%s: not a path in the store", image->store_file);
	if (image->is_plugin)
		return add_plugin(arena, image, entry, list);
	if (image->is_slot) {
		TRY(check_name(image->name));
		entry.path = arena_printf(arena, "slots/%s-%.*s", image->name, LAYOUT_LETTERS,
			digest_hex(&image->layout_id, hex));
	} else {
		TRY(check_path(image->package, image->name));
		if (is_state(&(struct generation_file){ .path = image->name }))
			return err_set(ERR_RANGE, "%s: %s: a program cannot stand below var/",
				image->package, image->name);
	}
	vec_push(arena, list, entry);
	return 0;
}

static int
add_output(struct arena *arena, const struct generation_output *output, entries *list)
{
	struct tree_entry entry = {
		.kind = TREE_OBJECT,
		.path = output->path,
		.package = output->package,
		.target =
			arena_printf(arena, "store/%s/" GENERATION_OUTPUT, output->store_name),
		.digest = output->digest,
	};

	TRY(check_path(output->package, output->path));
	if (strchr(output->store_name, '/') != NULL)
		return err_set(ERR_FORMAT, "%s: not a name of the store", output->store_name);
	if (is_state(&(struct generation_file){ .path = output->path }))
		return err_set(ERR_RANGE, "%s: %s: a trigger makes nothing below var/",
			output->package, output->path);
	vec_push(arena, list, entry);
	return 0;
}

/* By parts, so that what lies below a path follows it at once. */
static int
compare_paths(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	if (*a == '\0' || *b == '\0')
		return (*a != '\0') - (*b != '\0');
	if (*a == '/' || *b == '/')
		return (*b == '/') - (*a == '/');
	return (unsigned char)*a - (unsigned char)*b;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct tree_entry *left = a;
	const struct tree_entry *right = b;
	int order = compare_paths(left->path, right->path);

	return order != 0 ? order : strcmp(left->package, right->package);
}

static bool
is_below(const char *path, const char *parent)
{
	size_t length = strlen(parent);

	return strncmp(path, parent, length) == 0 && path[length] == '/';
}

static bool
is_directory(const struct tree_entry *entry)
{
	return entry->kind == TREE_DIRECTORY ||
	       (entry->kind == TREE_STATE && entry->file->kind == GENERATION_DIRECTORY);
}

static int
check_together(const entries *list)
{
	for (size_t i = 1; i < list->len; i++) {
		const struct tree_entry *before = &list->at[i - 1];
		const struct tree_entry *entry = &list->at[i];

		if (strcmp(before->path, entry->path) == 0 &&
			(!is_directory(before) || !is_directory(entry)))
			return err_set(ERR_EXISTS, "%s and %s both have %s", before->package,
				entry->package, entry->path);
		if (is_below(entry->path, before->path) && !is_directory(before))
			return err_set(ERR_EXISTS,
				"%s has %s, which lies below %s of %s, not a directory",
				entry->package, entry->path, before->path, before->package);
	}
	return 0;
}

int
tree_list(struct arena *arena, const struct generation *generation,
	struct tree_entry **ret_entries, size_t *ret_count)
{
	entries list = { 0 };

	for (size_t i = 0; i < generation->package_count; i++)
		TRY(add_package(arena, &generation->packages[i], &list));
	for (size_t i = 0; i < generation->image_count; i++)
		TRY(add_image(arena, &generation->images[i], &list));
	for (size_t i = 0; i < generation->output_count; i++)
		TRY(add_output(arena, &generation->outputs[i], &list));
	if (list.len > 0)
		qsort(list.at, list.len, sizeof *list.at, compare_entries);
	TRY(check_together(&list));
	*ret_entries = list.at;
	*ret_count = list.len;
	return 0;
}

static int
check_packages(struct arena *arena, const struct generation *generation)
{
	struct generation copy;

	generation_copy(arena, generation, &copy);
	for (size_t i = 1; i < copy.package_count; i++)
		if (strcmp(copy.packages[i - 1].name, copy.packages[i].name) == 0)
			return err_set(ERR_EXISTS, "%s: twice in one generation",
				copy.packages[i].name);
	return 0;
}

int
generation_check(const struct generation *generation)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct tree_entry *list;
	size_t count;

	TRY(check_packages(arena, generation));
	return tree_list(arena, generation, &list, &count);
}

char *
tree_link_target(struct arena *arena, const struct tree_entry *entry)
{
	struct strbuf target AUTO(strbuf_free) = { 0 };

	if (entry->kind == TREE_LINK)
		return arena_string(arena, entry->target);
	for (const char *at = entry->path; *at != '\0'; at++)
		if (*at == '/')
			strbuf_add_string(&target, "../");
	strbuf_add_string(&target, "../../"); /* generations/N */
	if (entry->kind == TREE_STATE)
		strbuf_printf(&target, TREE_CONFIG "/%s", entry->path);
	else
		strbuf_add_string(&target, entry->target);
	return arena_string(arena, strbuf_string(&target));
}
