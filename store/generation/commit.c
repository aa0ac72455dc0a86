/* SPDX-License-Identifier: MIT */
/*
 * The commit. Everything that a generation needs is on the disk before; then
 * 1. one database commit: its rows, and an event without an end;
 * 2. one rename: `current` points to it. This is the commit point;
 * 3. configuration files follow, and the file of ROOT/state that belongs to the change, whose text stands
 *    in the event; then that gets its end.
 * A crash between 1 and 2, or in 3, is resolved by store_reconcile().
 */
#include "store/generation/farm.h"

#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "store/database/database.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

struct switching { /* from one current generation to another */
	struct query_event event;
	const struct generation_state_file *file; /* that follows; NULL: none */
	bool is_new; /* the database does not know the generation yet */
	const struct tree_made *made; /* the new one */
};

static int
add_rows(struct store *store, struct switching *it)
{
	const struct generation *generation = &it->made->generation;
	const struct manifest_text *manifest = &it->made->manifest;

	if (it->is_new)
		TRY(database_add_generation(
			store, generation, &manifest->digest, manifest->text));
	TRY(database_set_installed(store, generation));
	TRY(database_set_places(store, &it->made->tree, it->made->base));
	TRY(database_keep_texts(store, generation->number, manifest->text, it->event.before));
	return database_add_event(store, &it->event, it->is_new, it->file, &it->event.id);
}

static int
commit_rows(struct store *store, struct switching *it)
{
	int ret;

	TRY(db_begin(store->db));
	ret = add_rows(store, it);
	if (ret < 0) {
		db_rollback(store->db);
		return ret;
	}
	return db_commit(store->db);
}

static int
put_link(struct store *store, uint64_t number)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	if (number == 0) {
		if (unlinkat(store->dir, "current", 0) < 0)
			return err_errno("current: remove");
		return 0;
	}
	return file_replace_link(
		store->dir, "current", arena_printf(arena, "generations/%" PRIu64, number));
}

static int
forget_rows(struct store *store, const struct switching *it)
{
	if (it->is_new)
		TRY(database_remove_generation(store, it->event.after));
	return database_end_event(store, it->event.id, QUERY_NOT_DONE);
}

static int
undo_rows(struct store *store, const struct switching *it)
{
	int ret;

	TRY(db_begin(store->db));
	ret = forget_rows(store, it);
	if (ret < 0) {
		db_rollback(store->db);
		return ret;
	}
	return db_commit(store->db);
}

/* The switch failed with this code and message: the old generation stays. */
static int
undo(struct store *store, const struct switching *it, int failure)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *message = arena_string(arena, err_message());
	uint64_t current = it->event.before;

	/* The rename may have been made, and only its sync failed: then back. */
	if (store_current(store, &current) < 0 || current != it->event.before)
		put_link(store, it->event.before);
	if (store_current(store, &current) < 0 || current != it->event.before)
		return err_set((enum err)failure,
			"%s; generation %" PRIu64 " is current, but the disk may lose it",
			message, it->event.after);
	if (undo_rows(store, it) < 0)
		log_debug("store", "undo is left to the next lock: %s", err_message());
	return err_set((enum err)failure, "%s", message);
}

static void
finish(struct store *store, const struct switching *it)
{
	int ret = tree_settle_config(store, it->event.after, it->is_new, &it->made->tree);

	if (ret >= 0 && it->file != NULL)
		ret = tree_write_state_file(store, it->file);
	if (ret >= 0)
		ret = database_end_event(store, it->event.id, QUERY_DONE);
	if (ret < 0)
		log_debug("store", "the end is left to the next lock: %s", err_message());
}

/* What was created just now is in memory; the file must be what was written. */
static int
check_made(const struct store *store, const struct tree_made *made)
{
	char path[64];
	struct digest digest;
	int fd AUTO(file_close) = -1;

	snprintf(path, sizeof path, "%" PRIu64 "/manifest.json", made->generation.number);
	TRY(file_open(store->generations_dir, path, &fd));
	TRY(hash_file(fd, &digest));
	if (!digest_equal(&digest, &made->manifest.digest))
		return err_set(ERR_FORMAT, "generation %" PRIu64 ": manifest.json was changed",
			made->generation.number);
	return 0;
}

/* Describe a generation that is there, as generation_create() describes a new one. */
static int
describe(struct store *store, uint64_t number, struct tree_made *made)
{
	TRY(generation_read_file(
		made->arena, store, number, &made->generation, &made->manifest));
	TRY(tree_find_base(made->arena, store, made));
	return farm_make(made->arena, store, &made->generation, made->base, &made->tree);
}

static int
activate(struct store *store, const struct tree_made *made, const char *command,
	const struct generation_state_file *file)
{
	uint64_t number = made->generation.number;
	struct switching it = { .file = file, .made = made };
	struct digest known;
	bool is_known;
	int ret;

	TRY(store_current(store, &it.event.before));
	TRY(database_find_generation(store, number, &is_known, &known));
	if (is_known && !digest_equal(&known, &made->manifest.digest))
		return err_set(ERR_FORMAT, "generation %" PRIu64 ": manifest.json was changed",
			number);
	it.event.after = number;
	it.event.time = store_now(store);
	it.event.command = command;
	it.is_new = !is_known;
	store->notice = NULL;
	TRY(tree_fill_state(store, &made->tree));
	TRY(commit_rows(store, &it));
	ret = put_link(store, number);
	if (ret < 0)
		return undo(store, &it, ret);
	finish(store, &it);
	return 0;
}

int
generation_activate(struct store *store, uint64_t number, const char *command,
	const struct generation_state_file *file)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct tree_made made = { .arena = arena };
	uint64_t current;
	int ret;

	TRY(store_need_lock(store));
	TRY(store_current(store, &current));
	if (current == number)
		return err_set(ERR_NOTHING, "generation %" PRIu64 ": is current", number);
	if (store->made == NULL || store->made->generation.number != number) {
		TRY(describe(store, number, &made));
		return activate(store, &made, command, file);
	}
	ret = check_made(store, store->made);
	if (ret >= 0)
		ret = activate(store, store->made, command, file);
	tree_forget_made(store);
	return ret;
}

int
generation_remove(struct store *store, uint64_t number)
{
	uint64_t current;
	struct digest manifest;
	bool is_known;
	int ret;

	TRY(store_need_lock(store));
	TRY(store_current(store, &current));
	if (number == current)
		return err_set(ERR_USAGE, "generation %" PRIu64 ": is current", number);
	TRY(database_find_generation(store, number, &is_known, &manifest));
	if (!is_known)
		return err_set(ERR_NOT_FOUND, "generation %" PRIu64 ": there is none", number);
	TRY(generation_remove_tree(store, number));
	TRY(store_forget_generation_seed(store, number));
	ret = database_forget_generation(store, number);
	if (ret == ERR_NO_SPACE)
		return 0; /* A full disk: the rows go under the next lock. */
	return ret;
}
