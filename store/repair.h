/* SPDX-License-Identifier: MIT */
/*
 * repair: what is damaged, what nobody needs, and a new database.
 */
#ifndef STORE_REPAIR_H
#define STORE_REPAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct store;

struct repair_finding {
	const char *path; /* relative to the root */
	const char *package; /* "jq-1.6-1"; "" when it belongs to none */
	const char *problem; /* "missing", "changed", "not in its package", ... */
};

/*
 * Compare a generation with its manifest: every link of its tree, every object and image by
 * digest; 0 stands for all generations.
 *
 * Only one package's when `package` (a name) is not NULL.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (generation or package), ERR_FORMAT (manifest damaged), ERR_IO
 */
int repair_verify(struct arena *arena, const struct store *store, uint64_t generation,
	const char *package, struct repair_finding **ret_findings, size_t *ret_count);

/*
 * Let damaged directories of the store count as missing as long as this store is open, and
 * give back their names: what is added under such a name takes its place in one step. Nothing is
 * removed before.
 *
 * Owner:  the arena
 * Errors: as repair_verify()
 */
int repair_expect_new(
	struct arena *arena, struct store *store, char ***ret_store_names, size_t *ret_count);

/*
 * Check every page of the database, and that it knows the current generation.
 *
 * Errors: ERR_FORMAT (it is to be made anew), ERR_IO
 */
int repair_check_database(const struct store *store);

/*
 * Make the database anew from the manifests of all generations.
 *
 * The store must be open with STORE_REPAIR and locked; the old database is kept as
 * db/weld.db.damaged. Afterwards the store is as one that was opened without STORE_REPAIR.
 *
 * Errors: ERR_FORMAT (a manifest is damaged: names it), ERR_NO_SPACE, ERR_IO
 */
int repair_database(struct store *store);

/*
 * Write the database's file anew, so that its bytes follow from its rows and not from how they came.
 *
 * Needs the lock. Errors: ERR_NO_SPACE, ERR_IO
 */
int repair_compact(struct store *store);

struct repair_garbage {
	const char *path; /* relative to the root */
	uint64_t size; /* bytes on the disk */
};

struct repair_scope { /* what is to be collected, and whether */
	bool with_cache; /* lowered objects, too */
	bool is_dry_run; /* list it only */
	const uint64_t *gone; /* generations that count as removed already */
	size_t gone_count;
};

/*
 * Remove what no generation and no running process needs: directories of the store and what
 * crashes left.
 *
 * Needs the lock unless it is dry. Works on a full disk.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (a manifest cannot be read: nothing is removed), ERR_IO
 */
int repair_collect(struct arena *arena, struct store *store, const struct repair_scope *scope,
	struct repair_garbage **ret_garbage, size_t *ret_count);

#endif
