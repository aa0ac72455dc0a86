/* SPDX-License-Identifier: MIT */
/*
 * What belongs to the user. A config file is copied to ROOT/state/config once; the
 * generation only links to the copy. The version that the copy derives from is kept in
 * ROOT/state/base, so that what a person changed can be told from what the package changed,
 * also when the generation that brought it is long gone.
 *
 * What packages have below var/ stands in ROOT/state/var, where services may own directories:
 * nothing there is reached through a link that one of them can have put.
 *
 * (I1) The base is written before a first copy, and after a copy that changes: killed between,
 *      the next time makes the same of it.
 */
#include "store/generation/tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "store/config.h"
#include "store/generation/merge.h"
#include "store/query.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_SIZE_MAX ((size_t)256 << 20) /* bytes, of one file */
#define NEW_SUFFIX ".weld-new"
#define OLD_SUFFIX ".weld-old"
#define MERGE_SUFFIX ".weld-merge"

/* A config file's places, relative to the root. */
struct places {
	const char *yours;
	const char *theirs; /* in the store */
	const char *base;
	mode_t mode;
};

bool
tree_is_config(const struct tree_entry *entry)
{
	return entry->kind == TREE_STATE && entry->file_kind == GENERATION_FILE &&
	       !str_has_prefix(entry->path, "var/");
}

static struct places
places_of(struct arena *arena, const struct tree_entry *entry)
{
	return (struct places){
		.yours = arena_printf(arena, TREE_CONFIG "/%s", entry->path),
		.theirs = entry->target,
		.base = arena_printf(arena, TREE_BASE "/%s", entry->path),
		.mode = entry->mode | 0200,
	};
}

static int
put_text(struct store *store, const char *path, struct str text, mode_t mode)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *slash = strrchr(path, '/');

	TRY(file_make_dirs(store->dir,
		str_copy(arena, (struct str){ .at = path, .len = (size_t)(slash - path) }),
		0755));
	return file_replace(store->dir, path, text.at, text.len, mode);
}

static int
copy_to(struct store *store, const char *from, const char *path, mode_t mode)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str contents;

	TRY(file_read(arena, store->dir, from, STATE_SIZE_MAX, &contents));
	return put_text(store, path, contents, mode);
}

static int
fill_config(struct store *store, const struct tree_entry *entry)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const struct places places = places_of(arena, entry);

	if (file_exists(store->dir, places.yours))
		return 0;
	TRY(copy_to(store, places.theirs, places.base, places.mode));
	return copy_to(store, places.theirs, places.yours, places.mode);
}

/* A directory of ROOT/state/var, with its mode when it is new. */
static int
fill_directory(int parent, const char *name, mode_t mode)
{
	int dir AUTO(file_close) = -1;

	TRY(file_make_dirs_beneath(parent, name, 0755, &dir));
	if (fchmod(dir, mode) < 0)
		return err_errno("%s: set mode", name);
	return file_sync_dir(dir);
}

static int
fill_var(struct store *store, const struct tree_entry *entry)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *path = arena_printf(arena, "state/%s", entry->path);
	char *slash = strrchr(path, '/');
	int parent AUTO(file_close) = -1;
	struct str contents;

	*slash = '\0';
	TRY(file_make_dirs_beneath(store->dir, path, 0755, &parent));
	if (file_exists(parent, slash + 1))
		return 0;
	if (entry->file_kind != GENERATION_FILE)
		return fill_directory(parent, slash + 1, entry->mode);
	TRY(file_read(arena, store->dir, entry->target, STATE_SIZE_MAX, &contents));
	return file_replace(parent, slash + 1, contents.at, contents.len, entry->mode | 0200);
}

int
tree_fill_state(struct store *store, const struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_entry *entry = tree->entries[i];

		if (entry->kind == TREE_STATE)
			TRY(err_context(tree_is_config(entry) ? fill_config(store, entry)
							      : fill_var(store, entry),
				"%s", entry->package));
	}
	return 0;
}

/* Whether a package has these contents for the path of a config file. */
static int
has_contents(struct arena *arena, const struct store *store,
	const struct generation_package *package, const char *path, const struct digest *digest,
	bool *ret_has)
{
	const struct generation_file *files;
	size_t count;

	TRY(generation_files(arena, store, package, &files, &count));
	for (size_t i = 0; i < count; i++)
		if (files[i].is_config && strcmp(files[i].path, path) == 0 &&
			digest_equal(files[i].has_prefix ? &files[i].text : &files[i].digest,
				digest))
			*ret_has = true;
	return 0;
}

/* Whether a generation brought these contents for the path. */
static int
brought(const struct store *store, uint64_t number, const char *path,
	const struct digest *digest, bool *ret_brought)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct query_owner *owners;
	struct generation generation;
	size_t count;

	TRY(query_owners(arena, store, number, path, &owners, &count));
	if (count == 0)
		return 0;
	TRY(generation_read(arena, store, number, &generation));
	for (size_t i = 0; i < count; i++) {
		const struct generation_package *package =
			generation_find_package(&generation, owners[i].package);

		if (package != NULL)
			TRY(has_contents(arena, store, package, path, digest, ret_brought));
	}
	return 0;
}

/* Whether another generation brought these contents for the path. */
static int
is_known(struct store *store, const struct tree_entry *wanted, uint64_t except,
	const struct digest *digest, bool *ret_is_known)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	uint64_t *numbers;
	size_t count;

	*ret_is_known = false;
	TRY(generation_list_numbers(arena, store, &numbers, &count));
	for (size_t i = 0; i < count && !*ret_is_known; i++)
		if (numbers[i] != except)
			TRY(brought(store, numbers[i], wanted->path, digest, ret_is_known));
	return 0;
}

/*
 * The digest of the user's copy; false when it is no file that can be read: a directory, or a link
 * to nowhere. Only the user can have made that, and no transaction may fail over it.
 */
static bool
hash_copy(const struct store *store, const char *path, struct digest *ret_digest)
{
	struct stat info;
	int fd AUTO(file_close) = -1;

	return fstatat(store->dir, path, &info, 0) == 0 && S_ISREG(info.st_mode) &&
	       file_open(store->dir, path, &fd) == 0 && hash_file(fd, ret_digest) == 0;
}

static int
keep_base(struct store *store, const struct places *places, const struct digest *digest)
{
	struct digest base;

	if (hash_copy(store, places->base, &base) && digest_equal(&base, digest))
		return 0;
	return copy_to(store, places->theirs, places->base, places->mode);
}

/* Put a new text in the place of the user's, which stays beside it. */
static int
replace_copy(struct store *store, const struct places *places, struct str text)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct stat info;

	if (fstatat(store->dir, places->yours, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno("%s", places->yours);
	if (!S_ISREG(info.st_mode))
		return err_set(ERR_FORMAT,
			"%s/%s: is a link, and weld changes no file elsewhere", store->root,
			places->yours);
	TRY(copy_to(store, places->yours, arena_printf(arena, "%s" OLD_SUFFIX, places->yours),
		info.st_mode & 07777));
	return put_text(store, places->yours, text, info.st_mode & 07777);
}

/* 0: merged; 1: it does not merge, and the text has marks. */
static int
merge(struct arena *arena, struct store *store, const struct places *places,
	struct str *ret_ours, struct str *ret_text)
{
	struct str base;
	struct str theirs;
	struct stat info;

	/* Renaming over a link would cut off the file that the user keeps elsewhere. */
	if (fstatat(store->dir, places->yours, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISREG(info.st_mode))
		return err_set(
			ERR_FORMAT, "%s/%s: is no plain file", store->root, places->yours);
	TRY(file_read(arena, store->dir, places->yours, STATE_SIZE_MAX, ret_ours));
	TRY(file_read(arena, store->dir, places->base, STATE_SIZE_MAX, &base));
	TRY(file_read(arena, store->dir, places->theirs, STATE_SIZE_MAX, &theirs));
	return merge_texts(arena, *ret_ours, base, theirs, ret_text);
}

/* Merge by itself; 1 when that cannot be. */
static int
try_merge(struct store *store, const struct tree_entry *entry, const struct places *places)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str ours;
	struct str text;
	int ret = merge(arena, store, places, &ours, &text);

	/* A disk that fails says nothing about the texts: the next lock tries again. */
	if (ret == ERR_IO || ret == ERR_NO_SPACE)
		return ret;
	if (ret < 0)
		log_debug("store", "%s is not merged: %s", entry->path, err_message());
	if (ret != 0)
		return 1;
	if (!str_equal(text, ours)) {
		TRY(replace_copy(store, places, text));
		store_say(store,
			"%s has your changes and those of %s; what you had lies beside it as "
			"%s/%s" OLD_SUFFIX,
			entry->path, entry->package, store->root, places->yours);
	}
	return keep_base(store, places, &entry->digest);
}

/* The package's version is put beside the user's when a generation brings it first. */
static int
put_beside(struct store *store, const struct tree_entry *entry, const struct places *places,
	uint64_t number)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	bool is_old;

	TRY(is_known(store, entry, number, &entry->digest, &is_old));
	if (is_old)
		return 0;
	TRY(copy_to(store, entry->target, arena_printf(arena, "%s" NEW_SUFFIX, places->yours),
		places->mode));
	store_say(store,
		"%s was changed here and is kept; the version of %s lies beside it as "
		"%s/%s" NEW_SUFFIX " (see 'weld config merge')",
		entry->path, entry->package, store->root, places->yours);
	return 0;
}

static int
settle_one(struct store *store, const struct tree_entry *entry, uint64_t number, bool is_new)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const struct places places = places_of(arena, entry);
	struct digest digest;
	struct digest base;
	bool has_base = hash_copy(store, places.base, &base);
	bool is_unchanged = false;
	int ret;

	if (!hash_copy(store, places.yours, &digest)) {
		store_say(store, "%s/%s is no file that can be read and is left alone",
			store->root, places.yours);
		return 0;
	}
	if (digest_equal(&digest, &entry->digest))
		return keep_base(store, &places, &entry->digest);
	if (has_base)
		is_unchanged = digest_equal(&digest, &base);
	else
		TRY(is_known(store, entry, number, &digest, &is_unchanged));
	if (is_unchanged) {
		TRY(copy_to(store, places.theirs, places.yours, places.mode));
		return keep_base(store, &places, &entry->digest);
	}
	if (has_base && digest_equal(&base, &entry->digest))
		return 0;
	ret = has_base ? try_merge(store, entry, &places) : 1;
	if (ret <= 0 || !is_new)
		return ret < 0 ? ret : 0;
	return put_beside(store, entry, &places, number);
}

int
tree_settle_config(struct store *store, uint64_t number, bool is_new, const struct tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		if (tree_is_config(tree->entries[i]))
			TRY(err_context(settle_one(store, tree->entries[i], number, is_new),
				"%s", tree->entries[i]->package));
	return 0;
}

static enum config_state
state_of(const struct store *store, const struct tree_entry *entry, const struct places *places)
{
	struct digest digest;
	struct digest base;

	if (!hash_copy(store, places->yours, &digest))
		return CONFIG_ODD;
	if (digest_equal(&digest, &entry->digest))
		return CONFIG_SAME;
	if (!hash_copy(store, places->base, &base) || !digest_equal(&base, &entry->digest))
		return CONFIG_PENDING;
	return CONFIG_CHANGED;
}

int
config_list(struct arena *arena, const struct store *store, struct config_file **ret_files,
	size_t *ret_count)
{
	struct tree tree;
	struct config_file *files;
	size_t count = 0;

	TRY(tree_read_current(arena, store, &tree));
	files = arena_array(arena, tree.count + 1, sizeof *files);
	for (size_t i = 0; i < tree.count; i++) {
		const struct tree_entry *entry = tree.entries[i];
		struct places places;

		if (!tree_is_config(entry))
			continue;
		places = places_of(arena, entry);
		files[count++] = (struct config_file){
			.path = entry->path,
			.package = entry->package,
			.state = state_of(store, entry, &places),
			.yours = places.yours,
			.theirs = places.theirs,
			.base = file_exists(store->dir, places.base) ? places.base : NULL,
		};
	}
	*ret_files = files;
	*ret_count = count;
	return 0;
}

/* Remove what weld put beside a copy, but not what a person made of it since. */
static int
clear_beside(struct store *store, const struct places *places)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *new = arena_printf(arena, "%s" NEW_SUFFIX, places->yours);
	struct digest beside;
	struct digest theirs;

	if (hash_copy(store, new, &beside) && hash_copy(store, places->theirs, &theirs) &&
		digest_equal(&beside, &theirs))
		TRY(file_remove_tree(store->dir, new));
	return file_remove_tree(
		store->dir, arena_printf(arena, "%s" MERGE_SUFFIX, places->yours));
}

static int
merge_now(struct store *store, const struct config_file *file, const struct places *places)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *marked = arena_printf(arena, "%s" MERGE_SUFFIX, places->yours);
	struct str ours;
	struct str text;
	int ret;

	if (file->base == NULL)
		return err_set(ERR_NOT_FOUND,
			"%s: it is not known which version yours derives from (--ours keeps "
			"it, "
			"--theirs takes the package's)",
			file->path);
	ret = merge(arena, store, places, &ours, &text);
	TRY(err_context(ret, "%s", file->path));
	if (ret == 0)
		return str_equal(text, ours) ? 0 : replace_copy(store, places, text);
	TRY(put_text(store, marked, text, places->mode));
	return err_set(ERR_FINDINGS,
		"%s: you and the package changed the same lines; both stand in %s/%s (put "
		"right "
		"what is yours, then 'weld config merge --ours'; --theirs takes the package's)",
		file->path, store->root, marked);
}

int
config_resolve(struct store *store, const struct config_file *file, enum config_choice choice)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct places places = { .yours = file->yours,
		.theirs = file->theirs,
		.base = arena_printf(arena, TREE_BASE "/%s", file->path),
		.mode = 0600 };
	struct digest digest;
	struct stat info;
	struct str text;

	TRY(store_need_lock(store));
	if (fstatat(store->dir, file->theirs, &info, 0) < 0)
		return err_errno("%s: %s", file->path, file->theirs);
	places.mode = (info.st_mode & 0777) | 0200;
	TRY(file_read(arena, store->dir, file->theirs, STATE_SIZE_MAX, &text));
	if (choice == CONFIG_MERGE)
		TRY(merge_now(store, file, &places));
	digest = hash_bytes(text.at, text.len);
	if (choice == CONFIG_THEIRS && file->state != CONFIG_SAME)
		TRY(replace_copy(store, &places, text));
	/* (I1): the copy is what it shall be. */
	TRY(keep_base(store, &places, &digest));
	return clear_beside(store, &places);
}

int
config_forget(struct store *store, const char *path)
{
	static const char *const suffixes[] = { "", NEW_SUFFIX, OLD_SUFFIX, MERGE_SUFFIX };
	struct arena *arena AUTO(arena_free) = arena_new();

	TRY(store_need_lock(store));
	for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
		TRY(file_remove_tree(store->dir,
			arena_printf(arena, TREE_CONFIG "/%s%s", path, suffixes[i])));
	return file_remove_tree(store->dir, arena_printf(arena, TREE_BASE "/%s", path));
}
