/* SPDX-License-Identifier: MIT */
/*
 * verity: the tree of digests by which the kernel checks a read-only device at every read.
 *
 * dm-verity, format version 1: SHA-256, no salt, blocks of 4096 bytes for data and digests, no
 * superblock. The tree begins at the block behind the data: the level of one block first, that of the
 * data's own digests last.
 */
#ifndef KERNEL_IFACE_BOOT_VERITY_H
#define KERNEL_IFACE_BOOT_VERITY_H

#include "base/hash.h"

#include <stdint.h>

/*
 * Fill up the last block of an open file with zeros, and append the tree.
 *
 * ret_root is the root digest, ret_blocks how many blocks there are of data alone.
 *
 * Errors: ERR_RANGE (the file is empty), ERR_NO_SPACE, ERR_IO
 * Source: Linux, Documentation/admin-guide/device-mapper/verity.rst
 */
int verity_append(int fd, struct digest *ret_root, uint64_t *ret_blocks);

#endif
