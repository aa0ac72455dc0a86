/* SPDX-License-Identifier: MIT */
/*
 * Filling a directory of ROOT/store. Names that are missing appear in one rename each, and
 * only after everything below them was synced: what has a name in ROOT/store is whole.
 */
#include "store/objects.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "store/objects/pending.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIGEST_LETTERS 32 /* hex digits of the digest in a name */
#define NAME_LENGTH_MAX 200 /* bytes */
#define OBJECTS "objects/" /* files below it have their digest as name */
#define LINKS "tree/" /* links stand below it only, where the store itself made them */

struct objects_new {
	struct store *store;
	struct arena *arena;
	char *name;
	char *staging; /* its name for now, in ROOT/store */
	char *path; /* absolute */
	int dir;
	size_t count; /* files and directories, known when it is sealed */
	bool is_sealed;
	bool has_links;
	const char *last_parent; /* the directory that the last entry stands in; NULL: none */
};

char *
objects_name(struct arena *arena, const struct digest *digest, const char *label)
{
	char hex[DIGEST_HEX_SIZE];

	return arena_printf(arena, "%.*s-%s", DIGEST_LETTERS, digest_hex(digest, hex), label);
}

static bool
is_name(const char *name)
{
	size_t length = strlen(name);

	if (length < DIGEST_LETTERS + 2 || length > NAME_LENGTH_MAX ||
		strspn(name, "0123456789abcdef") < DIGEST_LETTERS ||
		name[DIGEST_LETTERS] != '-')
		return false;
	for (size_t i = 0; i < length; i++)
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '/')
			return false;
	return true;
}

bool
objects_has(const struct store *store, const char *name)
{
	return is_name(name) && file_exists(store->objects_dir, name) &&
	       !store_is_damaged(store, name);
}

static void
free_new(struct objects_new **new)
{
	struct objects_new *old = *new;

	*new = NULL;
	file_close(&old->dir);
	arena_free(&old->arena);
	free(old);
}

void
objects_expect_new(struct store *store, const char *name)
{
	if (!store_is_damaged(store, name))
		vec_push(store->arena, &store->damaged, arena_string(store->arena, name));
}

int
objects_begin(struct store *store, const char *name, struct objects_new **ret_new)
{
	struct objects_new *new AUTO(objects_abandon) = NULL;

	TRY(store_need_lock(store));
	if (!is_name(name))
		return err_set(ERR_FORMAT, "%.80s: not a name of the store", name);
	new = calloc(1, sizeof *new);
	if (new == NULL)
		abort();
	new->store = store;
	new->arena = arena_new();
	new->dir = -1;
	new->name = arena_string(new->arena, name);
	new->staging = store_new_name(new->arena);
	new->path = arena_printf(new->arena, "%s/store/%s", store->root, new->staging);
	if (mkdirat(store->objects_dir, new->staging, 0755) < 0)
		return err_errno("%s: create directory", new->path);
	TRY(file_open_dir(store->objects_dir, new->staging, &new->dir));
	*ret_new = new;
	new = NULL;
	return 0;
}

const char *
objects_staging_path(const struct objects_new *new)
{
	return new->path;
}

static int
make_parents(struct objects_new *new, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *parent;

	if (slash == NULL)
		return 0;
	parent =
		str_copy(new->arena, (struct str){ .at = path, .len = (size_t)(slash - path) });
	if (new->last_parent != NULL && strcmp(new->last_parent, parent) == 0)
		return 0;
	TRY(file_make_dirs(new->dir, parent, 0755));
	new->last_parent = parent;
	return 0;
}

/* Create a file of the directory, with its parents. */
static int
create_file(struct objects_new *new, const char *path, bool is_executable, int *ret_fd)
{
	mode_t mode = is_executable ? 0555 : 0444;
	int fd AUTO(file_close) = -1;

	TRY(make_parents(new, path));
	TRY(file_open_beneath(new->dir, path, O_RDWR | O_CREAT | O_EXCL, mode, &fd));
	if (fchmod(fd, mode) < 0)
		return err_errno("%s: set mode", path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int
objects_add_file(struct objects_new *new, const char *path, int fd,
	const struct digest *expected, bool is_executable)
{
	int copy AUTO(file_close) = -1;
	struct digest digest;

	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno("%s: seek", path);
	TRY(err_context(create_file(new, path, is_executable, &copy), "%s", new->name));
	TRY(err_context(file_copy(fd, copy), "%s/%s", new->name, path));
	if (expected == NULL)
		return 0;
	/* The copy is hashed: it is what will be used. */
	TRY(hash_file(copy, &digest));
	if (!digest_equal(&digest, expected))
		return err_set(ERR_DIGEST, "%s/%s: contents do not have the expected digest",
			new->name, path);
	return 0;
}

int
objects_move_file(
	struct objects_new *new, const char *path, const char *from, bool is_executable)
{
	int fd AUTO(file_close) = -1;

	if (renameat(AT_FDCWD, from, new->dir, path) == 0) {
		if (fchmodat(new->dir, path, is_executable ? 0555 : 0444, 0) < 0)
			return err_errno("%s/%s: set mode", new->name, path);
		return 0;
	}
	if (errno != EXDEV)
		return err_errno("%s/%s: move", new->name, path);
	TRY(file_open(AT_FDCWD, from, &fd));
	return objects_add_file(new, path, fd, NULL, is_executable);
}

int
objects_add_bytes(struct objects_new *new, const char *path, const void *bytes, size_t length,
	bool is_executable)
{
	int fd AUTO(file_close) = -1;

	TRY(err_context(create_file(new, path, is_executable, &fd), "%s", new->name));
	return err_context(file_write_fd(fd, bytes, length), "%s/%s", new->name, path);
}

int
objects_add_link(struct objects_new *new, const char *path, const char *target)
{
	assert(str_has_prefix(path, LINKS));
	new->has_links = true;
	TRY(err_context(make_parents(new, path), "%s", new->name));
	return err_context(file_make_link(new->dir, path, target), "%s", new->name);
}

int
objects_add_directory(struct objects_new *new, const char *path)
{
	return err_context(file_make_dirs(new->dir, path, 0755), "%s", new->name);
}

struct visit { /* of every file and directory below an open directory, children first */
	int (*call)(struct visit *visit, int fd, const char *path, bool is_directory);
	const char *name; /* of the directory in the store: for messages */
	size_t count; /* files and directories, for the caller's use */
	bool may_link; /* links below LINKS are passed over */
};

static int visit_directory(struct visit *visit, int dir, const char *path);

static int
visit_entry(struct visit *visit, int dir, const char *name, const char *path)
{
	struct stat info;
	int fd AUTO(file_close) = -1;

	if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno("%s/%s", visit->name, path);
	if (S_ISLNK(info.st_mode) && visit->may_link && str_has_prefix(path, LINKS))
		return 0;
	if (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
		return err_set(
			ERR_FORMAT, "%s/%s: neither a file nor a directory", visit->name, path);
	if (S_ISREG(info.st_mode) && info.st_nlink != 1)
		return err_set(ERR_FORMAT, "%s/%s: has another name, too", visit->name, path);
	fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno("%s/%s", visit->name, path);
	if (S_ISDIR(info.st_mode))
		TRY(visit_directory(visit, fd, path));
	return visit->call(visit, fd, path, S_ISDIR(info.st_mode));
}

static int
visit_directory(struct visit *visit, int dir, const char *path)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char **names;
	size_t count;

	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++)
		TRY(visit_entry(visit, dir, names[i],
			*path == '\0' ? names[i]
				      : arena_printf(arena, "%s/%s", path, names[i])));
	return 0;
}

static int
check_digest(const char *name, int fd, const char *path)
{
	struct digest digest;
	struct digest expected;

	TRY(err_context(digest_parse(path + strlen(OBJECTS), &expected), "%s", name));
	TRY(hash_file(fd, &digest));
	if (!digest_equal(&digest, &expected))
		return err_set(
			ERR_DIGEST, "%s/%s: contents do not have this digest", name, path);
	return 0;
}

static int
seal(struct visit *visit, int fd, const char *path, bool is_directory)
{
	struct stat info;
	mode_t mode;

	visit->count++;
	if (!is_directory && str_has_prefix(path, OBJECTS))
		TRY(check_digest(visit->name, fd, path));
	if (fstat(fd, &info) < 0)
		return err_errno("%s/%s", visit->name, path);
	mode = is_directory || (info.st_mode & 0111) != 0 ? 0555 : 0444;
	if ((info.st_mode & 07777) != mode && fchmod(fd, mode) < 0)
		return err_errno("%s/%s: set mode", visit->name, path);
	/* On its way to the disk while more is made: then syncing waits for little. */
	if (!is_directory)
		file_begin_sync(fd);
	return 0;
}

int
objects_seal(struct objects_new *new)
{
	struct visit visit = { .call = seal, .name = new->name, .may_link = new->has_links };

	TRY(visit_directory(&visit, new->dir, ""));
	new->count = visit.count;
	new->is_sealed = true;
	return 0;
}

int
objects_finish(struct objects_new **new)
{
	struct objects_new *it AUTO(objects_abandon) = *new;
	struct store_pending pending;

	*new = NULL;
	if (!it->is_sealed)
		TRY(objects_seal(it));
	pending.staging = arena_string(it->store->arena, it->staging);
	pending.name = arena_string(it->store->arena, it->name);
	pending.count = it->count;
	vec_push(it->store->arena, &it->store->pending, pending);
	free_new(&it);
	return 0;
}

void
objects_abandon(struct objects_new **new)
{
	if (*new == NULL)
		return;
	if ((*new)->dir >= 0)
		file_remove_tree((*new)->store->objects_dir, (*new)->staging);
	free_new(new);
}

int
objects_drop(struct store *store, const char *name)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *old = store_new_name(arena);
	int ret;

	TRY(store_need_lock(store));
	ret = file_rename(store->objects_dir, name, store->objects_dir, old);
	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(err_context(ret, "root %s", store->root));
	return file_remove_tree(store->objects_dir, old);
}

static int
sync_entry(struct visit *visit, int fd, const char *path, bool is_directory)
{
	return err_context(
		is_directory ? file_sync_dir(fd) : file_sync(fd), "%s/%s", visit->name, path);
}

const char *
pending_place(const struct store *store, const char *name)
{
	for (size_t i = 0; i < store->pending.len; i++)
		if (strcmp(store->pending.at[i].name, name) == 0)
			return store->pending.at[i].staging;
	return name;
}

int
pending_sync(struct store *store)
{
	VEC_EACH (struct store_pending, pending, &store->pending) {
		struct visit visit = {
			.call = sync_entry, .name = pending->name, .may_link = true
		};
		int dir AUTO(file_close) = -1;

		TRY(file_open_dir(store->objects_dir, pending->staging, &dir));
		TRY(visit_directory(&visit, dir, ""));
		TRY(err_context(file_sync_dir(dir), "%s", pending->name));
	}
	return 0;
}

size_t
pending_count(const struct store *store)
{
	size_t count = 0;

	for (size_t i = 0; i < store->pending.len; i++)
		count += store->pending.at[i].count;
	return count;
}

static int
give_name(struct store *store, const struct store_pending *pending)
{
	if (fchmodat(store->objects_dir, pending->staging, 0555, 0) < 0)
		return err_errno("%s: set mode", pending->name);
	return file_rename(
		store->objects_dir, pending->staging, store->objects_dir, pending->name);
}

static void
forget_damaged(struct store *store, const char *name)
{
	size_t count = 0;

	VEC_EACH (const char *, damaged, &store->damaged)
		if (strcmp(*damaged, name) != 0)
			store->damaged.at[count++] = *damaged;
	store->damaged.len = count;
}

static int
settle_one(struct store *store, const struct store_pending *pending)
{
	if (!file_exists(store->objects_dir, pending->name))
		return give_name(store, pending);
	if (store_is_damaged(store, pending->name)) {
		if (fchmodat(store->objects_dir, pending->staging, 0555, 0) < 0)
			return err_errno("%s: set mode", pending->name);
		if (file_exchange(store->objects_dir, pending->staging, pending->name) < 0) {
			TRY(objects_drop(store, pending->name));
			TRY(give_name(store, pending));
		}
		forget_damaged(store, pending->name);
	}
	return file_remove_tree(store->objects_dir, pending->staging);
}

int
pending_name(struct store *store)
{
	if (store->pending.len == 0)
		return 0;
	VEC_EACH (struct store_pending, pending, &store->pending)
		TRY(settle_one(store, pending));
	store->pending.len = 0;
	return err_context(file_sync_dir(store->objects_dir), "root %s", store->root);
}

int
objects_settle(struct store *store)
{
	if (store->pending.len == 0)
		return 0;
	TRY(store_need_lock(store));
	TRY(pending_count(store) > PENDING_SYNC_SINGLY ? file_sync_all(store->objects_dir)
						       : pending_sync(store));
	return pending_name(store);
}
