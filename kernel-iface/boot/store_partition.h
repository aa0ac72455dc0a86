/* SPDX-License-Identifier: MIT */
/*
 * store_partition: the read-only file system of a generation, with its hash tree behind it.
 */
#ifndef KERNEL_IFACE_BOOT_STORE_PARTITION_H
#define KERNEL_IFACE_BOOT_STORE_PARTITION_H

#include "base/hash.h"

#include <stdint.h>

struct arena;

struct store_partition {
	struct digest root_digest;
	uint64_t block_count; /* of the file system alone, in blocks of verity.h */
	uint64_t size; /* bytes, with the tree */
};

/*
 * Make the file `path` of a directory. Everything in it belongs to root and has the given time.
 *
 * Errors: ERR_NOT_FOUND (a tool: names the Debian package), ERR_FAILED, ERR_NO_SPACE, ERR_IO
 */
int store_partition_make(struct arena *arena, const char *directory, const char *path,
	int64_t source_date, struct store_partition *ret_partition);

#endif
