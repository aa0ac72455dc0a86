/* SPDX-License-Identifier: MIT */
/*
 * table: rows of cells in columns as wide as they need to be.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/vec.h"
#include "cli/output.h"

#include <stdio.h>

#define TABLE_COLUMNS_MAX 8

struct table_row {
	const char *cells[TABLE_COLUMNS_MAX]; /* NULL: empty */
	enum style style; /* of the first cell */
};

struct table { /* { 0 } is empty; columns whose heading begins with '>' align to the right */
	struct arena *arena;
	const char *const *headings; /* NULL: none are printed */
	size_t columns;
	VEC(struct table_row) rows;
};

/* Add a row of cells; the strings must live as long as the table. */
void table_add(struct table *table, enum style style, const char *const *cells);

/*
 * Print: the last column is cut to the terminal's width, on no terminal never.
 * Headings only on a terminal, so that scripts see rows.
 */
void table_print(const struct table *table, const struct output *output, FILE *stream);

#endif
