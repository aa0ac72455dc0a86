/* SPDX-License-Identifier: MIT */
/*
 * objects: directories in ROOT/store that are written once and never changed.
 *
 * A new directory is filled in a staging place, synced, and renamed to its name
 * (DIGEST-NAME-VERSION); one that is there already is kept and the new one dropped. Files are
 * read-only, 0444 or 0555; there are no devices or set-id bits, and no links but those that
 * objects_add_link() made.
 *
 *     TRY(objects_begin(store, name, &new));
 *     TRY(objects_add_file(new, "objects/9f86...", fd, &digest, false));
 *     TRY(objects_finish(&new));
 *     ...more...
 *     TRY(objects_settle(store));
 */
#ifndef STORE_OBJECTS_H
#define STORE_OBJECTS_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct objects_new; /* opaque: a directory being filled */
struct store;

/*
 * The name of a directory in the store: the digest's first 32 hex digits and a label, such as
 * "jq-1.6-1".
 *
 * Owner: the arena
 */
char *objects_name(struct arena *arena, const struct digest *digest, const char *label);

/* Whether the store has the directory. */
bool objects_has(const struct store *store, const char *name);

/* Count a directory as missing until one is made anew, which then takes its place. */
void objects_expect_new(struct store *store, const char *name);

/*
 * Begin a new directory. Needs the lock.
 *
 * Owner:  the caller ends it with objects_finish() or objects_abandon()
 * Errors: ERR_FORMAT (name), ERR_NO_SPACE, ERR_IO
 */
int objects_begin(struct store *store, const char *name, struct objects_new **ret_new);

/* The absolute path of the staging place, for those who write files there themselves; what they
 * write is brought to the right modes by objects_finish(). Owner: the directory being filled */
const char *objects_staging_path(const struct objects_new *new);

/*
 * Copy an open file, from its beginning, into the directory; parents are made.
 *
 * Errors: ERR_DIGEST (not the expected contents; `expected` may be NULL), ERR_EXISTS,
 *         ERR_NO_SPACE, ERR_IO
 */
int objects_add_file(struct objects_new *new, const char *path, int fd,
	const struct digest *expected, bool is_executable);

/*
 * Move a file of the same file system into the directory;
 * from another file system it is copied. It must not be changed by anyone any more.
 *
 * Errors: ERR_NOT_FOUND, ERR_NO_SPACE, ERR_IO
 */
int objects_move_file(
	struct objects_new *new, const char *path, const char *from, bool is_executable);

/* Write bytes to a file of the directory; otherwise as objects_add_file(). */
int objects_add_bytes(struct objects_new *new, const char *path, const void *bytes,
	size_t length, bool is_executable);

/*
 * Make a link in the directory, below tree/; parents are made. Where it leads is the caller's care.
 *
 * Errors: ERR_EXISTS, ERR_NO_SPACE, ERR_IO
 */
int objects_add_link(struct objects_new *new, const char *path, const char *target);

/* Make a directory in the directory, and its parents; one that is there is fine. Errors: ERR_NO_SPACE, ERR_IO */
int objects_add_directory(struct objects_new *new, const char *path);

/*
 * Check what a directory was filled with and bring it to its modes; nothing is added after that. What
 * takes time of objects_finish(), for those who have several cores: it changes nothing but the
 * directory being filled.
 *
 * Every file below `objects/` must have the digest that is its name. A file is executable for
 * all or for nobody.
 *
 * Errors: ERR_DIGEST, ERR_FORMAT (neither file nor directory), ERR_IO
 */
int objects_seal(struct objects_new *new);

/*
 * End filling. The directory appears under its name at the next objects_settle(). It is sealed
 * if it was not yet.
 *
 * Owner:  *new becomes NULL, also on failure
 * Errors: as objects_seal()
 */
int objects_finish(struct objects_new **new);

/* Drop a directory being filled. NULL is accepted: for AUTO(). */
void objects_abandon(struct objects_new **new);

/*
 * Remove a directory of the store; at no moment a part of it stands under its name. A missing
 * one is fine. Needs the lock.
 *
 * Errors: ERR_IO
 */
int objects_drop(struct store *store, const char *name);

/*
 * Sync all directories that are finished and give them their names.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int objects_settle(struct store *store);

#endif
