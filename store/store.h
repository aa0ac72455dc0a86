/* SPDX-License-Identifier: MIT */
/*
 * store: the directory that an installation lives in, and who may write to it.
 *
 *     ROOT/store/DIGEST-NAME-VERSION/  contents, written once (objects.h)
 *     ROOT/cache/                      lowered objects: may be deleted at any time
 *     ROOT/generations/N/              one state of the installation (generation.h)
 *     ROOT/current -> generations/N    the commit point
 *     ROOT/db/weld.db                  what query.h answers from
 *     ROOT/path                        where the root will stand, if not here
 *     ROOT/state/                      what belongs to the user, and the machine's seed
 *     ROOT/lock                        held by the one writer
 *
 * Whoever only reads needs no lock: the link `current` says what holds, and a
 * generation never changes. A writer locks first; taking the lock also clears
 * away what an interrupted command left behind.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/hash.h"

#include <stdbool.h>
#include <stdint.h>

/* In ROOT/cache: where the one writer makes what is not in the store yet. */
#define STORE_SCRATCH "scratch"

/* In ROOT/cache: where better images are made meanwhile, without that lock. */
#define STORE_IMPROVEMENT "improvement"

struct arena;
struct store; /* opaque: directory, database and lock */

enum store_flags {
	STORE_CREATE = 1 << 0, /* make what is missing */
	STORE_REPAIR = 1 << 1, /* do without the database: for repair.h only */
};

/*
 * Check that a path can be a root: absolute, plain parts, no white space, and short enough
 * to be put in the place of the installation prefix.
 *
 * Errors: ERR_RANGE, naming what is wrong
 * Source: DESIGN.md, "The installation prefix"
 */
int store_check_root(const char *root);

/*
 * The same of the place where a root is: one that will stand elsewhere may have a longer path
 * until then, and blanks in it.
 *
 * Errors: ERR_RANGE
 */
int store_check_place(const char *root);

/*
 * Open a root.
 *
 * Owner:  the caller closes *ret_store with store_close()
 * Errors: ERR_RANGE (path), ERR_NOT_FOUND (no root there), ERR_EXISTS (to be made where other
 *         things are), ERR_FORMAT (database damaged, missing or newer), ERR_NO_SPACE, ERR_IO
 */
int store_open(const char *root, int flags, struct store **ret_store);

/*
 * Make a root that will stand elsewhere, at `path`: what is linked and written in it says so.
 *
 * Its seed is the given one. From then on it is opened with store_open() like any other.
 *
 * Errors: ERR_RANGE (either path), ERR_EXISTS (it is a root already, or other things are there),
 *         ERR_NO_SPACE, ERR_IO
 * Source: weld-store(5), "path"
 */
int store_make(const char *root, const char *path, const struct digest *seed);

/* Close; the lock is given back. NULL is accepted: for AUTO(). */
void store_close(struct store **store);

/* The absolute path of the root. Owner: the store */
const char *store_root(const struct store *store);

/*
 * The path that the root's programs and texts know it by: its own, unless it was made to stand
 * elsewhere. Owner: the store
 */
const char *store_standing(const struct store *store);

/*
 * Seconds since 1970, for what is written down: the clock, unless store_fix_time() said otherwise.
 */
uint64_t store_now(const struct store *store);

/* Let all that is written down through this store say one time, so that its bytes are the same
 * whenever it is done. */
void store_fix_time(struct store *store, uint64_t time);

/* The root's open directory. Owner: the store */
int store_root_dir(const struct store *store);

/*
 * Become the one writer, and clear away what an interrupted command left.
 *
 * Waits for another writer; `command` is what a person would call this operation, such as
 * "weld install jq", and is what others are told.
 *
 * Units:  timeout in ms; 0 does not wait
 * Errors: ERR_LOCKED (names the holder), ERR_NO_SPACE, ERR_IO
 */
int store_lock(struct store *store, const char *command, unsigned timeout_ms);

/* Whether this store holds the lock. */
bool store_is_locked(const struct store *store);

/* Give the lock back; without it nothing happens. */
void store_unlock(struct store *store);

/*
 * What a person should know after store_lock(): what became of a command that was interrupted,
 * "interrupted 'weld install jq' was not done; generation 3 is current". After
 * generation_activate(): which configuration files were kept. NULL: nothing.
 *
 * Owner: the store, until the next such call
 */
const char *store_notice(const struct store *store);

/*
 * The number of the current generation, as the link says; 0 before the first.
 *
 * Errors: ERR_FORMAT (the link points elsewhere), ERR_IO
 */
int store_current(const struct store *store, uint64_t *ret_number);

/*
 * The secret that the current generation was linked with: its own, or the machine's, which is made
 * with the root. It is random, and only its owner can read it.
 *
 * Errors: ERR_FORMAT, ERR_IO
 */
int store_seed(const struct store *store, struct digest *ret_seed);

/* Draw a new secret: a link with it gives every image another layout. It is not kept yet. */
void store_draw_seed(struct digest *ret_seed);

/*
 * Keep the secret that a generation was linked with, before it is activated: unless that is done, it
 * counts for nothing. Needs the lock.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int store_keep_generation_seed(struct store *store, uint64_t number, const struct digest *seed);

/*
 * Keep a secret as the machine's own. Needs the lock.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int store_keep_seed(struct store *store, const struct digest *seed);

/* The absolute path of something relative to the root, such as "cache". Owner: the arena */
char *store_path(struct arena *arena, const struct store *store, const char *relative);

#endif
