/* SPDX-License-Identifier: MIT */
/*
 * database: the tables of ROOT/db/weld.db; private to store/.
 *
 * The functions that change rows run inside a transaction of the caller.
 */
#ifndef STORE_DATABASE_DATABASE_H
#define STORE_DATABASE_DATABASE_H

#include "base/hash.h"
#include "base/str.h"
#include "store/generation.h"
#include "store/query.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct db;
struct farm_base;
struct store;
struct tree;

#define DATABASE_PATH "db/weld.db"
#define DATABASE_PLUGIN 2 /* in is_slot: the image is of a plug-in */

/*
 * Open the store's database; with may_create a missing one is made.
 *
 * Errors: ERR_FORMAT (missing or damaged: names 'weld repair'), ERR_IO
 */
int database_open(struct store *store, bool may_create);

/* Open a database with the store's schema at a path relative to the root; it is made if it is
 * missing and can be written. Owner: the caller */
int database_open_path(
	const struct store *store, const char *path, bool can_write, struct db **ret_db);

/* Add a generation's rows, with the digest and the text of its manifest.json. */
int database_add_generation(struct store *store, const struct generation *generation,
	const struct digest *manifest, struct str text);

/* Make the rows of what is installed those of a generation. */
int database_set_installed(struct store *store, const struct generation *generation);

/*
 * Make the rows of places those of a tree that was made from a base: what stands in the database now; NULL: something else.
 */
int
database_set_places(struct store *store, const struct tree *tree, const struct farm_base *base);

/*
 * The tree of a generation from these rows; returns 0 when they are not that generation's.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT, ERR_IO
 */
int database_read_places(
	struct arena *arena, const struct store *store, uint64_t number, struct tree *ret_tree);

/*
 * A generation, without the files of its packages, from the rows of
 * what is installed; returns 0 when these are not that generation's.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT, ERR_IO
 */
int database_read_installed(struct arena *arena, const struct store *store, uint64_t number,
	struct generation *ret_generation);

/*
 * Keep copies of the manifests of two generations, the one that is to be current and the one before, and of
 * no others; `text` is that of the first.
 */
int database_keep_texts(struct store *store, uint64_t number, struct str text, uint64_t before);

/* The copy of a generation's manifest.json, if it is kept. Owner: the arena. Errors: ERR_NOT_FOUND */
int database_find_text(
	struct arena *arena, const struct store *store, uint64_t number, struct str *ret_text);

/* Add the packages of a new generation, whose number is larger than any other's. */
int database_add_packages(struct store *store, const struct generation *generation);

/* Remove the packages, and their paths, that a generation alone has. Its own row is there yet. */
int database_remove_packages(struct store *store, uint64_t number);

/* Remove a generation's rows and the rows that only it needed. */
int database_remove_generation(struct store *store, uint64_t number);

/* database_remove_generation() in a transaction of its own. */
int database_forget_generation(struct store *store, uint64_t number);

/* Whether the generation has a row, and the digest of its manifest.json. */
int database_find_generation(const struct store *store, uint64_t number, bool *ret_is_known,
	struct digest *ret_manifest);

/* Add to the history, with what becomes of a file of ROOT/state; NULL: none. Owner: nothing is borrowed */
int database_add_event(struct store *store, const struct query_event *event, bool is_new,
	const struct generation_state_file *file, uint64_t *ret_id);

/*
 * What a pending event that led to a generation makes of a file of ROOT/state.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (no such event, or it is about no such file)
 */
int database_find_state_file(struct arena *arena, const struct store *store, uint64_t after,
	const char *path, struct str *ret_text);

/* Say how an event ended. */
int database_end_event(struct store *store, uint64_t id, enum query_result result);

/* The largest generation number that was ever used. */
int database_last_number(const struct store *store, uint64_t *ret_number);

#endif
