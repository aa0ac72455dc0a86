/* SPDX-License-Identifier: MIT */
/*
 * A new database from generations/N/manifest.json: written beside the old one, then renamed
 * over it. Of the history what the generations themselves tell is left.
 */
#include "store/repair.h"

#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "store/database/database.h"
#include "store/generation/farm.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <inttypes.h>

#define NEW_PATH "db/weld.db.new"
#define OLD_PATH "db/weld.db.damaged"

int
repair_check_database(const struct store *store)
{
	struct digest known;
	uint64_t current;
	bool is_known;

	TRY(db_check(store->db));
	TRY(store_current(store, &current));
	if (current == 0)
		return 0;
	TRY(database_find_generation(store, current, &is_known, &known));
	if (!is_known)
		return err_set(ERR_FORMAT,
			"%s/" DATABASE_PATH ": generation %" PRIu64 " is not in it",
			store->root, current);
	return 0;
}

int
repair_compact(struct store *store)
{
	TRY(store_need_lock(store));
	return db_run(store->db, "VACUUM");
}

/* What is installed, as rows: without them the manifest is read, so they may wait for a list that is damaged. */
static int
add_installed(struct arena *arena, struct store *store, const struct generation *generation)
{
	struct tree tree;
	int ret = farm_make(arena, store, generation, NULL, &tree);

	if (ret == ERR_NOT_FOUND || ret == ERR_DIGEST || ret == ERR_FORMAT) {
		log_debug("store", "%s", err_message());
		return 0;
	}
	TRY(ret);
	TRY(database_set_installed(store, generation));
	return database_set_places(store, &tree, NULL);
}

static int
add_generation(struct arena *arena, struct store *store, uint64_t number, bool is_current)
{
	struct generation generation;
	struct manifest_text manifest;
	uint64_t id;
	struct query_event event = { .after = number, .result = QUERY_DONE };

	TRY(generation_read_file(arena, store, number, &generation, &manifest));
	event.time = generation.time;
	event.command = generation.command;
	event.before = generation.parent;
	TRY(database_add_generation(store, &generation, &manifest.digest, manifest.text));
	if (is_current) {
		TRY(add_installed(arena, store, &generation));
		TRY(database_keep_texts(store, number, manifest.text, generation.parent));
	}
	return database_add_event(store, &event, true, NULL, &id);
}

static int
add_generations(struct store *store, uint64_t current)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	uint64_t *numbers;
	size_t count;

	TRY(generation_list_numbers(arena, store, &numbers, &count));
	for (size_t i = 0; i < count; i++) {
		int ret = add_generation(arena, store, numbers[i], numbers[i] == current);

		if (ret == ERR_FORMAT && numbers[i] != current) {
			store->notice = arena_printf(
				store->arena, "%s; that generation is given up", err_message());
			continue;
		}
		TRY(ret);
	}
	return 0;
}

static int
fill(struct store *store, uint64_t current)
{
	int ret;

	TRY(db_begin(store->db));
	ret = add_generations(store, current);
	if (ret < 0) {
		db_rollback(store->db);
		return ret;
	}
	return db_commit(store->db);
}

/* A journal without its database would be played into the next one: it goes first. */
static int
move_old(struct store *store)
{
	bool is_there;

	TRY(file_is_there(store->dir, DATABASE_PATH "-journal", &is_there));
	if (is_there)
		TRY(file_rename(
			store->dir, DATABASE_PATH "-journal", store->dir, OLD_PATH "-journal"));
	TRY(file_is_there(store->dir, DATABASE_PATH, &is_there));
	if (is_there)
		TRY(file_rename(store->dir, DATABASE_PATH, store->dir, OLD_PATH));
	return file_rename(store->dir, NEW_PATH, store->dir, DATABASE_PATH);
}

int
repair_database(struct store *store)
{
	int dir AUTO(file_close) = -1;
	uint64_t current;
	int ret;

	TRY(store_need_lock(store));
	TRY(store_current(store, &current));
	TRY(file_remove_tree(store->dir, NEW_PATH));
	TRY(file_remove_tree(store->dir, NEW_PATH "-journal"));
	db_close(&store->db);
	TRY(database_open_path(store, NEW_PATH, true, &store->db));
	ret = fill(store, current);
	db_close(&store->db);
	TRY(ret);
	TRY(move_old(store));
	TRY(file_open_dir(store->dir, "db", &dir));
	TRY(file_sync_dir(dir));
	TRY(database_open(store, false));
	return store_reconcile(store);
}
