/* SPDX-License-Identifier: MIT */
/*
 * The one place where SQLite is included. A connection is opened with the
 * settings that make a commit last and a damaged or hostile file harmless; the
 * schema's version is the pragma user_version, its kind application_id.
 */
#include "base/db.h"

#include "base/arena.h"
#include "base/err.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 10000

struct db {
	sqlite3 *handle;
	char *path;
	char *remedy;
};

struct db_query {
	struct db *db;
	sqlite3_stmt *statement;
	int bind_result; /* the first SQLite code of a parameter that failed */
};

/* Record SQLite's last failure on this connection. */
static int
fail(struct db *db, int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return err_set(
			ERR_FORMAT, "%s: database is damaged (%s)", db->path, db->remedy);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return err_set(ERR_LOCKED, "%s: in use by another process", db->path);
	case SQLITE_FULL:
		return err_set(ERR_NO_SPACE, "%s: disk is full", db->path);
	case SQLITE_NOMEM:
		abort();
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return err_set(ERR_IO, "%s: %s", db->path, sqlite3_errmsg(db->handle));
	case SQLITE_CONSTRAINT:
		if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
			return err_set(
				ERR_EXISTS, "%s: %s", db->path, sqlite3_errmsg(db->handle));
		break;
	default:
		break;
	}
	return err_set(ERR_FAILED, "%s: %s", db->path, sqlite3_errmsg(db->handle));
}

int
db_run(struct db *db, const char *sql)
{
	int code = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : fail(db, sqlite3_extended_errcode(db->handle));
}

static int
read_number(struct db *db, const char *sql, int64_t *ret_number)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	int row;

	TRY(db_prepare(db, sql, &query));
	row = db_step(query);
	TRY(row);
	if (row == 0)
		return err_set(
			ERR_FORMAT, "%s: database is damaged (%s)", db->path, db->remedy);
	return db_get_integer(query, 0, ret_number);
}

static int
configure(struct db *db, bool is_read_only)
{
	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	TRY(db_run(db, "PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;"
		       "PRAGMA temp_store = MEMORY"));
	if (is_read_only)
		return 0;
	return db_run(db, "PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA");
}

/* The schema's version in the file, once its kind is known to be right. */
static int
read_version(struct db *db, const struct db_schema *schema, int64_t *ret_version)
{
	int64_t kind;
	int64_t version;

	TRY(read_number(db, "PRAGMA application_id", &kind));
	TRY(read_number(db, "PRAGMA user_version", &version));
	if (kind != schema->application_id && (kind != 0 || version != 0))
		return err_set(ERR_FORMAT, "%s: not the database that it should be (%s)",
			db->path, db->remedy);
	if (version < 0 || version > (int64_t)schema->step_count)
		return err_set(
			ERR_FORMAT, "%s: made by a newer weld (upgrade this one)", db->path);
	*ret_version = version;
	return 0;
}

static int
run_steps(struct db *db, const struct db_schema *schema)
{
	char pragma[96];
	int64_t version;

	/* Read again: another process may have done it since. */
	TRY(read_version(db, schema, &version));
	for (size_t i = (size_t)version; i < schema->step_count; i++)
		TRY(db_run(db, schema->steps[i]));
	snprintf(pragma, sizeof pragma, "PRAGMA application_id = %d; PRAGMA user_version = %zu",
		schema->application_id, schema->step_count);
	return db_run(db, pragma);
}

static int
bring_to_newest(struct db *db, const struct db_schema *schema, bool is_read_only)
{
	int64_t version;
	int ret;

	TRY(read_version(db, schema, &version));
	if (version == (int64_t)schema->step_count)
		return 0;
	if (is_read_only)
		return err_set(ERR_FORMAT, "%s: %s", db->path,
			version == 0 ? "database is empty"
				     : "made by an older weld (change anything to convert it)");
	TRY(db_begin(db));
	ret = run_steps(db, schema);
	if (ret < 0) {
		db_rollback(db);
		return ret;
	}
	return db_commit(db);
}

int
db_open(const char *path, const struct db_schema *schema, int flags, struct db **ret_db)
{
	bool is_read_only = (flags & DB_READ_ONLY) != 0;
	struct db *db AUTO(db_close) = NULL;
	int mode = is_read_only ? SQLITE_OPEN_READONLY
				: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	int code;

	assert(schema->application_id != 0);
	if (is_read_only && access(path, F_OK) < 0)
		return err_errno("%s", path);
	db = calloc(1, sizeof *db);
	if (db == NULL)
		abort();
	db->path = strdup(path);
	db->remedy = strdup(schema->remedy);
	if (db->path == NULL || db->remedy == NULL)
		abort();
	code = sqlite3_open_v2(path, &db->handle, mode | SQLITE_OPEN_NOMUTEX, NULL);
	if (db->handle == NULL)
		abort();
	if (code != SQLITE_OK)
		return fail(db, sqlite3_extended_errcode(db->handle));
	TRY(configure(db, is_read_only));
	TRY(bring_to_newest(db, schema, is_read_only));
	*ret_db = db;
	db = NULL;
	return 0;
}

void
db_close(struct db **db)
{
	if (*db == NULL)
		return;
	sqlite3_close_v2((*db)->handle);
	free((*db)->path);
	free((*db)->remedy);
	free(*db);
	*db = NULL;
}

int
db_begin(struct db *db)
{
	return db_run(db, "BEGIN IMMEDIATE");
}

int
db_commit(struct db *db)
{
	int ret = db_run(db, "COMMIT");

	if (ret < 0)
		db_rollback(db);
	return ret;
}

void
db_rollback(struct db *db)
{
	if (sqlite3_get_autocommit(db->handle) == 0)
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

int
db_prepare(struct db *db, const char *sql, struct db_query **ret_query)
{
	sqlite3_stmt *statement = NULL;
	struct db_query *query;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL) != SQLITE_OK)
		return fail(db, sqlite3_extended_errcode(db->handle));
	assert(statement != NULL);
	query = calloc(1, sizeof *query);
	if (query == NULL)
		abort();
	query->db = db;
	query->statement = statement;
	*ret_query = query;
	return 0;
}

void
db_query_free(struct db_query **query)
{
	if (*query == NULL)
		return;
	sqlite3_finalize((*query)->statement);
	free(*query);
	*query = NULL;
}

static void
note_bind(struct db_query *query, int code)
{
	assert(code != SQLITE_RANGE && code != SQLITE_MISUSE);
	if (query->bind_result == SQLITE_OK)
		query->bind_result = code;
}

void
db_bind_integer(struct db_query *query, int index, int64_t value)
{
	note_bind(query, sqlite3_bind_int64(query->statement, index, value));
}

void
db_bind_text(struct db_query *query, int index, const char *text)
{
	note_bind(query, text == NULL ? sqlite3_bind_null(query->statement, index)
				      : sqlite3_bind_text64(query->statement, index, text,
						strlen(text), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void
db_bind_digest(struct db_query *query, int index, const struct digest *digest)
{
	db_bind_bytes(query, index, digest == NULL ? NULL : digest->bytes, DIGEST_SIZE);
}

void
db_bind_bytes(struct db_query *query, int index, const void *bytes, size_t length)
{
	note_bind(query, bytes == NULL ? sqlite3_bind_null(query->statement, index)
				       : sqlite3_bind_blob64(query->statement, index, bytes,
						 length, SQLITE_TRANSIENT));
}

int
db_step(struct db_query *query)
{
	int code;

	if (query->bind_result != SQLITE_OK)
		return err_set(ERR_LIMIT, "%s: value too long", query->db->path);
	code = sqlite3_step(query->statement);
	if (code == SQLITE_ROW)
		return 1;
	if (code == SQLITE_DONE) {
		sqlite3_reset(query->statement);
		return 0;
	}
	code = fail(query->db, sqlite3_extended_errcode(query->db->handle));
	sqlite3_reset(query->statement);
	return code;
}

int
db_finish(struct db_query *query)
{
	int row = db_step(query);

	assert(row <= 0);
	return row;
}

void
db_reset(struct db_query *query)
{
	sqlite3_reset(query->statement);
	sqlite3_clear_bindings(query->statement);
	query->bind_result = SQLITE_OK;
}

/* Whether the column has the type, and the failure when it has not. */
static int
expect_type(struct db_query *query, int column, int type)
{
	if (sqlite3_column_type(query->statement, column) == type)
		return 0;
	return err_set(ERR_FORMAT, "%s: database is damaged: %s has another type (%s)",
		query->db->path, sqlite3_column_name(query->statement, column),
		query->db->remedy);
}

int
db_get_integer(struct db_query *query, int column, int64_t *ret_value)
{
	TRY(expect_type(query, column, SQLITE_INTEGER));
	*ret_value = sqlite3_column_int64(query->statement, column);
	return 0;
}

int
db_get_text(struct arena *arena, struct db_query *query, int column, char **ret_text)
{
	const void *text;
	size_t length;

	TRY(expect_type(query, column, SQLITE_TEXT));
	text = sqlite3_column_text(query->statement, column);
	length = (size_t)sqlite3_column_bytes(query->statement, column);
	if (text == NULL)
		abort();
	if (memchr(text, '\0', length) != NULL)
		return err_set(ERR_FORMAT, "%s: database is damaged: %s holds a NUL byte (%s)",
			query->db->path, sqlite3_column_name(query->statement, column),
			query->db->remedy);
	*ret_text = arena_copy(arena, text, length);
	return 0;
}

int
db_get_text_or_null(struct arena *arena, struct db_query *query, int column, char **ret_text)
{
	if (db_is_null(query, column)) {
		*ret_text = NULL;
		return 0;
	}
	return db_get_text(arena, query, column, ret_text);
}

int
db_get_digest(struct db_query *query, int column, struct digest *ret_digest)
{
	TRY(expect_type(query, column, SQLITE_BLOB));
	if (sqlite3_column_bytes(query->statement, column) != DIGEST_SIZE)
		return err_set(ERR_FORMAT, "%s: database is damaged: %s is no digest (%s)",
			query->db->path, sqlite3_column_name(query->statement, column),
			query->db->remedy);
	memcpy(ret_digest->bytes, sqlite3_column_blob(query->statement, column), DIGEST_SIZE);
	return 0;
}

int
db_get_bytes(struct arena *arena, struct db_query *query, int column, void **ret_bytes,
	size_t *ret_length)
{
	TRY(expect_type(query, column, SQLITE_BLOB));
	*ret_length = (size_t)sqlite3_column_bytes(query->statement, column);
	*ret_bytes =
		arena_copy(arena, sqlite3_column_blob(query->statement, column), *ret_length);
	return 0;
}

bool
db_is_null(struct db_query *query, int column)
{
	return sqlite3_column_type(query->statement, column) == SQLITE_NULL;
}

int64_t
db_last_id(struct db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int64_t
db_changed(struct db *db)
{
	return sqlite3_changes64(db->handle);
}

int
db_check(struct db *db)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct db_query *query AUTO(db_query_free) = NULL;
	char *text = NULL;
	int row;

	TRY(db_prepare(db, "PRAGMA integrity_check(1)", &query));
	row = db_step(query);
	TRY(row);
	if (row > 0)
		TRY(db_get_text(arena, query, 0, &text));
	for (char *at = text; at != NULL && *at != '\0'; at++)
		if (*at == '\n')
			*at = ' ';
	if (text == NULL || strcmp(text, "ok") != 0)
		return err_set(ERR_FORMAT, "%s: database is damaged: %.200s (%s)", db->path,
			text == NULL ? "no answer" : text, db->remedy);
	return 0;
}
