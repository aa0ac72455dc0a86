/* SPDX-License-Identifier: MIT */
/*
 * pending: finished directories on their way to their names, for who syncs more than them at once;
 * private to store/. objects_settle() does all of it.
 */
#ifndef STORE_OBJECTS_PENDING_H
#define STORE_OBJECTS_PENDING_H

#include <stddef.h>

struct store;

/* More files and directories than these are synced with the whole file system. */
#define PENDING_SYNC_SINGLY 32

/* Files and directories of all that is pending. */
size_t pending_count(const struct store *store);

/* The name in ROOT/store that a directory has at present: another than its own while it is pending. */
const char *pending_place(const struct store *store, const char *name);

/* Sync them one by one. Errors: ERR_NO_SPACE, ERR_IO */
int pending_sync(struct store *store);

/* Give what was synced its names. Errors: ERR_NO_SPACE, ERR_IO */
int pending_name(struct store *store);

#endif
