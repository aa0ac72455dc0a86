/* SPDX-License-Identifier: MIT */
/*
 * Laying out a generation: checked as a whole first, then built under a temporary name, made
 * read-only, synced, and renamed to its number. What has a number is whole.
 */
#include "store/generation/tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prefix.h"
#include "base/vec.h"
#include "store/database/database.h"
#include "store/objects.h"
#include "store/objects/pending.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_SIZE_MAX ((size_t)256 << 20) /* bytes, of a file with the prefix in it */
#define VAR_TARGET "../../state/var"

struct layout { /* a tree being built */
	struct arena *arena;
	int dir;
	int parent; /* the parent generation's directory; -1: none */
	const char *last_parent; /* the directory that the last entry stands in */
	VEC(const char *) directories; /* all that were made, parents first */
};

static int
add_text(struct store *store, const char *name, struct str text, bool is_executable)
{
	struct objects_new *new AUTO(objects_abandon) = NULL;

	if (objects_has(store, name))
		return 0;
	TRY(objects_begin(store, name, &new));
	TRY(objects_add_bytes(new, "text", text.at, text.len, is_executable));
	return objects_finish(&new);
}

static int
make_text(struct store *store, const struct generation_package *package,
	struct generation_file *file)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf filled AUTO(strbuf_free) = { 0 };
	const char *label = generation_package_label(arena, package);
	char hex[DIGEST_HEX_SIZE];
	struct str text;

	TRY(err_context(file_read(arena, store->objects_dir,
				arena_printf(arena, "%s/objects/%s",
					pending_place(store, package->store_name),
					digest_hex(&file->digest, hex)),
				TEXT_SIZE_MAX, &text),
		"%s: %s", label, file->path));
	prefix_fill_in(text, arena_printf(arena, "%s/current", store->standing), &filled);
	file->text = hash_bytes(filled.at, filled.len);
	return err_context(add_text(store, objects_name(arena, &file->text, label),
				   strbuf_str(&filled), (file->mode & 0111) != 0),
		"%s: %s", label, file->path);
}

int
tree_make_texts(struct store *store, struct generation *generation)
{
	for (size_t i = 0; i < generation->package_count; i++) {
		const struct generation_package *package = &generation->packages[i];
		struct generation_file *files = (struct generation_file *)package->files;

		/* The files are those of generation_copy(): ours to change. */
		for (size_t j = 0; j < package->file_count; j++)
			if (files[j].has_prefix && files[j].kind == GENERATION_FILE)
				TRY(make_text(store, package, &files[j]));
	}
	return 0;
}

static int
check_contents(const struct store *store, const struct tree_entry *entries, size_t count)
{
	struct stat info;

	for (size_t i = 0; i < count; i++) {
		if (entries[i].kind == TREE_LINK || entries[i].target == NULL)
			continue;
		if (fstatat(store->dir, entries[i].target, &info, AT_SYMLINK_NOFOLLOW) < 0)
			return err_errno("%s: %s: %s", entries[i].package, entries[i].path,
				entries[i].target);
		if (!S_ISREG(info.st_mode))
			return err_set(ERR_FORMAT, "%s: %s: %s is not a file",
				entries[i].package, entries[i].path, entries[i].target);
	}
	return 0;
}

/* Make a directory and its parents, and remember those that are new. */
static int
make_directory(struct layout *layout, const char *path)
{
	const char *slash = path;

	if (layout->last_parent != NULL && strcmp(layout->last_parent, path) == 0)
		return 0;
	layout->last_parent = path;
	while (slash != NULL) {
		const char *part;

		slash = strchr(slash, '/');
		part = slash == NULL ? path
				     : str_copy(layout->arena,
					       (struct str){ .at = path,
						       .len = (size_t)(slash - path) });
		if (slash != NULL)
			slash++;
		if (mkdirat(layout->dir, part, 0755) == 0)
			vec_push(layout->arena, &layout->directories, part);
		else if (errno != EEXIST)
			return err_errno("%s: create directory", part);
	}
	return 0;
}

/* A link takes a block of the disk: the parent generation's is used again if it is the same. */
static int
make_link(struct layout *layout, const char *path, const char *target)
{
	char *old;

	if (layout->parent >= 0 &&
		file_read_link(layout->arena, layout->parent, path, &old) >= 0 &&
		strcmp(old, target) == 0 &&
		file_make_name(layout->parent, path, layout->dir, path) >= 0)
		return 0;
	return file_make_link(layout->dir, path, target);
}

static int
lay_entry(struct layout *layout, const struct tree_entry *entry)
{
	const char *slash = strrchr(entry->path, '/');

	if (entry->kind == TREE_STATE && !entry->file->is_config)
		return 0; /* below var/ */
	if (str_has_prefix(entry->path, "var/"))
		return 0;
	if (entry->kind == TREE_DIRECTORY)
		return make_directory(layout, entry->path);
	if (slash != NULL)
		TRY(make_directory(
			layout, str_copy(layout->arena,
					(struct str){ .at = entry->path,
						.len = (size_t)(slash - entry->path) })));
	return make_link(layout, entry->path, tree_link_target(layout->arena, entry));
}

/* Make the tree read-only, and sync it together with the images and texts that have no name yet. */
static int
seal(struct store *store, struct layout *layout)
{
	bool is_large = layout->directories.len + pending_count(store) > PENDING_SYNC_SINGLY;

	for (size_t i = layout->directories.len; i > 0; i--) {
		int fd AUTO(file_close) = -1;

		TRY(file_open_dir(layout->dir, layout->directories.at[i - 1], &fd));
		if (fchmod(fd, 0555) < 0)
			return err_errno("%s: set mode", layout->directories.at[i - 1]);
		if (!is_large)
			TRY(file_sync_dir(fd));
	}
	if (fchmod(layout->dir, 0555) < 0)
		return err_errno("set mode");
	if (is_large)
		return file_sync_all(layout->dir);
	TRY(pending_sync(store));
	return file_sync_dir(layout->dir);
}

static int
lay_out(struct store *store, struct layout *layout, const struct generation *generation,
	const struct tree_entry *entries, size_t count)
{
	struct strbuf manifest AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < count; i++)
		TRY(lay_entry(layout, &entries[i]));
	TRY(file_make_link(layout->dir, "var", VAR_TARGET));
	generation_write_manifest(generation, &manifest);
	TRY(file_create(layout->dir, "manifest.json", manifest.at, manifest.len, 0444));
	return seal(store, layout);
}

static int
build(struct store *store, const struct generation *generation,
	const struct tree_entry *entries, size_t count, const char *staging)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int dir AUTO(file_close) = -1;
	int parent AUTO(file_close) = -1;
	struct layout layout = { .arena = arena, .parent = -1 };
	const char *name = arena_printf(arena, "%" PRIu64, generation->number);

	if (mkdirat(store->generations_dir, staging, 0755) < 0)
		return err_errno("create directory");
	TRY(file_open_dir(store->generations_dir, staging, &dir));
	layout.dir = dir;
	if (file_open_dir(store->dir, "current", &parent) >= 0)
		layout.parent = parent;
	TRY(lay_out(store, &layout, generation, entries, count));
	TRY(pending_name(store));
	/* From here on all that the tree leads to is whole and synced. */
	TRY(check_contents(store, entries, count));
	TRY(file_rename(store->generations_dir, staging, store->generations_dir, name));
	return file_sync_dir(store->generations_dir);
}

/* The number behind the last one that was ever given, also to what was not activated. */
static int
next_number(struct arena *arena, const struct store *store, uint64_t *ret_number)
{
	uint64_t *numbers;
	size_t count;
	uint64_t last;

	TRY(database_last_number(store, &last));
	TRY(generation_list_numbers(arena, store, &numbers, &count));
	if (count > 0 && numbers[count - 1] > last)
		last = numbers[count - 1];
	*ret_number = last + 1;
	return 0;
}

int
generation_create(
	struct store *store, const struct generation *generation, uint64_t *ret_number)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct generation copy;
	struct tree_entry *entries;
	size_t count;
	const char *staging = store_new_name(arena);
	int ret;

	TRY(store_need_lock(store));
	TRY(generation_check(generation));
	generation_copy(arena, generation, &copy);
	TRY(tree_make_texts(store, &copy));
	TRY(tree_list(arena, &copy, &entries, &count));
	TRY(next_number(arena, store, &copy.number));
	TRY(store_current(store, &copy.parent));
	if (copy.time == 0)
		copy.time = store_now(store);
	ret = build(store, &copy, entries, count, staging);
	if (ret < 0) {
		ret = err_context(ret, "generation %" PRIu64, copy.number);
		/* What cannot be removed now is removed under the next lock. */
		generation_drop_staging(store, staging);
		return ret;
	}
	*ret_number = copy.number;
	return 0;
}
