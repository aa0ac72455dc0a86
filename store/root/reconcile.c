/* SPDX-License-Identifier: MIT */
/*
 * After a crash: the link `current` is the truth. In this order, each step safe to repeat:
 * 1. temporary names are removed;
 * 2. an event without an end was done if `current` points where it wanted to, otherwise not,
 *    and then a generation that it had made is forgotten;
 * 3. generations without a directory lose their rows, directories without rows are removed.
 */
#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/file.h"
#include "store/database/database.h"
#include "store/generation/tree.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define STATE_DEPTH_MAX 32 /* directories; packages have fewer */

static int
remove_temporary(struct arena *arena, int dir, const char *path)
{
	int fd AUTO(file_close) = -1;
	char **names;
	size_t count;

	TRY(file_open_dir(dir, path, &fd));
	TRY(file_list(arena, fd, &names, &count));
	for (size_t i = 0; i < count; i++)
		if (str_has_prefix(names[i], STORE_NEW))
			TRY(file_remove_tree(fd, names[i]));
	return 0;
}

/* A name that file_replace() gives to what it is writing. */
static bool
is_unfinished(const char *name)
{
	const char *digits = name + strlen(STORE_NEW);

	return str_has_prefix(name, STORE_NEW) && strlen(digits) == 16 &&
	       strspn(digits, "0123456789abcdef") == 16;
}

/*
 * Remove files that were being written from a tree that belongs to the user: nothing else there
 * is touched, links are not followed, and what cannot be looked into is left alone.
 */
static void
remove_unfinished(int parent, const char *path, unsigned depth)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int dir AUTO(file_close) = -1;
	struct stat info;
	char **names;
	size_t count;

	if (depth > STATE_DEPTH_MAX || fstatat(parent, path, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
		!S_ISDIR(info.st_mode))
		return;
	if (file_open_dir(parent, path, &dir) < 0 || file_list(arena, dir, &names, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (is_unfinished(names[i]))
			(void)file_remove_tree(dir, names[i]);
		else
			remove_unfinished(dir, names[i], depth + 1);
}

struct open_event { /* an event without an end */
	int64_t id;
	int64_t after;
	int64_t is_new;
	char *command;
	struct generation_state_file file; /* an empty path: none */
};

typedef VEC(struct open_event) open_events;

static int
find_open_events(struct arena *arena, struct store *store, open_events *ret_events)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int row;

	TRY(db_prepare(store->db,
		"SELECT id, after, is_new, command, state_path, state_text FROM event"
		" WHERE result = 0 ORDER BY id",
		&query));
	while ((row = db_step(query)) > 0) {
		struct open_event event = { 0 };
		char *path, *text;

		TRY(db_get_integer(query, 0, &event.id));
		TRY(db_get_integer(query, 1, &event.after));
		TRY(db_get_integer(query, 2, &event.is_new));
		TRY(db_get_text(arena, query, 3, &event.command));
		TRY(db_get_text(arena, query, 4, &path));
		TRY(db_get_text(arena, query, 5, &text));
		event.file = (struct generation_state_file){ path, str_from(text) };
		vec_push(arena, ret_events, event);
	}
	return row;
}

static int
end_event(struct store *store, const struct open_event *event, uint64_t current,
	const struct tree *tree)
{
	bool is_done = (uint64_t)event->after == current;

	if (is_done)
		TRY(tree_settle_config(store, current, event->is_new != 0, tree));
	if (is_done && event->file.path[0] != '\0')
		TRY(tree_write_state_file(store, &event->file));
	if (!is_done && event->is_new != 0)
		TRY(database_remove_generation(store, (uint64_t)event->after));
	return database_end_event(
		store, (uint64_t)event->id, is_done ? QUERY_DONE : QUERY_NOT_DONE);
}

static int
end_events(struct arena *arena, struct store *store, uint64_t current)
{
	open_events events = { 0 };
	struct tree tree;

	TRY(find_open_events(arena, store, &events));
	if (events.len == 0)
		return 0;
	TRY(tree_read_current(arena, store, &tree));
	TRY(db_begin(store->db));
	VEC_EACH (struct open_event, event, &events) {
		int ret = end_event(store, event, current, &tree);

		if (ret < 0) {
			db_rollback(store->db);
			return ret;
		}
		store_say(store, "interrupted '%s' was %s; generation %" PRIu64 " is current",
			event->command, (uint64_t)event->after == current ? "done" : "not done",
			current);
	}
	return db_commit(store->db);
}

static int
forget_missing(struct arena *arena, struct store *store, uint64_t current)
{
	struct query_generation *rows;
	size_t count;
	char name[24];

	TRY(query_generations(arena, store, &rows, &count));
	for (size_t i = 0; i < count; i++) {
		bool is_there;

		snprintf(name, sizeof name, "%" PRIu64, rows[i].number);
		/* What is forgotten here is removed by the next step. */
		TRY(err_context(file_is_there(store->generations_dir, name, &is_there),
			"%s/generations", store->root));
		if (rows[i].number == current || is_there)
			continue;
		TRY(database_forget_generation(store, rows[i].number));
	}
	return 0;
}

static int
remove_unknown(struct arena *arena, struct store *store, uint64_t current)
{
	char **names;
	size_t count;

	TRY(file_list(arena, store->generations_dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		uint64_t number;
		bool is_known;
		struct digest manifest;

		if (!generation_parse_number(names[i], &number))
			continue;
		TRY(database_find_generation(store, number, &is_known, &manifest));
		if (is_known)
			continue;
		if (number == current)
			return err_set(ERR_FORMAT,
				"%s/" DATABASE_PATH ": generation %" PRIu64
				" is current but not in the database (run 'weld repair')",
				store->root, number);
		TRY(generation_remove_tree(store, number));
	}
	return 0;
}

int
store_reconcile(struct store *store)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	uint64_t current;

	TRY(store_need_lock(store));
	TRY(store_current(store, &current));
	TRY(remove_temporary(arena, store->dir, "."));
	TRY(remove_temporary(arena, store->dir, "store"));
	TRY(remove_temporary(arena, store->dir, "generations"));
	TRY(remove_temporary(arena, store->dir, "state"));
	remove_unfinished(store->dir, "state/seeds", 0);
	remove_unfinished(store->dir, TREE_CONFIG, 0);
	remove_unfinished(store->dir, TREE_BASE, 0);
	TRY(end_events(arena, store, current));
	TRY(forget_missing(arena, store, current));
	return remove_unknown(arena, store, current);
}
