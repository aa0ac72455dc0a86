/* SPDX-License-Identifier: MIT */
/*
 * The questions of query.h. What is current is never a column: it is what the link says when
 * the question is asked.
 */
#include "store/query.h"

#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "store/database/database.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <inttypes.h>

/* The path in the generation of a program or plug-in: of a plug-in what follows its program. */
#define IMAGE_PATH \
	"CASE i.is_slot WHEN 2 THEN substr(i.name, instr(i.name, ':') + 1) ELSE i.name END"

static int
get_number(struct db_query *query, int column, uint64_t *ret_number)
{
	int64_t number;

	TRY(db_get_integer(query, column, &number));
	*ret_number = (uint64_t)number;
	return 0;
}

static int
get_name(struct arena *arena, struct db_query *query, int column, const char **ret_text)
{
	char *text;

	TRY(db_get_text(arena, query, column, &text));
	*ret_text = text;
	return 0;
}

static int
read_generation(struct arena *arena, struct db_query *query, struct query_generation *row)
{
	TRY(get_number(query, 0, &row->number));
	TRY(get_number(query, 1, &row->parent));
	TRY(get_number(query, 2, &row->time));
	TRY(get_name(arena, query, 3, &row->command));
	return get_number(query, 4, &row->package_count);
}

int
query_generations(struct arena *arena, const struct store *store,
	struct query_generation **ret_generations, size_t *ret_count)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct query_generation) rows = { 0 };
	uint64_t current;
	int row;

	TRY(store_current(store, &current));
	TRY(db_prepare(store->db,
		"SELECT number, parent, time, command, package_count FROM generation"
		" ORDER BY number",
		&query));
	while ((row = db_step(query)) > 0) {
		struct query_generation found = { 0 };

		TRY(read_generation(arena, query, &found));
		found.is_current = found.number == current;
		vec_push(arena, &rows, found);
	}
	TRY(row);
	*ret_generations = rows.at;
	*ret_count = rows.len;
	return 0;
}

int
query_tiers(struct arena *arena, const struct store *store, struct query_tier **ret_tiers,
	size_t *ret_count)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct query_tier) rows = { 0 };
	int row;

	TRY(db_prepare(store->db,
		"SELECT generation, tier, count(*), sum(builder <> '') FROM image"
		" GROUP BY generation, tier ORDER BY generation, tier",
		&query));
	while ((row = db_step(query)) > 0) {
		struct query_tier found = { 0 };

		TRY(get_number(query, 0, &found.generation));
		TRY(get_name(arena, query, 1, &found.tier));
		TRY(get_number(query, 2, &found.images));
		TRY(get_number(query, 3, &found.published));
		vec_push(arena, &rows, found);
	}
	TRY(row);
	*ret_tiers = rows.at;
	*ret_count = rows.len;
	return 0;
}

/* Read all rows of package, label, path, is_program. */
static int
read_owners(struct arena *arena, struct db_query *query, struct query_owner **ret_owners,
	size_t *ret_count)
{
	VEC(struct query_owner) rows = { 0 };
	int row;

	while ((row = db_step(query)) > 0) {
		struct query_owner found = { 0 };
		uint64_t is_program;

		TRY(get_name(arena, query, 0, &found.package));
		TRY(get_name(arena, query, 1, &found.label));
		TRY(get_name(arena, query, 2, &found.path));
		TRY(get_number(query, 3, &is_program));
		found.is_program = is_program != 0;
		vec_push(arena, &rows, found);
	}
	TRY(row);
	*ret_owners = rows.at;
	*ret_count = rows.len;
	return 0;
}

int
query_owners(struct arena *arena, const struct store *store, uint64_t generation,
	const char *path, struct query_owner **ret_owners, size_t *ret_count)
{
	struct db_query *query AUTO(db_query_free) = NULL;

	TRY(db_prepare(store->db,
		"SELECT p.name, p.label, c.path, 0 FROM content c CROSS JOIN package p"
		" ON p.digest = c.digest AND ?1 BETWEEN p.first AND p.last"
		" WHERE c.path = ?2 UNION ALL "
		"SELECT DISTINCT p.name, p.label, " IMAGE_PATH ", 1 FROM image i"
		" CROSS JOIN package p ON p.label = i.package AND ?1 BETWEEN p.first AND p.last"
		" WHERE i.generation = ?1 AND i.is_slot <> 1 AND " IMAGE_PATH " = ?2 UNION ALL "
		"SELECT p.name, p.label, o.path, 0 FROM output o CROSS JOIN package p"
		" ON p.label = o.package AND ?1 BETWEEN p.first AND p.last"
		" WHERE o.generation = ?1 AND o.path = ?2 ORDER BY 1",
		&query));
	db_bind_integer(query, 1, (int64_t)generation);
	db_bind_text(query, 2, path);
	return read_owners(arena, query, ret_owners, ret_count);
}

static int
tell_holders(struct db_query *query, const char *asked, query_holder *visit, void *data)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int row;

	while ((row = db_step(query)) > 0) {
		const char *package;
		const char *path;

		TRY(get_name(arena, query, 0, &package));
		TRY(get_name(arena, query, 1, &path));
		TRY(visit(data, asked, package, path));
	}
	db_reset(query);
	return row;
}

int
query_holders(const struct store *store, uint64_t generation, const char *const *paths,
	size_t count, bool is_below, query_holder *visit, void *data)
{
	struct db_query *query AUTO(db_query_free) = NULL;

	/* What is below x begins with "x/", and '0' is the byte behind '/'. */
	TRY(db_prepare(store->db,
		is_below ? "SELECT p.name, c.path FROM content c CROSS JOIN package p"
			   " ON p.digest = c.digest AND ?1 BETWEEN p.first AND p.last"
			   " WHERE c.path > ?2 || '/' AND c.path < ?2 || '0'"
			 : "SELECT p.name, c.path FROM content c CROSS JOIN package p"
			   " ON p.digest = c.digest AND ?1 BETWEEN p.first AND p.last"
			   " WHERE c.path = ?2",
		&query));
	for (size_t i = 0; i < count; i++) {
		db_bind_integer(query, 1, (int64_t)generation);
		db_bind_text(query, 2, paths[i]);
		TRY(tell_holders(query, paths[i], visit, data));
	}
	return 0;
}

static int
need_package(const struct store *store, uint64_t generation, const char *package)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int row;

	TRY(db_prepare(store->db,
		"SELECT 1 FROM package WHERE ?1 BETWEEN first AND last AND name = ?2", &query));
	db_bind_integer(query, 1, (int64_t)generation);
	db_bind_text(query, 2, package);
	row = db_step(query);
	TRY(row);
	if (row == 0)
		return err_set(ERR_NOT_FOUND, "%s: not installed", package);
	return 0;
}

int
query_files(struct arena *arena, const struct store *store, uint64_t generation,
	const char *package, struct query_owner **ret_files, size_t *ret_count)
{
	struct db_query *query AUTO(db_query_free) = NULL;

	TRY(need_package(store, generation, package));
	TRY(db_prepare(store->db,
		"SELECT p.name, p.label, c.path, 0 FROM package p JOIN content c"
		" ON p.digest = c.digest WHERE ?1 BETWEEN p.first AND p.last AND p.name = ?2"
		" UNION ALL "
		"SELECT DISTINCT p.name, p.label, " IMAGE_PATH ", 1 FROM package p JOIN image i"
		" ON p.label = i.package AND i.generation = ?1 AND i.is_slot <> 1"
		" WHERE ?1 BETWEEN p.first AND p.last AND p.name = ?2 UNION ALL "
		"SELECT p.name, p.label, o.path, 0 FROM package p JOIN output o"
		" ON p.label = o.package AND o.generation = ?1"
		" WHERE ?1 BETWEEN p.first AND p.last AND p.name = ?2 ORDER BY 3",
		&query));
	db_bind_integer(query, 1, (int64_t)generation);
	db_bind_text(query, 2, package);
	return read_owners(arena, query, ret_files, ret_count);
}

static int
get_store_path(struct arena *arena, const struct store *store, struct db_query *query,
	int column, const char **ret_path)
{
	const char *name;
	const char *file;

	TRY(get_name(arena, query, column, &name));
	TRY(get_name(arena, query, column + 1, &file));
	*ret_path = arena_printf(arena, "%s/store/%s/%s", store->root, name, file);
	return 0;
}

static int
read_slot(struct arena *arena, const struct store *store, struct db_query *query,
	struct query_slot *row)
{
	uint64_t is_current;
	const char *store_name;

	TRY(get_name(arena, query, 0, &row->name));
	TRY(get_name(arena, query, 1, &row->package));
	TRY(db_get_digest(query, 2, &row->key));
	TRY(db_get_digest(query, 3, &row->image));
	TRY(db_get_digest(query, 4, &row->layout_id));
	TRY(get_number(query, 5, &row->base));
	TRY(get_number(query, 6, &row->size));
	TRY(get_name(arena, query, 7, &store_name));
	row->is_damaged = store_is_damaged(store, store_name);
	TRY(get_store_path(arena, store, query, 7, &row->path));
	TRY(get_number(query, 9, &is_current));
	row->is_current = is_current != 0;
	TRY(get_number(query, 10, &row->tls.start));
	TRY(get_number(query, 11, &row->tls.size));
	TRY(get_number(query, 12, &row->tls.align));
	return 0;
}

int
query_slots(struct arena *arena, const struct store *store, struct query_slot **ret_slots,
	size_t *ret_count)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct query_slot) rows = { 0 };
	uint64_t current;
	int row;

	TRY(store_current(store, &current));
	TRY(db_prepare(store->db,
		"SELECT name, package, key, digest, layout, base, size, store_name, store_file,"
		" max(generation = ?1), tls_start, tls_size, tls_align FROM image WHERE "
		"is_slot <> 0"
		" GROUP BY name, key, digest, base ORDER BY base, name, digest",
		&query));
	db_bind_integer(query, 1, (int64_t)current);
	while ((row = db_step(query)) > 0) {
		struct query_slot found = { 0 };

		TRY(read_slot(arena, store, query, &found));
		vec_push(arena, &rows, found);
	}
	TRY(row);
	*ret_slots = rows.at;
	*ret_count = rows.len;
	return 0;
}

int
query_images(struct arena *arena, const struct store *store, struct query_image **ret_images,
	size_t *ret_count)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct query_image) rows = { 0 };
	int row;

	TRY(db_prepare(store->db,
		"SELECT key, digest, name, store_name, store_file, layout, max(generation)"
		" FROM image GROUP BY key ORDER BY name, key",
		&query));
	while ((row = db_step(query)) > 0) {
		struct query_image found = { 0 };
		const char *store_name;

		TRY(db_get_digest(query, 0, &found.key));
		TRY(db_get_digest(query, 1, &found.digest));
		TRY(get_name(arena, query, 2, &found.name));
		TRY(get_name(arena, query, 3, &store_name));
		TRY(get_store_path(arena, store, query, 3, &found.path));
		TRY(db_get_digest(query, 5, &found.layout_id));
		if (file_exists(AT_FDCWD, found.path) && !store_is_damaged(store, store_name))
			vec_push(arena, &rows, found);
	}
	TRY(row);
	*ret_images = rows.at;
	*ret_count = rows.len;
	return 0;
}

static int
read_event(
	struct arena *arena, struct db_query *query, uint64_t current, struct query_event *row)
{
	uint64_t result;

	TRY(get_number(query, 0, &row->id));
	TRY(get_number(query, 1, &row->time));
	TRY(get_name(arena, query, 2, &row->command));
	TRY(get_number(query, 3, &row->before));
	TRY(get_number(query, 4, &row->after));
	TRY(get_number(query, 5, &result));
	if (result > QUERY_NOT_DONE)
		return err_set(ERR_FORMAT, "history: unknown result (run 'weld repair')");
	row->result = (enum query_result)result;
	/* The rename was the commit: only the note of it is missing. */
	if (row->result == QUERY_PENDING && row->after == current)
		row->result = QUERY_DONE;
	return 0;
}

int
query_history(struct arena *arena, const struct store *store, struct query_event **ret_events,
	size_t *ret_count)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	VEC(struct query_event) rows = { 0 };
	uint64_t current;
	int row;

	TRY(store_current(store, &current));
	TRY(db_prepare(store->db,
		"SELECT id, time, command, before, after, result FROM event ORDER BY id",
		&query));
	while ((row = db_step(query)) > 0) {
		struct query_event found = { 0 };

		TRY(read_event(arena, query, current, &found));
		vec_push(arena, &rows, found);
	}
	TRY(row);
	*ret_events = rows.at;
	*ret_count = rows.len;
	return 0;
}

/* What stands in the generation's rows; `current` is what the link says now. */
static const char *const views[] = {
	"CREATE TEMP VIEW packages AS SELECT number AS generation, number = %" PRIu64
	" AS current, name, label, lower(hex(digest)) AS digest"
	" FROM generation JOIN package ON number BETWEEN first AND last",
	"CREATE TEMP VIEW images AS SELECT generation, generation = %" PRIu64 " AS current,"
	" CASE is_slot WHEN 0 THEN 'program' WHEN 1 THEN 'slot' ELSE 'plugin' END AS kind, "
	"name AS image, package,"
	" lower(hex(digest)) AS digest, lower(hex(key)) AS key,"
	" 'store/' || store_name || '/' || store_file AS file FROM image",
	"CREATE TEMP VIEW slots AS SELECT generation, generation = %" PRIu64 " AS current,"
	" name AS slot, package, base AS address, size, lower(hex(layout)) AS layout_id"
	" FROM image WHERE is_slot = 1",
};

int
query_connect(const struct store *store, struct db **ret_db)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct db *db AUTO(db_close) = NULL;
	uint64_t current;

	TRY(store_current(store, &current));
	TRY(database_open_path(store, DATABASE_PATH, false, &db));
	for (size_t i = 0; i < sizeof views / sizeof views[0]; i++)
		TRY(db_run(db, arena_printf(arena, views[i], current)));
	*ret_db = db;
	db = NULL;
	return 0;
}
