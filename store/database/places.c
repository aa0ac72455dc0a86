/* SPDX-License-Identifier: MIT */
/*
 * What stands at each place of the current generation's tree, as rows: so that the next tree need not be made
 * from all files of all packages. They are of the generation that installed.c says, (N1) there.
 */
#include "store/database/database.h"

#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/vec.h"
#include "store/generation/farm.h"
#include "store/root/handle.h"

#define COLUMNS "path, package, kind, target, file_kind, mode, digest, is_made, is_plugin"

static int
read_place(struct arena *arena, struct db_query *query, struct tree_entry *place)
{
	int64_t kind, file_kind, mode, is_made, is_plugin;
	char *path, *package, *target;

	TRY(db_get_text(arena, query, 0, &path));
	TRY(db_get_text(arena, query, 1, &package));
	TRY(db_get_integer(query, 2, &kind));
	TRY(db_get_text_or_null(arena, query, 3, &target));
	TRY(db_get_integer(query, 4, &file_kind));
	TRY(db_get_integer(query, 5, &mode));
	TRY(db_get_digest(query, 6, &place->digest));
	TRY(db_get_integer(query, 7, &is_made));
	TRY(db_get_integer(query, 8, &is_plugin));
	if (kind < 0 || kind > TREE_STATE || file_kind < 0 ||
		file_kind > GENERATION_DIRECTORY || mode < 0 || mode > 0777 ||
		(target == NULL && kind <= TREE_LINK))
		return err_set(ERR_FORMAT, "%s: damaged row (run 'weld repair')", path);
	place->path = path;
	place->package = package;
	place->target = target;
	place->kind = (enum tree_kind)kind;
	place->file_kind = (enum generation_file_kind)file_kind;
	place->mode = (mode_t)mode;
	place->is_made = is_made != 0;
	place->is_plugin = is_plugin != 0;
	place->has_row = true;
	return 0;
}

/* Whether the rows are of a generation. */
static int
are_of(const struct store *store, uint64_t number)
{
	struct db_query *query AUTO(db_query_free) = NULL;

	TRY(db_prepare(store->db, "SELECT 1 FROM installed_of WHERE generation = ?1", &query));
	db_bind_integer(query, 1, (int64_t)number);
	return db_step(query);
}

static int
read_places(struct arena *arena, const struct store *store, struct tree *ret_tree)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct tree_entry *) places = { 0 };
	int row;

	TRY(db_prepare(
		store->db, "SELECT " COLUMNS " FROM place ORDER BY path, package", &query));
	while ((row = db_step(query)) > 0) {
		struct tree_entry *place = ARENA_NEW(arena, struct tree_entry);

		*place = (struct tree_entry){ 0 };
		TRY(read_place(arena, query, place));
		vec_push(arena, &places, place);
	}
	TRY(row);
	ret_tree->entries = places.at;
	ret_tree->count = places.len;
	return 1;
}

int
database_read_places(
	struct arena *arena, const struct store *store, uint64_t number, struct tree *ret_tree)
{
	int ret;

	/* One transaction: no switch comes between the questions. */
	TRY(db_run(store->db, "BEGIN"));
	ret = are_of(store, number);
	if (ret > 0)
		ret = read_places(arena, store, ret_tree);
	db_rollback(store->db);
	return ret;
}

static int
remove_gone(struct store *store, const struct farm_base *base)
{
	struct db_query *remove AUTO(db_query_free) = NULL;

	if (base == NULL)
		return db_run(store->db, "DELETE FROM place");
	TRY(db_prepare(
		store->db, "DELETE FROM place WHERE path = ?1 AND package = ?2", &remove));
	for (size_t i = 0; i < base->tree.count; i++) {
		const struct tree_entry *place = base->tree.entries[i];

		if (!place->is_gone)
			continue;
		db_bind_text(remove, 1, place->path);
		db_bind_text(remove, 2, place->package);
		TRY(db_finish(remove));
	}
	return 0;
}

int
database_set_places(struct store *store, const struct tree *tree, const struct farm_base *base)
{
	struct db_query *add AUTO(db_query_free) = NULL;

	TRY(remove_gone(store, base));
	TRY(db_prepare(store->db,
		"INSERT INTO place (" COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		&add));
	for (size_t i = 0; i < tree->count; i++) {
		const struct tree_entry *place = tree->entries[i];

		if (place->has_row)
			continue;
		db_bind_text(add, 1, place->path);
		db_bind_text(add, 2, place->package);
		db_bind_integer(add, 3, place->kind);
		db_bind_text(add, 4, place->target);
		db_bind_integer(add, 5, place->file_kind);
		db_bind_integer(add, 6, (int64_t)place->mode);
		db_bind_digest(add, 7, &place->digest);
		db_bind_integer(add, 8, place->is_made);
		db_bind_integer(add, 9, place->is_plugin);
		TRY(db_finish(add));
	}
	return 0;
}
