/* SPDX-License-Identifier: MIT */
/*
 * slot: which address range each shared library occupies.
 *
 * Ranges never overlap and never move, so an image bound to a slot stays valid
 * as long as a generation holds the slot. Where the first range lands comes
 * from the machine's secret; the others follow, side by side, so that
 * neighbours share page tables.
 */
#ifndef LINKER_IMAGE_SLOT_H
#define LINKER_IMAGE_SLOT_H

#include "base/hash.h"

#include <stddef.h>
#include <stdint.h>

#define SLOT_ARENA_START \
	UINT64_C(0x10000000) /* the arena: program and arena lie in one 2 GiB window */
#define SLOT_ARENA_END UINT64_C(0x78000000)
#define SLOT_ALIGN UINT64_C(0x10000) /* bytes: the largest page size in use */

struct slot_range {
	uint64_t base; /* virtual address, a multiple of SLOT_ALIGN */
	uint64_t size; /* bytes, a multiple of SLOT_ALIGN */
};

/*
 * Find a free range for one image.
 *
 * The same ranges, size and seed always give the same address. The reserved
 * size has a quarter of slack, so that a later version may fit the same range.
 *
 * Units:  size in bytes
 * Errors: ERR_RANGE (size is 0 or larger than the arena), ERR_SLOT_FULL
 */
int slot_reserve(const struct slot_range *taken, size_t taken_count, uint64_t size,
	const struct digest *seed, struct slot_range *ret_range);

#endif
