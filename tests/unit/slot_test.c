/* SPDX-License-Identifier: MIT */
/* The promises of linker/image/slot.h: no overlap, same input same answer, a clear end. */
#include "base/err.h"
#include "linker/image/slot.h"
#include "tests/lib/tap.h"

#include <string.h>

#define SLOTS 200

static bool
overlaps(const struct slot_range *a, const struct slot_range *b)
{
	return a->base < b->base + b->size && b->base < a->base + a->size;
}

static void
test_ranges_never_overlap(const char *name, uint8_t seed_byte)
{
	struct slot_range taken[SLOTS];
	struct digest seed;
	bool good = true;

	memset(seed.bytes, seed_byte, sizeof seed.bytes);
	for (size_t i = 0; i < SLOTS; i++) {
		uint64_t size = (i * 7919 % 3000 + 1) * 1024;

		good = good && slot_reserve(taken, i, size, &seed, &taken[i]) == 0 &&
		       taken[i].size >= size;
		good = good && taken[i].base % SLOT_ALIGN == 0 &&
		       taken[i].base >= SLOT_ARENA_START &&
		       taken[i].base + taken[i].size <= SLOT_ARENA_END;
		for (size_t n = 0; n < i && good; n++)
			good = !overlaps(&taken[i], &taken[n]);
	}
	tap_ok(good, "%s: %d ranges lie apart in the arena", name, SLOTS);
}

static void
test_same_input_same_address(void)
{
	struct slot_range taken = { SLOT_ARENA_START, SLOT_ALIGN };
	struct slot_range one = { 0 };
	struct slot_range two = { 0 };
	struct digest seed = { { 1 } };
	struct digest other = { { 2, 3 } };

	slot_reserve(&taken, 1, 4096, &seed, &one);
	slot_reserve(&taken, 1, 4096, &seed, &two);
	tap_ok(one.base == two.base, "the same request gives the same address");
	slot_reserve(&taken, 1, 4096, &other, &two);
	tap_ok(one.base != two.base, "another seed gives another address");
}

static void
test_freed_range_is_found_again(void)
{
	struct slot_range taken[2] = {
		{ SLOT_ARENA_START, 0x30000000 },
		{ SLOT_ARENA_START + 0x30010000,
			SLOT_ARENA_END - SLOT_ARENA_START - 0x30010000 },
	};
	struct digest seed = { { 9 } };
	struct slot_range range = { 0 };

	tap_ok(slot_reserve(taken, 2, 4096, &seed, &range) == 0 &&
			range.base == SLOT_ARENA_START + 0x30000000,
		"the only gap is found, wherever the search starts");
	tap_ok(slot_reserve(taken, 2, SLOT_ALIGN, &seed, &range) == ERR_SLOT_FULL,
		"a full arena is an error of its own: %s", err_message());
	tap_ok(slot_reserve(taken, 2, 0, &seed, &range) == ERR_RANGE,
		"an empty slot is refused");
	tap_ok(slot_reserve(NULL, 0, UINT64_MAX, &seed, &range) == ERR_RANGE,
		"a size beyond the arena is refused");
}

static bool
crosses_region(struct slot_range range)
{
	return range.base >> 21 != (range.base + range.size - 1) >> 21;
}

static void
test_regions(void)
{
	struct slot_range taken[SLOTS];
	struct slot_range gap[2] = {
		{ SLOT_ARENA_START, 0x3f0000 },
		{ SLOT_ARENA_START + 0x410000, SLOT_ARENA_END - SLOT_ARENA_START - 0x410000 },
	};
	struct slot_range range = { 0 };
	struct digest seed = { { 77, 5 } };
	size_t crossing = 0;

	for (size_t i = 0; i < SLOTS; i++) {
		slot_reserve(taken, i, (i % 19 + 1) * 0x12345, &seed, &taken[i]);
		crossing += taken[i].size <= 2 << 20 && crosses_region(taken[i]);
	}
	tap_ok(crossing == 0, "ranges that fit into 2 MiB stay within 2 MiB: %zu do not",
		crossing);
	tap_ok(slot_reserve(gap, 2, 0x18000, &seed, &range) == 0 && crosses_region(range),
		"but the last gap is used, wherever it lies");
}

int
main(void)
{
	test_ranges_never_overlap("seed 0", 0);
	test_ranges_never_overlap("seed 0xff", 0xff);
	test_same_input_same_address();
	test_freed_range_is_found_again();
	test_regions();
	return tap_done();
}
