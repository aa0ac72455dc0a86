/* SPDX-License-Identifier: MIT */
/*
 * First fit, from a start that the seed decides, wrapping around once. A
 * candidate that meets a taken range moves behind it, so each range is met at
 * most twice and the search ends.
 */
#include "linker/image/slot.h"

#include "base/err.h"

#include <inttypes.h>
#include <string.h>

static uint64_t
start_of(const struct digest *seed)
{
	uint64_t number;
	uint64_t cells = (SLOT_ARENA_END - SLOT_ARENA_START) / SLOT_ALIGN;

	memcpy(&number, seed->bytes, sizeof number);
	return SLOT_ARENA_START + number % cells * SLOT_ALIGN;
}

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
search(const struct slot_range *taken, size_t count, uint64_t from, uint64_t end, uint64_t size,
	struct slot_range *ret_range)
{
	struct slot_range candidate = { .base = from, .size = size };

	while (candidate.base + size <= end) {
		const struct slot_range *overlap = find_overlap(taken, count, candidate);

		if (overlap == NULL) {
			*ret_range = candidate;
			return true;
		}
		candidate.base =
			(overlap->base + overlap->size + SLOT_ALIGN - 1) & ~(SLOT_ALIGN - 1);
	}
	return false;
}

int
slot_reserve(const struct slot_range *taken, size_t taken_count, uint64_t size,
	const struct digest *seed, struct slot_range *ret_range)
{
	uint64_t start = start_of(seed);
	uint64_t rounded;

	if (size == 0 || size > SLOT_ARENA_END - SLOT_ARENA_START)
		return err_set(ERR_RANGE,
			"a slot of %" PRIu64 " bytes: the arena cannot hold it", size);
	rounded = (size + size / 4 + SLOT_ALIGN - 1) & ~(SLOT_ALIGN - 1);
	if (search(taken, taken_count, start, SLOT_ARENA_END, rounded, ret_range) ||
		search(taken, taken_count, SLOT_ARENA_START, SLOT_ARENA_END, rounded,
			ret_range))
		return 0;
	return err_set(ERR_SLOT_FULL,
		"the arena has no free range of %" PRIu64
		" bytes (run 'weld gc' to free old slots)",
		rounded);
}
