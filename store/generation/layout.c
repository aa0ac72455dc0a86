/* SPDX-License-Identifier: MIT */
/*
 * Laying out a generation: checked as a whole first, then built under a temporary name, made
 * read-only, synced, and renamed to its number. What has a number is whole.
 */
#include "store/generation/farm.h"
#include "store/generation/files.h"
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

/* Make the texts of a package that have the installation prefix in them. */
static int
make_texts(struct store *store, struct generation_package *package)
{
	/* The files are those of generation_copy(): ours to change. */
	struct generation_file *files = (struct generation_file *)package->files;

	for (size_t i = 0; i < package->file_count; i++)
		if (files[i].has_prefix && files[i].kind == GENERATION_FILE)
			TRY(make_text(store, package, &files[i]));
	return 0;
}

/* Make what packages have in the store for all generations: texts, and the lists of their files. */
static int
make_lists(struct arena *arena, struct store *store, struct generation *generation)
{
	/* The packages are those of generation_copy(), too. */
	struct generation_package *packages = (struct generation_package *)generation->packages;

	for (size_t i = 0; i < generation->package_count; i++) {
		if (packages[i].files == NULL && files_has_list(&packages[i]))
			continue;
		if (packages[i].files == NULL)
			packages[i].files = arena_array(arena, 1, sizeof *packages[i].files);
		TRY(make_texts(store, &packages[i]));
		files_summarize(arena, &packages[i]);
		TRY(files_make_list(store, &packages[i]));
	}
	return 0;
}

static int
check_contents(const struct store *store, const struct tree *tree)
{
	struct stat info;

	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_entry *entry = tree->entries[i];
		bool is_whole = entry->kind == TREE_WHOLE;

		if (entry->kind == TREE_LINK || entry->target == NULL)
			continue;
		/* Whose list is in the store has its whole directories: thousands, that are as they were. */
		if (is_whole && entry->has_row)
			continue;
		if (fstatat(store->dir, entry->target, &info, AT_SYMLINK_NOFOLLOW) < 0)
			return err_errno(
				"%s: %s: %s", entry->package, entry->path, entry->target);
		if (is_whole ? !S_ISDIR(info.st_mode) : !S_ISREG(info.st_mode))
			return err_set(ERR_FORMAT, "%s: %s: %s is not a %s", entry->package,
				entry->path, entry->target, is_whole ? "directory" : "file");
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

	if (entry->kind == TREE_STATE && !tree_is_config(entry))
		return 0; /* below var/ */
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
lay_out(struct store *store, struct layout *layout, const struct tree_made *made)
{
	for (size_t i = 0; i < made->tree.count; i++)
		TRY(lay_entry(layout, made->tree.entries[i]));
	TRY(file_make_link(layout->dir, "var", VAR_TARGET));
	TRY(file_create(layout->dir, "manifest.json", made->manifest.text.at,
		made->manifest.text.len, 0444));
	return seal(store, layout);
}

static int
build(struct store *store, const struct tree_made *made, const char *staging)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int dir AUTO(file_close) = -1;
	int parent AUTO(file_close) = -1;
	struct layout layout = { .arena = arena, .parent = -1 };
	const char *name = arena_printf(arena, "%" PRIu64, made->generation.number);

	if (mkdirat(store->generations_dir, staging, 0755) < 0)
		return err_errno("create directory");
	TRY(file_open_dir(store->generations_dir, staging, &dir));
	layout.dir = dir;
	if (file_open_dir(store->dir, "current", &parent) >= 0)
		layout.parent = parent;
	TRY(lay_out(store, &layout, made));
	TRY(pending_name(store));
	/* From here on all that the tree leads to is whole and synced. */
	TRY(check_contents(store, &made->tree));
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

/* Describe the generation whole: what it is made of, its tree, and its manifest. */
static int
describe(struct arena *arena, struct store *store, const struct generation *generation,
	struct tree_made *made)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	generation_copy(arena, generation, &made->generation);
	TRY(make_lists(arena, store, &made->generation));
	TRY(tree_find_base(arena, store, made));
	TRY(farm_make(arena, store, &made->generation, made->base, &made->tree));
	TRY(next_number(arena, store, &made->generation.number));
	TRY(store_current(store, &made->generation.parent));
	if (made->generation.time == 0)
		made->generation.time = store_now(store);
	generation_write_manifest(&made->generation, &text);
	made->manifest.digest = hash_bytes(text.at, text.len);
	made->manifest.text.at = arena_copy(arena, text.at, text.len);
	made->manifest.text.len = text.len;
	return 0;
}

static int
create(struct store *store, const struct generation *generation, struct tree_made *made)
{
	const char *staging = store_new_name(made->arena);
	int ret;

	TRY(describe(made->arena, store, generation, made));
	ret = build(store, made, staging);
	if (ret >= 0)
		return 0;
	ret = err_context(ret, "generation %" PRIu64, made->generation.number);
	/* What cannot be removed now is removed under the next lock. */
	generation_drop_staging(store, staging);
	return ret;
}

void
tree_forget_made(struct store *store)
{
	struct arena *arena = store->made == NULL ? NULL : store->made->arena;

	store->made = NULL;
	arena_free(&arena);
}

int
generation_create(
	struct store *store, const struct generation *generation, uint64_t *ret_number)
{
	struct arena *arena;
	int ret;

	TRY(store_need_lock(store));
	tree_forget_made(store);
	arena = arena_new();
	store->made = ARENA_NEW(arena, struct tree_made);
	*store->made = (struct tree_made){ .arena = arena };
	ret = create(store, generation, store->made);
	if (ret < 0)
		tree_forget_made(store);
	else
		*ret_number = store->made->generation.number;
	return ret;
}
