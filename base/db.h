/* SPDX-License-Identifier: MIT */
/*
 * db: SQLite databases with a schema that moves forward and commits that last.
 *
 * A commit that returned is on the disk (journal_mode DELETE, synchronous
 * EXTRA): one file holds everything once a transaction has ended, so it can be
 * read from a read-only disk and copied as a whole. Integers are int64_t, text
 * is UTF-8 without NUL, digests are blobs of 32 bytes.
 */
#ifndef BASE_DB_H
#define BASE_DB_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct db; /* opaque: one connection, for one thread */
struct db_query; /* opaque: one prepared statement */

struct db_schema {
	const char *const *steps; /* SQL: step i makes version i + 1 from version i */
	size_t step_count;
	int32_t application_id; /* tells one kind of database from another; not 0 */
	const char *remedy; /* follows "database is damaged", such as "run 'weld repair'" */
};

enum db_flags {
	DB_READ_ONLY = 1 << 0, /* the file must exist and have the newest schema */
};

/*
 * Open a database; without DB_READ_ONLY it is made or brought to the newest schema.
 *
 * Another process that writes is waited for, for ten seconds.
 *
 * Owner:  the caller closes *ret_db with db_close()
 * Errors: ERR_NOT_FOUND (read-only and missing), ERR_FORMAT (damaged, of another
 *         kind, or made by a newer weld), ERR_LOCKED, ERR_NO_SPACE, ERR_IO
 */
int db_open(const char *path, const struct db_schema *schema, int flags, struct db **ret_db);

/* Close; an open transaction is rolled back. NULL is accepted: for AUTO(). */
void db_close(struct db **db);

/*
 * Run constant statements that have no parameters and give no rows.
 *
 * Errors: ERR_EXISTS (a unique value that is there already), ERR_NO_SPACE,
 *         ERR_LOCKED, ERR_FORMAT (damaged), ERR_IO, ERR_FAILED
 */
int db_run(struct db *db, const char *sql);

/*
 * Begin a transaction that may write; they do not nest.
 *
 * Errors: ERR_LOCKED (another process writes), and as db_run()
 */
int db_begin(struct db *db);

/* Make the transaction's changes last. On failure it is rolled back. Errors: as db_run() */
int db_commit(struct db *db);

/* Forget the transaction's changes; without one nothing happens. The error message is kept. */
void db_rollback(struct db *db);

/*
 * Prepare one statement with parameters `?1`, `?2`...
 *
 * Owner:  the caller frees it with db_query_free(), before the database is closed
 * Errors: as db_run()
 */
int db_prepare(struct db *db, const char *sql, struct db_query **ret_query);

/* Free a statement. NULL is accepted: for AUTO(). */
void db_query_free(struct db_query **query);

/* Set a parameter, counted from 1. The value is copied; a NULL text or digest is the SQL NULL.
 * What goes wrong here is reported by db_step(). */
void db_bind_integer(struct db_query *query, int index, int64_t value);
void db_bind_text(struct db_query *query, int index, const char *text);
void db_bind_digest(struct db_query *query, int index, const struct digest *digest);
void db_bind_bytes(struct db_query *query, int index, const void *bytes, size_t length);

/*
 * Go to the next row: 1 when there is one, 0 at the end.
 *
 * At the end the statement is ready to run again, with the same parameters.
 *
 * Errors: as db_run()
 */
int db_step(struct db_query *query);

/* Run a statement that gives no rows, to its end. Errors: as db_run() */
int db_finish(struct db_query *query);

/* Make a statement ready to run again before its end, and forget its parameters. */
void db_reset(struct db_query *query);

/* Read a column of the row, counted from 0.
 * Owner:  texts and bytes are copied to the arena
 * Errors: ERR_FORMAT (of another type: the database is damaged) */
int db_get_integer(struct db_query *query, int column, int64_t *ret_value);
int db_get_text(struct arena *arena, struct db_query *query, int column, char **ret_text);
int db_get_digest(struct db_query *query, int column, struct digest *ret_digest);
int db_get_bytes(struct arena *arena, struct db_query *query, int column, void **ret_bytes,
	size_t *ret_length);

/* As db_get_text(); the SQL NULL gives NULL. */
int
db_get_text_or_null(struct arena *arena, struct db_query *query, int column, char **ret_text);

/* Whether a column of the row is the SQL NULL. */
bool db_is_null(struct db_query *query, int column);

/* The row id that the last insertion of this connection made. */
int64_t db_last_id(struct db *db);

/* The number of rows that the last statement of this connection changed. */
int64_t db_changed(struct db *db);

/*
 * Check every page and every index.
 *
 * Errors: ERR_FORMAT (damaged: names the file and the remedy), ERR_IO
 */
int db_check(struct db *db);

struct db_cell { /* one value; a text is valid until the next row */
	enum { DB_NULL, DB_INTEGER, DB_REAL, DB_TEXT, DB_BLOB } type;
	int64_t integer;
	double real;
	const char *text; /* of a blob: its lower-case hex digits */
};

/* A table for reading whose rows the program gives; `data` and cursors are the program's. */
struct db_source {
	const char *name;
	const char *columns; /* as in CREATE TABLE: "image TEXT, size INTEGER" */
	size_t column_count; /* at most 32 */
	uint32_t searchable; /* bit N: `begin` is told what column N must be equal to */
	void *data;
	/* Begin a walk; wanted[N] is what column N must be equal to, NULL for anything: more rows
	 * than that may be given. */
	int (*begin)(void *data, const char *const *wanted, void **ret_cursor);
	/* Go to the next row; false at the end. */
	bool (*next)(void *cursor);
	void (*get)(void *cursor, int column, struct db_cell *ret_cell);
	void (*end)(void *cursor);
};

/*
 * Add a table to the connection, not to the file.
 *
 * Owner: borrows source, which must outlive the connection
 */
int db_add_source(struct db *db, const struct db_source *source);

/* From here on the connection reads: statements that would change or attach anything fail. */
int db_restrict(struct db *db);

/*
 * Prepare one statement that a person wrote.
 *
 * Errors: ERR_USAGE (SQLite's message), ERR_LOCKED, ERR_FORMAT, ERR_IO
 */
int db_prepare_foreign(struct db *db, const char *sql, struct db_query **ret_query);

/* The columns of a statement's rows. Owner: the statement */
size_t db_column_count(struct db_query *query);
const char *db_column_name(struct db_query *query, size_t column);

/* Any column of the row. Owner: a blob's text is the arena's, others are the row's */
void
db_get_cell(struct arena *arena, struct db_query *query, int column, struct db_cell *ret_cell);

#endif
