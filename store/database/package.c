/* SPDX-License-Identifier: MIT */
/*
 * Which generations have a package, as intervals: a thousand generations of ten thousand packages are rows of what
 * changed between them, not ten million. A generation has the rows around its number.
 *
 * (P1) Numbers only grow: a new generation is compared with the rows that are open, which are none but the
 *      newest generation's. What it does not have is closed, what they do not have is a new row.
 * (P2) A row that has no generation any more is gone. So a generation that is the newest and removed
 *      takes the rows that it opened with it; what it closed stays closed, which is right for all before.
 */
#include "store/database/database.h"

#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/log.h"
#include "base/map.h"
#include "store/root/handle.h"

#include <string.h>

#define OPEN INT64_MAX /* in `last`: the newest generation has it */

struct open_row {
	char *label;
	struct digest digest;
};

static int
read_open(struct arena *arena, const struct store *store, struct map *ret_rows)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int row;

	TRY(db_prepare(
		store->db, "SELECT name, label, digest FROM package WHERE last = ?1", &query));
	db_bind_integer(query, 1, OPEN);
	while ((row = db_step(query)) > 0) {
		struct open_row *open = ARENA_NEW(arena, struct open_row);
		char *name;

		TRY(db_get_text(arena, query, 0, &name));
		TRY(db_get_text(arena, query, 1, &open->label));
		TRY(db_get_digest(query, 2, &open->digest));
		map_set(arena, ret_rows, name, open);
	}
	return row;
}

static bool
is_same(const struct open_row *open, const char *label, const struct digest *digest)
{
	return open != NULL && strcmp(open->label, label) == 0 &&
	       digest_equal(&open->digest, digest);
}

/*
 * The paths of a package. A list that is damaged has none until it is made anew, and then its package comes with
 * its files: only a new database meets one.
 */
static int
add_contents(
	struct store *store, const struct generation_package *package, struct db_query *add)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const struct generation_file *files;
	size_t count;
	int ret = generation_files(arena, store, package, &files, &count);

	if (ret == ERR_NOT_FOUND || ret == ERR_DIGEST || ret == ERR_FORMAT) {
		log_debug("store", "%s", err_message());
		return 0;
	}
	TRY(ret);
	db_bind_digest(add, 1, &package->digest);
	for (size_t i = 0; i < count; i++) {
		db_bind_text(add, 2, files[i].path);
		TRY(db_finish(add));
	}
	return 0;
}

/* Close the rows of what a generation does not have, or has otherwise. */
static int
close_others(struct store *store, const struct generation *generation, const struct map *open)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct db_query *close AUTO(db_query_free) = NULL;

	TRY(db_prepare(store->db, "UPDATE package SET last = ?2 WHERE name = ?1 AND last = ?3",
		&close));
	for (size_t i = 0; i < open->len; i++) {
		const char *name = open->entries[i].key;
		const struct generation_package *package =
			generation_find_package(generation, name);

		if (package != NULL &&
			is_same(open->entries[i].value,
				generation_package_label(arena, package), &package->digest))
			continue;
		db_bind_text(close, 1, name);
		db_bind_integer(close, 2, (int64_t)generation->number - 1);
		db_bind_integer(close, 3, OPEN);
		TRY(db_finish(close));
	}
	return 0;
}

int
database_add_packages(struct store *store, const struct generation *generation)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct db_query *add AUTO(db_query_free) = NULL;
	struct db_query *add_path AUTO(db_query_free) = NULL;
	struct map open = { 0 };

	TRY(read_open(arena, store, &open));
	TRY(close_others(store, generation, &open));
	TRY(db_prepare(store->db, "INSERT INTO package VALUES (?1, ?2, ?3, ?4, ?5)", &add));
	TRY(db_prepare(store->db, "INSERT OR IGNORE INTO content VALUES (?1, ?2)", &add_path));
	for (size_t i = 0; i < generation->package_count; i++) {
		const struct generation_package *package = &generation->packages[i];
		const char *label = generation_package_label(arena, package);
		bool stays = is_same(map_get(&open, package->name), label, &package->digest);

		/* What comes with its files was new, or its list was lost. */
		if (!stays || package->files != NULL)
			TRY(add_contents(store, package, add_path));
		if (stays)
			continue;
		db_bind_text(add, 1, package->name);
		db_bind_integer(add, 2, (int64_t)generation->number);
		db_bind_integer(add, 3, OPEN);
		db_bind_text(add, 4, label);
		db_bind_digest(add, 5, &package->digest);
		TRY(db_finish(add));
	}
	return 0;
}

/* Rows between the generations before and behind ?1, which is the only one that they can be of. */
#define GONE(row)                                                                       \
	row ".first <= ?1 AND " row ".first > "                                         \
	    "(SELECT ifnull(max(number), 0) FROM generation WHERE number < ?1) AND "    \
	    "NOT EXISTS (SELECT 1 FROM generation WHERE number > ?1 AND number <= " row \
	    ".last)"

static int
run_with(struct store *store, const char *sql, uint64_t number)
{
	struct db_query *query AUTO(db_query_free) = NULL;

	TRY(db_prepare(store->db, sql, &query));
	db_bind_integer(query, 1, (int64_t)number);
	return db_finish(query);
}

int
database_remove_packages(struct store *store, uint64_t number)
{
	TRY(run_with(store,
		"DELETE FROM content WHERE digest IN (SELECT p.digest FROM package p "
		"WHERE " GONE("p") " AND NOT EXISTS (SELECT 1 FROM package o WHERE o.digest ="
				   " p.digest AND NOT (" GONE("o") ")))",
		number));
	return run_with(store, "DELETE FROM package AS p WHERE " GONE("p"), number);
}
