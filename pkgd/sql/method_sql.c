/* SPDX-License-Identifier: MIT */
/*
 * Sql: one question in SQL over what is installed; the reply is a list of columns and rows. A cell is an object with
 * one member, named after its kind: varlink has no type for "a number or a text".
 */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/sql/tables.h"
#include "pkgd/state.h"
#include "store/query.h"

#define ROWS_MAX 10000000 /* of an answer */

static json_t *
cell_json(const struct db_cell *cell)
{
	json_t *json = json_object();

	switch (cell->type) {
	case DB_INTEGER:
		json_object_set_new(json, "integer", json_integer(cell->integer));
		break;
	case DB_REAL:
		/* JSON has no infinity: it is nothing, as NULL is. */
		json_object_set_new(json, "real", json_real(cell->real));
		break;
	case DB_TEXT:
	case DB_BLOB:
		json_object_set_new(json, "text",
			json_string(json_can_hold(cell->text) ? cell->text : "?"));
		break;
	default: /* NULL */
		break;
	}
	return json;
}

static int
answer(struct request *request, struct db_query *query)
{
	json_t *columns = json_array(), *rows = json_array();
	size_t count = db_column_count(query);
	int row;

	json_object_set_new(request->reply, "columns", columns);
	json_object_set_new(request->reply, "rows", rows);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(columns, json_string(db_column_name(query, i)));
	while ((row = db_step(query)) > 0) {
		struct arena *arena AUTO(arena_free) = arena_new();
		json_t *cells = json_array();

		if (json_array_size(rows) >= ROWS_MAX)
			return err_set(
				ERR_LIMIT, "sql: more than %d rows (add a LIMIT)", ROWS_MAX);
		json_array_append_new(rows, cells);
		for (size_t i = 0; i < count; i++) {
			struct db_cell cell;

			db_get_cell(arena, query, (int)i, &cell);
			json_array_append_new(cells, cell_json(&cell));
		}
	}
	return row;
}

static int
ask(struct request *request, struct state *state, struct tables *tables, const char *sql)
{
	struct db *db AUTO(db_close) = NULL;
	struct db_query *query AUTO(db_query_free) = NULL;

	TRY(tables_open(state, tables));
	TRY(query_connect(state->store, &db));
	TRY(tables_add(tables, db));
	TRY(db_restrict(db));
	TRY(db_prepare_foreign(db, sql, &query));
	return answer(request, query);
}

int
method_sql(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct tables tables AUTO(tables_close) = { 0 };
	const char *sql = NULL;

	TRY(request_string(request, "sql", &sql));
	TRY(state_open(request, 0, "", &state));
	return ask(request, &state, &tables, sql == NULL ? "" : sql);
}
