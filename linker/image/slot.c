/* SPDX-License-Identifier: MIT */
/*
 * First fit, from a start that the seed decides, wrapping around once. A
 * candidate that meets a taken range moves behind it, so each range is met at
 * most twice and the search ends.
 *
 * A page of a process's page table covers 2 MiB, a region. A range that fits into a
 * region does not cross its end, and the first one begins near a region's start, so
 * that the slots that most programs use stand in one. When nothing else is free, ranges do cross.
 */
#include "linker/image/slot.h"

#include "base/err.h"

#include <inttypes.h>
#include <string.h>

#define REGION ((uint64_t)2 << 20) /* bytes */
#define FIRST_CELLS 8 /* places in a region where the first range may begin */

static uint64_t
start_of(const struct digest *seed)
{
	uint64_t number;
	uint64_t regions = (SLOT_ARENA_END - SLOT_ARENA_START) / REGION;

	memcpy(&number, seed->bytes, sizeof number);
	return SLOT_ARENA_START + number / FIRST_CELLS % regions * REGION +
	       number % FIRST_CELLS * SLOT_ALIGN;
}

/* Move a range that would cross the end of a region, and need not, behind that end. */
static uint64_t
keep_in_region(uint64_t base, uint64_t size)
{
	uint64_t end = (base / REGION + 1) * REGION;

	return size <= REGION && base + size > end ? end : base;
}

/* What is searched, and how. */
struct search {
	const struct slot_range *taken;
	size_t count;
	uint64_t size; /* bytes */
	bool may_cross; /* the end of a region */
};

static const struct slot_range *
find_overlap(const struct slot_range *taken, size_t count, struct slot_range candidate)
{
	for (size_t i = 0; i < count; i++)
		if (taken[i].base < candidate.base + candidate.size &&
			candidate.base < taken[i].base + taken[i].size)
			return &taken[i];
	return NULL;
}

/* The first free range in [from, end); false when there is none. */
static bool
find_free(
	const struct search *search, uint64_t from, uint64_t end, struct slot_range *ret_range)
{
	struct slot_range candidate = { .base = from, .size = search->size };

	for (;;) {
		const struct slot_range *overlap;

		if (!search->may_cross)
			candidate.base = keep_in_region(candidate.base, candidate.size);
		if (candidate.base + candidate.size > end)
			return false;
		overlap = find_overlap(search->taken, search->count, candidate);
		if (overlap == NULL) {
			*ret_range = candidate;
			return true;
		}
		candidate.base =
			(overlap->base + overlap->size + SLOT_ALIGN - 1) & ~(SLOT_ALIGN - 1);
	}
}

int
slot_reserve(const struct slot_range *taken, size_t taken_count, uint64_t size,
	const struct digest *seed, struct slot_range *ret_range)
{
	struct search search = { .taken = taken, .count = taken_count };
	uint64_t start = start_of(seed);

	if (size == 0 || size > SLOT_ARENA_END - SLOT_ARENA_START)
		return err_set(ERR_RANGE,
			"a slot of %" PRIu64 " bytes: the arena cannot hold it", size);
	search.size = (size + size / 4 + SLOT_ALIGN - 1) & ~(SLOT_ALIGN - 1);
	if (find_free(&search, start, SLOT_ARENA_END, ret_range) ||
		find_free(&search, SLOT_ARENA_START, SLOT_ARENA_END, ret_range))
		return 0;
	search.may_cross = true;
	if (find_free(&search, SLOT_ARENA_START, SLOT_ARENA_END, ret_range))
		return 0;
	return err_set(ERR_SLOT_FULL,
		"the arena has no free range of %" PRIu64
		" bytes (run 'weld gc' to free old slots)",
		search.size);
}
