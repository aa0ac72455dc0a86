/* SPDX-License-Identifier: MIT */
/*
 * handle: what an open store consists of; private to store/.
 */
#ifndef STORE_ROOT_HANDLE_H
#define STORE_ROOT_HANDLE_H

#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct tree_made;

struct store_pending { /* a finished directory that has no name yet */
	const char *staging; /* its name for now, in ROOT/store */
	const char *name;
	size_t count; /* files and directories below it */
};

struct store {
	struct arena *arena; /* of all strings here */
	const char *root; /* absolute path */
	const char *standing; /* the path that what is installed says */
	bool has_fixed_time;
	uint64_t fixed_time; /* seconds since 1970 */
	int dir; /* the root */
	int objects_dir; /* ROOT/store */
	int generations_dir; /* ROOT/generations */
	struct db *db; /* NULL with STORE_REPAIR */
	int lock; /* -1: not held */
	const char *notice; /* NULL: none */
	VEC(struct store_pending) pending;
	VEC(const char *) damaged; /* names in ROOT/store that count as missing */
	struct tree_made *made; /* the generation that was created last; NULL: none */
};

/* What temporary names begin with; whatever has such a name is cleared away under the lock. */
#define STORE_NEW ".new-"

/* Take the lock without resolving what was interrupted: otherwise as store_lock(). */
int store_take_lock(struct store *store, const char *command, unsigned timeout_ms);

/*
 * Resolve what an interrupted command left: `current` is the truth, the database follows.
 * Needs the lock; sets the notice.
 *
 * Errors: ERR_FORMAT, ERR_NO_SPACE, ERR_IO
 */
int store_reconcile(struct store *store);

/* A name that begins with STORE_NEW and that nobody uses. Owner: the arena */
char *store_new_name(struct arena *arena);

/* Whether a directory of ROOT/store counts as missing, because it is to be made anew. */
bool store_is_damaged(const struct store *store, const char *name);

/* Add to the notice. */
void
store_say(struct store *store, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fail unless the lock is held. Errors: ERR_USAGE */
int store_need_lock(const struct store *store);

/* Forget the seed that a generation has of its own, if it has one. Errors: ERR_IO */
int store_forget_generation_seed(struct store *store, uint64_t number);

#endif
