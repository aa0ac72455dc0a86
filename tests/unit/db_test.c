/* SPDX-License-Identifier: MIT */
/* db: schema steps, transactions, types, and databases that are damaged, old, new or foreign. */
#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const steps[] = {
	"CREATE TABLE item (name TEXT PRIMARY KEY, number INTEGER, digest BLOB) STRICT",
	"CREATE TABLE other (id INTEGER PRIMARY KEY) STRICT",
	"INSERT INTO no_such_table VALUES (1)",
};
static const struct db_schema old_schema = { steps, 1, 77, "run 'weld repair'" };
static const struct db_schema schema = { steps, 2, 77, "run 'weld repair'" };
static const struct db_schema foreign = { steps, 2, 78, "run 'weld repair'" };
static const struct db_schema broken = { steps, 3, 77, "run 'weld repair'" };

static int
add_item(struct db *db, const char *name, int64_t number)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	struct digest digest = hash_bytes(name, strlen(name));

	TRY(db_prepare(db, "INSERT INTO item VALUES (?1, ?2, ?3)", &query));
	db_bind_text(query, 1, name);
	db_bind_integer(query, 2, number);
	db_bind_digest(query, 3, &digest);
	return db_finish(query);
}

static int64_t
count_items(struct db *db)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int64_t count = -1;

	if (db_prepare(db, "SELECT count(*) FROM item", &query) < 0 || db_step(query) != 1 ||
		db_get_integer(query, 0, &count) < 0)
		return -1;
	return count;
}

static void
test_types(struct arena *arena, struct db *db)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	struct digest wanted = hash_bytes("b", 1);
	struct digest digest;
	int64_t number;
	char *text;
	void *bytes;
	size_t length;

	tap_is_number(
		db_prepare(db, "SELECT name, number, digest, NULL FROM item WHERE name = ?1",
			&query),
		0, "prepare");
	db_bind_text(query, 1, "b");
	tap_is_number(db_step(query), 1, "a row");
	tap_is_number(db_get_text(arena, query, 0, &text), 0, "text");
	tap_is_string(text, "b", "the text");
	tap_is_number(db_get_integer(query, 1, &number), 0, "integer");
	tap_is_number(number, INT64_MIN, "the integer");
	tap_is_number(db_get_digest(query, 2, &digest), 0, "digest");
	tap_ok(digest_equal(&digest, &wanted), "the digest");
	tap_is_number(db_get_bytes(arena, query, 2, &bytes, &length), 0, "bytes");
	tap_is_number((long long)length, DIGEST_SIZE, "length of the bytes");
	tap_ok(db_is_null(query, 3), "NULL");
	tap_is_number(db_get_text_or_null(arena, query, 3, &text), 0, "text or NULL");
	tap_is_string(text, NULL, "is NULL");
	tap_is_number(db_get_text(arena, query, 1, &text), ERR_FORMAT, "integer as text");
	tap_is_number(db_get_integer(query, 0, &number), ERR_FORMAT, "text as integer");
	tap_is_number(db_step(query), 0, "no second row");
	db_reset(query);
	db_bind_text(query, 1, "absent");
	tap_is_number(db_step(query), 0, "no row for another parameter");
}

static void
test_transactions(const char *path, struct db *db)
{
	struct db *second AUTO(db_close) = NULL;

	tap_is_number(db_begin(db), 0, "begin");
	tap_is_number(add_item(db, "a", 1), 0, "insert");
	db_rollback(db);
	tap_is_number(count_items(db), 0, "a rollback forgets");
	tap_is_number(db_begin(db), 0, "begin again");
	tap_is_number(add_item(db, "a", 1), 0, "insert a");
	tap_is_number(add_item(db, "b", INT64_MIN), 0, "insert b");
	tap_is_number(db_open(path, &schema, DB_READ_ONLY, &second), 0, "a second connection");
	tap_is_number(count_items(second), 0, "the other one sees nothing yet");
	tap_is_number(db_commit(db), 0, "commit");
	tap_is_number(count_items(second), 2, "the other one sees the commit");
	tap_is_number(add_item(db, "a", 1), ERR_EXISTS, "a key that is there");
	tap_is_number(add_item(second, "c", 1), ERR_IO, "a read-only connection cannot write");
	tap_is_number(db_run(db, "SELECT nonsense FROM item"), ERR_FAILED, "wrong SQL");
	tap_is_number(db_check(db), 0, "the file is sound");
}

static void
test_schemas(const char *path)
{
	struct db *db AUTO(db_close) = NULL;

	tap_is_number(
		db_open(path, &schema, DB_READ_ONLY, &db), ERR_NOT_FOUND, "missing, read-only");
	tap_is_number(db_open(path, &old_schema, 0, &db), 0, "made with the old schema");
	tap_is_number(add_item(db, "kept", 1), 0, "insert");
	db_close(&db);
	tap_is_number(
		db_open(path, &schema, DB_READ_ONLY, &db), ERR_FORMAT, "too old to only read");
	tap_is_number(db_open(path, &broken, 0, &db), ERR_FAILED, "a step that fails");
	tap_is_number(
		db_open(path, &schema, DB_READ_ONLY, &db), ERR_FORMAT, "...changed nothing");
	tap_is_number(db_open(path, &schema, 0, &db), 0, "brought to the newest");
	tap_is_number(count_items(db), 1, "its rows are kept");
	tap_is_number(db_run(db, "INSERT INTO other VALUES (1); DELETE FROM item"), 0,
		"the new table is there");
	tap_is_number(db_changed(db), 1, "rows changed");
	db_close(&db);
	tap_is_number(db_open(path, &old_schema, 0, &db), ERR_FORMAT, "made by a newer weld");
	tap_is_number(db_open(path, &foreign, 0, &db), ERR_FORMAT, "another kind of database");
	tap_is_number(db_open(path, &schema, DB_READ_ONLY, &db), 0, "opened to read");
}

static void
test_damage(struct arena *arena, const char *dir, const char *path)
{
	struct db *db AUTO(db_close) = NULL;
	struct str contents;
	char *damaged = arena_printf(arena, "%s/damaged.db", dir);
	char *expected =
		arena_printf(arena, "%s: database is damaged (run 'weld repair')", damaged);
	char *bytes;
	int ret;

	if (file_read(arena, AT_FDCWD, path, 1 << 20, &contents) < 0)
		tap_bail("%s", err_message());
	file_create(AT_FDCWD, damaged, "this is no database, not even nearly one", 40, 0644);
	tap_is_number(db_open(damaged, &schema, 0, &db), ERR_FORMAT, "not a database");
	tap_is_string(err_message(), expected, "the message names file and remedy");
	bytes = arena_copy(arena, contents.at, contents.len);
	memset(bytes + 4096, 0xa5, contents.len - 4096);
	file_replace(AT_FDCWD, damaged, bytes, contents.len, 0644);
	ret = db_open(damaged, &schema, 0, &db);
	if (ret >= 0)
		ret = db_check(db);
	tap_is_number(ret, ERR_FORMAT, "damaged pages are found");
	db_close(&db);
	file_replace(AT_FDCWD, damaged, contents.at, contents.len / 2, 0644);
	ret = db_open(damaged, &schema, 0, &db);
	if (ret >= 0)
		ret = db_check(db);
	tap_is_number(ret, ERR_FORMAT, "a file cut short is found");
}

/* A source: the numbers 1 to 9 and their squares; the wanted number alone when one is wanted. */
struct numbers {
	int64_t at, last;
};

static int
numbers_begin(void *data, const char *const *wanted, void **ret_cursor)
{
	struct numbers *numbers = calloc(1, sizeof *numbers);

	if (numbers == NULL)
		abort();
	*numbers = (struct numbers){ .last = 9 };
	if (wanted[0] != NULL) {
		numbers->last = strtol(wanted[0], NULL, 10);
		numbers->at = numbers->last > 9 ? numbers->last : numbers->last - 1;
		(*(int *)data)++;
	}
	*ret_cursor = numbers;
	return 0;
}

static bool
numbers_next(void *cursor)
{
	struct numbers *numbers = cursor;

	return ++numbers->at <= numbers->last;
}

static void
numbers_get(void *cursor, int column, struct db_cell *ret_cell)
{
	const struct numbers *numbers = cursor;

	ret_cell->type = DB_INTEGER;
	ret_cell->integer = column == 0 ? numbers->at : numbers->at * numbers->at;
}

static const char *
ask(struct arena *arena, struct db *db, const char *sql)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	struct db_cell cell;
	const char *text = "";
	int row;

	if (db_prepare_foreign(db, sql, &query) < 0)
		return err_message();
	while ((row = db_step(query)) > 0) {
		db_get_cell(arena, query, 0, &cell);
		text = cell.type == DB_INTEGER
			       ? arena_printf(arena, "%s%d ", text, (int)cell.integer)
		       : cell.type == DB_NULL ? arena_printf(arena, "%snull ", text)
					      : arena_printf(arena, "%s%s ", text, cell.text);
	}
	return row < 0 ? err_message() : text;
}

static void
test_source(struct arena *arena, struct db *db)
{
	int searches = 0;
	const struct db_source source = { .name = "numbers",
		.columns = "number INTEGER, square INTEGER",
		.column_count = 2,
		.searchable = 1,
		.data = &searches,
		.begin = numbers_begin,
		.next = numbers_next,
		.get = numbers_get,
		.end = free };

	tap_is_number(db_add_source(db, &source), 0, "a source is added");
	tap_is_number(db_restrict(db), 0, "from here on it is read only");
	tap_is_string(ask(arena, db, "SELECT square FROM numbers WHERE square > 50"), "64 81 ",
		"a source is asked like a table");
	tap_is_number(searches, 0, "without an index where there is none");
	tap_is_string(ask(arena, db, "SELECT square FROM numbers WHERE number = 7"), "49 ",
		"one row of it");
	tap_is_number(searches, 1, "which is searched for");
	tap_is_string(
		ask(arena, db,
			"SELECT a.number FROM numbers a JOIN numbers b ON a.number = b.square"),
		"1 4 9 ", "and joined");
	tap_is_string(ask(arena, db, "SELECT NULL; "), "null ", "no value is one, too");
	tap_is_string(ask(arena, db, "SELECT x'00ff'"), "00ff ", "bytes come as hex");
}

static void
test_restricted(struct db *db)
{
	static const char *const refused[] = { "DELETE FROM item", "CREATE TEMP TABLE t (a)",
		"DROP TABLE item", "ATTACH 'other.db' AS other", "PRAGMA query_only = OFF",
		"VACUUM INTO 'copy.db'", "BEGIN", "SELECT load_extension('x')",
		"SELECT 1; SELECT 2", "SELECT ?1", "", "SELECT FROM" };

	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct db_query *query AUTO(db_query_free) = NULL;

		tap_is_number(db_prepare_foreign(db, refused[i], &query), ERR_USAGE,
			"refused: %s", refused[i]);
	}
	tap_ok(!file_exists(AT_FDCWD, "copy.db"), "nothing was written");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct db *db AUTO(db_close) = NULL;
	char *dir;
	char *path;

	if (file_temp_dir(arena, ".", &dir) < 0)
		tap_bail("%s", err_message());
	path = arena_printf(arena, "%s/test.db", dir);
	test_schemas(path);
	tap_is_number(db_open(path, &schema, 0, &db), 0, "open");
	test_transactions(path, db);
	test_types(arena, db);
	test_damage(arena, dir, path);
	test_source(arena, db);
	test_restricted(db);
	db_close(&db);
	db_close(&db);
	tap_ok(!file_exists(AT_FDCWD, arena_printf(arena, "%s-journal", path)),
		"one file holds everything");
	file_remove_tree(AT_FDCWD, dir);
	return tap_done();
}
