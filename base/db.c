/* SPDX-License-Identifier: MIT */
/*
 * The one place where SQLite is included. A connection is opened with the
 * settings that make a commit last and a damaged or hostile file harmless; the
 * schema's version is the pragma user_version, its kind application_id.
 */
#include "base/db.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

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
	/* A damaged file may ask for more memory than there can be. */
	case SQLITE_NOMEM:
		return err_set(ERR_FORMAT,
			"%s: database is damaged, or there is too little memory for it (%s)",
			db->path, db->remedy);
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

/* Whether nothing but blanks and semicolons is left of a text. */
static bool
is_over(const char *rest)
{
	return rest[strspn(rest, " \t\r\n;")] == '\0';
}

int
db_prepare_foreign(struct db *db, const char *sql, struct db_query **ret_query)
{
	sqlite3_stmt *statement = NULL;
	struct db_query *query;
	const char *rest = "";
	int code = sqlite3_prepare_v2(db->handle, sql, -1, &statement, &rest);

	if (code == SQLITE_ERROR || code == SQLITE_AUTH || code == SQLITE_TOOBIG)
		return err_set(ERR_USAGE, "sql: %s", sqlite3_errmsg(db->handle));
	if (code != SQLITE_OK)
		return fail(db, sqlite3_extended_errcode(db->handle));
	if (statement == NULL || !is_over(rest) ||
		sqlite3_bind_parameter_count(statement) > 0) {
		code = statement != NULL && is_over(rest);
		sqlite3_finalize(statement);
		return err_set(ERR_USAGE, "sql: %s",
			code ? "there is nothing to put in the place of its parameters"
			     : "exactly one statement is wanted");
	}
	if (!sqlite3_stmt_readonly(statement)) {
		sqlite3_finalize(statement);
		return err_set(ERR_USAGE, "sql: it would change something");
	}
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

size_t
db_column_count(struct db_query *query)
{
	return (size_t)sqlite3_column_count(query->statement);
}

const char *
db_column_name(struct db_query *query, size_t column)
{
	return sqlite3_column_name(query->statement, (int)column);
}

void
db_get_cell(struct arena *arena, struct db_query *query, int column, struct db_cell *ret_cell)
{
	struct db_cell cell = { .type = DB_NULL };
	const unsigned char *bytes;
	struct strbuf hex AUTO(strbuf_free) = { 0 };

	switch (sqlite3_column_type(query->statement, column)) {
	case SQLITE_INTEGER:
		cell.type = DB_INTEGER;
		cell.integer = sqlite3_column_int64(query->statement, column);
		break;
	case SQLITE_FLOAT:
		cell.type = DB_REAL;
		cell.real = sqlite3_column_double(query->statement, column);
		break;
	case SQLITE_TEXT:
		cell.type = DB_TEXT;
		cell.text = (const char *)sqlite3_column_text(query->statement, column);
		break;
	case SQLITE_BLOB:
		cell.type = DB_BLOB;
		bytes = sqlite3_column_blob(query->statement, column);
		for (int i = 0; i < sqlite3_column_bytes(query->statement, column); i++)
			strbuf_printf(&hex, "%02x", bytes[i]);
		cell.text = arena_string(arena, strbuf_string(&hex));
		break;
	}
	*ret_cell = cell;
}

static int
allow_reading(void *data, int action, const char *first, const char *second,
	const char *database, const char *trigger)
{
	switch (action) {
	case SQLITE_SELECT:
	case SQLITE_READ:
	case SQLITE_RECURSIVE:
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		return strcmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
	default:
		return SQLITE_DENY;
	}
}

int
db_restrict(struct db *db)
{
	TRY(db_run(db, "PRAGMA query_only = ON"));
	sqlite3_set_authorizer(db->handle, allow_reading, NULL);
	return 0;
}

/* Sources: tables of the program, as SQLite's virtual tables. */

struct source_table {
	sqlite3_vtab base;
	const struct db_source *source;
};

struct source_cursor {
	sqlite3_vtab_cursor base;
	void *cursor; /* the source's; NULL before and after a walk */
	sqlite3_int64 row;
	bool is_end;
};

static int
source_connect(sqlite3 *handle, void *data, int argc, const char *const *argv,
	sqlite3_vtab **ret_table, char **ret_message)
{
	const struct db_source *source = data;
	char *declaration = sqlite3_mprintf("CREATE TABLE x(%s)", source->columns);
	struct source_table *table = calloc(1, sizeof *table);
	int code;

	if (declaration == NULL || table == NULL)
		abort();
	code = sqlite3_declare_vtab(handle, declaration);
	sqlite3_free(declaration);
	if (code != SQLITE_OK) {
		free(table);
		return code;
	}
	(void)sqlite3_vtab_config(handle, SQLITE_VTAB_INNOCUOUS);
	table->source = source;
	*ret_table = &table->base;
	return code;
}

static int
source_disconnect(sqlite3_vtab *table)
{
	free(table);
	return SQLITE_OK;
}

/* idxNum has a bit for each column that is given, in ascending order. */
static int
source_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
	const struct db_source *source = ((struct source_table *)base)->source;
	int constraint_of[32];
	int given = 0;

	for (int i = 0; i < info->nConstraint; i++) {
		int column = info->aConstraint[i].iColumn;

		if (!info->aConstraint[i].usable || column < 0 || column >= 32 ||
			info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ ||
			(source->searchable & UINT32_C(1) << column) == 0)
			continue;
		constraint_of[column] = i;
		info->idxNum = (int)((unsigned)info->idxNum | 1U << column);
	}
	for (int column = 0; column < 32; column++)
		if (((unsigned)info->idxNum & 1U << column) != 0)
			info->aConstraintUsage[constraint_of[column]].argvIndex = ++given;
	info->estimatedCost = given == 0 ? 1e6 : given == 1 ? 1e3 : 1e2;
	return SQLITE_OK;
}

static int
source_open(sqlite3_vtab *table, sqlite3_vtab_cursor **ret_cursor)
{
	struct source_cursor *cursor = calloc(1, sizeof *cursor);

	if (cursor == NULL)
		abort();
	*ret_cursor = &cursor->base;
	return SQLITE_OK;
}

static void
end_walk(struct source_cursor *cursor)
{
	if (cursor->cursor != NULL)
		((struct source_table *)cursor->base.pVtab)->source->end(cursor->cursor);
	cursor->cursor = NULL;
}

static int
source_close(sqlite3_vtab_cursor *base)
{
	end_walk((struct source_cursor *)base);
	free(base);
	return SQLITE_OK;
}

static int
source_next(sqlite3_vtab_cursor *base)
{
	struct source_cursor *cursor = (struct source_cursor *)base;

	cursor->row++;
	cursor->is_end = !((struct source_table *)base->pVtab)->source->next(cursor->cursor);
	return SQLITE_OK;
}

static int
source_filter(sqlite3_vtab_cursor *base, int columns, const char *text, int argc,
	sqlite3_value **argv)
{
	struct source_cursor *cursor = (struct source_cursor *)base;
	const struct db_source *source = ((struct source_table *)base->pVtab)->source;
	const char *wanted[32] = { 0 };
	int given = 0;

	end_walk(cursor);
	for (int column = 0; column < 32; column++)
		if (((unsigned)columns & 1U << column) != 0)
			wanted[column] = (const char *)sqlite3_value_text(argv[given++]);
	if (source->begin(source->data, wanted, &cursor->cursor) < 0) {
		sqlite3_free(base->pVtab->zErrMsg);
		base->pVtab->zErrMsg = sqlite3_mprintf("%s", err_message());
		return SQLITE_ERROR;
	}
	cursor->row = 0;
	return source_next(base);
}

static int
source_eof(sqlite3_vtab_cursor *base)
{
	return ((struct source_cursor *)base)->is_end;
}

static int
source_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column)
{
	struct db_cell cell = { .type = DB_NULL };

	((struct source_table *)base->pVtab)
		->source->get(((struct source_cursor *)base)->cursor, column, &cell);
	if (cell.type == DB_INTEGER)
		sqlite3_result_int64(context, cell.integer);
	else if (cell.type == DB_TEXT)
		sqlite3_result_text(context, cell.text, -1, SQLITE_TRANSIENT);
	return SQLITE_OK;
}

static int
source_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *ret_row)
{
	*ret_row = ((struct source_cursor *)base)->row;
	return SQLITE_OK;
}

/* No xCreate: the table is there by its module's name, on this connection only. */
static const sqlite3_module source_module = {
	.xConnect = source_connect,
	.xBestIndex = source_best_index,
	.xDisconnect = source_disconnect,
	.xOpen = source_open,
	.xClose = source_close,
	.xFilter = source_filter,
	.xNext = source_next,
	.xEof = source_eof,
	.xColumn = source_column,
	.xRowid = source_rowid,
};

int
db_add_source(struct db *db, const struct db_source *source)
{
	struct db_query *query AUTO(db_query_free) = NULL;
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\"", source->name);
	int code = sqlite3_create_module_v2(
		db->handle, source->name, &source_module, (void *)source, NULL);
	int ret;

	if (sql == NULL)
		abort();
	/* The first use connects the table, which a restricted connection may not do. */
	ret = code == SQLITE_OK ? db_prepare(db, sql, &query) : fail(db, code);
	sqlite3_free(sql);
	return ret;
}
