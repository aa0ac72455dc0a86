/* SPDX-License-Identifier: MIT */
/*
 * tables: the facts of the current generation's images as tables for SQL.
 *
 * The rows are those of the facts files, which are mapped and never copied: so a transaction writes no
 * row, and nothing can differ from what the store has.
 */
#ifndef PKGD_SQL_TABLES_H
#define PKGD_SQL_TABLES_H

#include "base/db.h"
#include "linker/facts.h"

#include <stddef.h>

struct arena;
struct state;

struct tables_image {
	const char *name; /* "bin/jq", or the library's name */
	struct facts facts;
};

struct tables {
	struct arena *arena;
	struct tables_image *images;
	size_t image_count;
};

/*
 * Open the facts of all images of the current generation; images without any are left out.
 *
 * Owner:  the caller closes it with tables_close(), also after a failure
 * Errors: ERR_FORMAT (damaged: names the file and the remedy), ERR_IO
 */
int tables_open(struct state *state, struct tables *ret_tables);

/* Close what was mapped. */
void tables_close(struct tables *tables);

/* Add `functions`, `data`, `calls` and `bindings` to a connection. Owner: borrows tables */
int tables_add(struct tables *tables, struct db *db);

#endif
