/* SPDX-License-Identifier: MIT */
/*
 * verity: a block device that refuses every block whose digest is not in the tree.
 */
#ifndef VERITY_H
#define VERITY_H

#include "parameters.h"

#include <stdbool.h>
#include <stddef.h>

#define VERITY_NAME "weld-store"
#define VERITY_BLOCK 4096 /* bytes, of data and of hashes */

/* The kernel's parameters for one device that holds file system and tree. False: no room. */
bool verity_table(
	const char *device, const struct parameters *parameters, char *ret_table, size_t size);

/*
 * Make the verified device above /dev/DEVICE; fails with a message.
 *
 * Nothing has been read by then: the first wrong block is found when it is used.
 */
void verity_start(
	const char *device, const struct parameters *parameters, char *ret_path, size_t size);

/* "verified", "damaged" or why that is not known. */
const char *verity_status(void);

#endif
