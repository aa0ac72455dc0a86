/* SPDX-License-Identifier: MIT */
/*
 * What belongs to the user. A config file is copied to ROOT/state/config once; the
 * generation only links to the copy. It counts as unchanged as long as its contents are
 * those that some generation brought, so no record of our own can go wrong.
 */
#include "store/generation/tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE_SIZE_MAX ((size_t)256 << 20) /* bytes, of one file */
#define NEW_SUFFIX ".weld-new"

static bool
is_config(const struct tree_entry *entry)
{
	return entry->kind == TREE_STATE && entry->file->kind == GENERATION_FILE &&
	       !str_has_prefix(entry->path, "var/");
}

/* The path of the user's copy, relative to the root. */
static char *
state_path(struct arena *arena, const struct tree_entry *entry)
{
	return arena_printf(
		arena, is_config(entry) ? TREE_CONFIG "/%s" : "state/%s", entry->path);
}

static int
copy_to(struct store *store, const struct tree_entry *entry, const char *path)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *slash = strrchr(path, '/');
	struct str contents;

	TRY(file_read(arena, store->dir, entry->target, STATE_SIZE_MAX, &contents));
	TRY(file_make_dirs(store->dir,
		str_copy(arena, (struct str){ .at = path, .len = (size_t)(slash - path) }),
		0755));
	return file_replace(
		store->dir, path, contents.at, contents.len, entry->file->mode | 0200);
}

static int
fill_one(struct store *store, const struct tree_entry *entry)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *path = state_path(arena, entry);
	int dir AUTO(file_close) = -1;

	if (file_exists(store->dir, path))
		return 0;
	if (entry->file->kind == GENERATION_FILE)
		return copy_to(store, entry, path);
	TRY(file_make_dirs(store->dir, path, 0755));
	TRY(file_open_dir(store->dir, path, &dir));
	if (fchmod(dir, entry->file->mode) < 0)
		return err_errno("%s: set mode", path);
	return file_sync_dir(dir);
}

int
tree_fill_state(struct store *store, const struct tree_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (entries[i].kind == TREE_STATE)
			TRY(err_context(
				fill_one(store, &entries[i]), "%s", entries[i].package));
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
	for (size_t i = 0; i < count; i++) {
		struct generation generation;
		struct tree_entry *entries;
		size_t entry_count;

		if (numbers[i] == except)
			continue;
		TRY(generation_read(arena, store, numbers[i], &generation));
		TRY(tree_list(arena, &generation, &entries, &entry_count));
		for (size_t j = 0; j < entry_count; j++)
			if (is_config(&entries[j]) &&
				strcmp(entries[j].path, wanted->path) == 0 &&
				digest_equal(&entries[j].digest, digest))
				*ret_is_known = true;
	}
	return 0;
}

/*
 * The digest of the user's copy; false when it is no file that can be read: a directory, or a link
 * to nowhere. Only the user can have made that, and no transaction may fail over it.
 */
static bool
hash_copy(struct store *store, const char *path, struct digest *ret_digest)
{
	struct stat info;
	int fd AUTO(file_close) = -1;

	return fstatat(store->dir, path, &info, 0) == 0 && S_ISREG(info.st_mode) &&
	       file_open(store->dir, path, &fd) == 0 && hash_file(fd, ret_digest) == 0;
}

static int
settle_one(struct store *store, const struct tree_entry *entry, uint64_t number, bool is_new)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *path = state_path(arena, entry);
	struct digest digest;
	bool is_unchanged;
	bool is_old;

	if (!hash_copy(store, path, &digest)) {
		store_say(store, "%s/%s is no file that can be read and is left alone",
			store->root, path);
		return 0;
	}
	if (digest_equal(&digest, &entry->digest))
		return 0;
	TRY(is_known(store, entry, number, &digest, &is_unchanged));
	if (is_unchanged)
		return copy_to(store, entry, path);
	if (!is_new)
		return 0;
	TRY(is_known(store, entry, number, &entry->digest, &is_old));
	if (is_old)
		return 0;
	TRY(copy_to(store, entry, arena_printf(arena, "%s" NEW_SUFFIX, path)));
	store_say(store,
		"%s was changed here and is kept; the version of %s lies beside it as "
		"%s/%s" NEW_SUFFIX,
		entry->path, entry->package, store->root, path);
	return 0;
}

int
tree_settle_config(struct store *store, uint64_t number, bool is_new,
	const struct tree_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_config(&entries[i]))
			TRY(err_context(settle_one(store, &entries[i], number, is_new), "%s",
				entries[i].package));
	return 0;
}
