/* SPDX-License-Identifier: MIT */
/*
 * Making and opening a root, and its seed. A new root is made under its lock, so that
 * two first commands at a time make one root.
 */
#include "store/store.h"

#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prefix.h"
#include "store/database/database.h"
#include "store/generation/tree.h"
#include "store/root/handle.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CREATE_TIMEOUT_MS 30000
#define SEED_PATH "state/seed"
#define SEEDS_PATH "state/seeds" /* a file for each generation that was linked with another */
#define STANDING_PATH "path"

static const struct {
	const char *path;
	mode_t mode;
} directories[] = {
	{ "store", 0755 },
	{ "generations", 0755 },
	{ "cache", 0755 },
	{ "db", 0755 },
	{ "state", 0755 },
	{ "state/config", 0755 },
	{ "state/var", 0755 },
};

/* The first part of a path that a root cannot have; NULL: none. */
static const char *
find_odd_part(const char *root)
{
	static const char *const odd[] = { "//", "/./", "/../" };

	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++)
		if (strstr(root, odd[i]) != NULL)
			return odd[i];
	if (str_has_suffix(root, "/.") || str_has_suffix(root, "/.."))
		return strrchr(root, '/');
	return NULL;
}

/* What every root's path must be; `refused` are characters that it must not have. */
static int
check_path(const char *root, const char *refused)
{
	size_t length = strlen(root);
	const char *odd = find_odd_part(root);

	if (root[0] != '/')
		return err_set(ERR_RANGE, "root %s: not an absolute path", root);
	if (length == 1 || root[length - 1] == '/')
		return err_set(ERR_RANGE, "root %s: must not end with '/'", root);
	if (odd != NULL)
		return err_set(ERR_RANGE, "root %s: has '%s' in it", root, odd);
	for (size_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)root[i]) || strchr(refused, root[i]) != NULL)
			return err_set(ERR_RANGE,
				"root %s: has %sa control character or one of \"'\\$`;:%% in "
				"it",
				root, strchr(refused, ' ') != NULL ? "white space, " : "");
	return 0;
}

int
store_check_root(const char *root)
{
	size_t length = strlen(root);

	/* Scripts cannot quote these; % is special in names of files that ld.lld makes. */
	TRY(check_path(root, " \"'\\$`;:%"));
	if (length + strlen("/current") > PREFIX_LENGTH)
		return err_set(ERR_RANGE,
			"root %s: path is %zu bytes, at most %zu are possible (choose a "
			"shorter one)",
			root, length, PREFIX_LENGTH - strlen("/current"));
	return 0;
}

/* Of a root that stands elsewhere nothing depends on how long its path is here, or on blanks. */
static int
check_elsewhere(const char *root)
{
	return check_path(root, "\"'\\$`;:%");
}

int
store_check_place(const char *root)
{
	struct strbuf path AUTO(strbuf_free) = { 0 };

	strbuf_printf(&path, "%s/" STANDING_PATH, root);
	return file_exists(AT_FDCWD, strbuf_string(&path)) ? check_elsewhere(root)
							   : store_check_root(root);
}

/* What may lie in a directory that is to become a root: what was begun, and a mount's own. */
static bool
is_expected(const char *name)
{
	for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
		if (strcmp(name, directories[i].path) == 0)
			return true;
	return strcmp(name, "lock") == 0 || strcmp(name, STANDING_PATH) == 0 ||
	       strcmp(name, "lost+found") == 0;
}

/* Somebody's home, given by mistake, must not become a root. */
static int
check_new(const struct store *store)
{
	char **names;
	size_t count;

	if (file_exists(store->dir, "store"))
		return 0;
	TRY(file_list(store->arena, store->dir, &names, &count));
	for (size_t i = 0; i < count; i++)
		if (!is_expected(names[i]))
			return err_set(ERR_EXISTS,
				"root %s: is no installation, and other things are in it, such "
				"as %s (name a directory that is empty or not there)",
				store->root, names[i]);
	return 0;
}

static int
open_root_dir(struct store *store, bool may_create)
{
	if (may_create)
		TRY(file_make_dirs(AT_FDCWD, store->root, 0755));
	if (!may_create && access(store_path(store->arena, store, "store"), X_OK) < 0 &&
		errno == EACCES)
		return err_errno("root %s", store->root);
	if (!may_create && !file_exists(AT_FDCWD, store_path(store->arena, store, "store")))
		return err_set(ERR_NOT_FOUND,
			"root %s: nothing is installed there (name another with --root, or "
			"add a repository and install something)",
			store->root);
	TRY(file_open_dir(AT_FDCWD, store->root, &store->dir));
	return may_create ? check_new(store) : 0;
}

void
store_draw_seed(struct digest *ret_seed)
{
	if (getentropy(ret_seed->bytes, sizeof ret_seed->bytes) < 0)
		abort();
}

static int
write_seed(int dir, const char *path, const struct digest *seed)
{
	char hex[DIGEST_HEX_SIZE];

	digest_hex(seed, hex);
	hex[DIGEST_HEX_SIZE - 1] = '\n';
	return file_replace(dir, path, hex, sizeof hex, 0600);
}

static int
make_contents(struct store *store)
{
	struct digest seed;
	bool is_there;

	for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
		TRY(file_make_dirs(store->dir, directories[i].path, directories[i].mode));
	store_draw_seed(&seed);
	TRY(file_is_there(store->dir, SEED_PATH, &is_there));
	if (!is_there)
		TRY(write_seed(store->dir, SEED_PATH, &seed));
	TRY(database_open(store, true));
	return file_sync_dir(store->dir);
}

/* Whether a root has all that make_contents() makes. */
static bool
is_complete(const struct store *store)
{
	for (size_t i = 0; i < sizeof directories / sizeof directories[0]; i++)
		if (!file_exists(store->dir, directories[i].path))
			return false;
	return file_exists(store->dir, SEED_PATH) && file_exists(store->dir, DATABASE_PATH);
}

static int
create(struct store *store)
{
	bool is_in_use;
	int ret;

	/* Nothing may be made anew where generations stand: that is for 'weld repair'. */
	TRY(file_is_there(store->dir, "current", &is_in_use));
	if (is_in_use || is_complete(store))
		return 0;
	TRY(store_take_lock(store, "weld: making the root", CREATE_TIMEOUT_MS));
	ret = make_contents(store);
	store_unlock(store);
	return ret;
}

/* Where the root will stand; without the file it stands here. */
static int
read_standing(struct store *store)
{
	struct str text;
	struct str line;
	int ret = file_read(store->arena, store->dir, STANDING_PATH, PATH_MAX, &text);

	store->standing = store->root;
	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(err_context(ret, "root %s", store->root));
	if (!str_cut(&text, '\n', &line) || text.len != 0)
		return err_set(
			ERR_FORMAT, "%s/" STANDING_PATH ": is not one line", store->root);
	store->standing = str_copy(store->arena, line);
	return err_context(store_check_root(store->standing), "%s/" STANDING_PATH, store->root);
}

int
store_make(const char *root, const char *path, const struct digest *seed)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct store *store AUTO(store_close) = NULL;
	const char *line = arena_printf(arena, "%s\n", path);
	int dir AUTO(file_close) = -1;

	TRY(check_elsewhere(root));
	TRY(store_check_root(path));
	TRY(file_make_dirs(AT_FDCWD, root, 0755));
	TRY(file_open_dir(AT_FDCWD, root, &dir));
	if (file_exists(dir, "store"))
		return err_set(ERR_EXISTS, "root %s: is an installation already", root);
	/* The path comes first: no root may ever be without the path that it was made with. */
	TRY(err_context(
		file_replace(dir, STANDING_PATH, line, strlen(line), 0644), "root %s", root));
	TRY(err_context(file_make_dirs(dir, "state", 0755), "root %s", root));
	TRY(err_context(write_seed(dir, SEED_PATH, seed), "root %s", root));
	return store_open(root, STORE_CREATE, &store);
}

int
store_open(const char *root, int flags, struct store **ret_store)
{
	struct store *store AUTO(store_close) = NULL;
	bool may_create = (flags & STORE_CREATE) != 0;

	TRY(store_check_place(root));
	store = calloc(1, sizeof *store);
	if (store == NULL)
		abort();
	store->arena = arena_new();
	store->root = arena_string(store->arena, root);
	store->dir = store->objects_dir = store->generations_dir = store->lock = -1;
	TRY(open_root_dir(store, may_create));
	TRY(read_standing(store));
	if (may_create)
		TRY(create(store));
	TRY(err_context(file_open_dir(store->dir, "store", &store->objects_dir), "root %s",
		store->root));
	TRY(err_context(file_open_dir(store->dir, "generations", &store->generations_dir),
		"root %s", store->root));
	if (store->db == NULL && (flags & STORE_REPAIR) == 0)
		TRY(database_open(store, false));
	*ret_store = store;
	store = NULL;
	return 0;
}

void
store_close(struct store **store)
{
	if (*store == NULL)
		return;
	store_unlock(*store);
	tree_forget_made(*store);
	db_close(&(*store)->db);
	file_close(&(*store)->objects_dir);
	file_close(&(*store)->generations_dir);
	file_close(&(*store)->dir);
	arena_free(&(*store)->arena);
	free(*store);
	*store = NULL;
}

const char *
store_root(const struct store *store)
{
	return store->root;
}

const char *
store_standing(const struct store *store)
{
	return store->standing;
}

uint64_t
store_now(const struct store *store)
{
	return store->has_fixed_time ? store->fixed_time : (uint64_t)time(NULL);
}

void
store_fix_time(struct store *store, uint64_t time)
{
	store->has_fixed_time = true;
	store->fixed_time = time;
}

int
store_root_dir(const struct store *store)
{
	return store->dir;
}

char *
store_path(struct arena *arena, const struct store *store, const char *relative)
{
	return arena_printf(arena, "%s/%s", store->root, relative);
}

const char *
store_notice(const struct store *store)
{
	return store->notice;
}

bool
store_is_damaged(const struct store *store, const char *name)
{
	VEC_EACH (const char *, damaged, &store->damaged)
		if (strcmp(*damaged, name) == 0)
			return true;
	return false;
}

void
store_say(struct store *store, const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = arena_vprintf(store->arena, format, args);
	va_end(args);
	store->notice = store->notice == NULL
				? text
				: arena_printf(store->arena, "%s; %s", store->notice, text);
}

int
store_current(const struct store *store, uint64_t *ret_number)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *target;
	char rest;
	uint64_t number;
	int ret = file_read_link(arena, store->dir, "current", &target);

	if (ret == ERR_NOT_FOUND) {
		*ret_number = 0;
		return 0;
	}
	TRY(err_context(ret, "root %s", store->root));
	if (sscanf(target, "generations/%" SCNu64 "%c", &number, &rest) != 1 || number == 0 ||
		number > INT64_MAX)
		return err_set(ERR_FORMAT,
			"%s/current: does not point to a generation but to %s (point it to "
			"generations/N)",
			store->root, target);
	*ret_number = number;
	return 0;
}

static int
read_seed(const struct store *store, const char *path, struct digest *ret_seed)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str text;
	char hex[DIGEST_HEX_SIZE];

	TRY(err_context(
		file_read(arena, store->dir, path, 4096, &text), "root %s", store->root));
	if (text.len != DIGEST_HEX_SIZE || text.at[DIGEST_HEX_SIZE - 1] != '\n')
		return err_set(ERR_FORMAT,
			"%s/%s: damaged (run 'weld relink "
			"--reseed')",
			store->root, path);
	memcpy(hex, text.at, sizeof hex);
	hex[DIGEST_HEX_SIZE - 1] = '\0';
	return err_context(digest_parse(hex, ret_seed), "%s/%s", store->root, path);
}

static char *
seed_path(struct arena *arena, uint64_t number)
{
	return arena_printf(arena, SEEDS_PATH "/%" PRIu64, number);
}

int
store_seed(const struct store *store, struct digest *ret_seed)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *path;
	uint64_t current;
	bool has_own;

	TRY(store_current(store, &current));
	path = seed_path(arena, current);
	TRY(err_context(file_is_there(store->dir, path, &has_own), "root %s", store->root));
	return read_seed(store, has_own ? path : SEED_PATH, ret_seed);
}

int
store_forget_generation_seed(struct store *store, uint64_t number)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *path = seed_path(arena, number);

	if (unlinkat(store->dir, path, 0) < 0 && errno != ENOENT)
		return err_errno("%s/%s", store->root, path);
	return 0;
}

int
store_keep_generation_seed(struct store *store, uint64_t number, const struct digest *seed)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *path = seed_path(arena, number);
	struct digest own;

	TRY(store_need_lock(store));
	/* A generation of this number may have been begun before, and not become current. */
	TRY(store_forget_generation_seed(store, number));
	if (read_seed(store, SEED_PATH, &own) == 0 && digest_equal(&own, seed))
		return 0;
	TRY(file_make_dirs(store->dir, SEEDS_PATH, 0700));
	return err_context(write_seed(store->dir, path, seed), "root %s", store->root);
}

int
store_keep_seed(struct store *store, const struct digest *seed)
{
	TRY(store_need_lock(store));
	return err_context(write_seed(store->dir, SEED_PATH, seed), "root %s", store->root);
}

char *
store_new_name(struct arena *arena)
{
	uint64_t random;

	if (getentropy(&random, sizeof random) < 0)
		abort();
	return arena_printf(arena, STORE_NEW "%016" PRIx64, random);
}
