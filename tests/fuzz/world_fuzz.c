/* SPDX-License-Identifier: MIT */
/*
 * World files and locks: the first line says which of them the rest is. A lock that is taken is
 * written as one that is taken, and is the same.
 */
#include "pkgd/world/lock.h"
#include "pkgd/world/world.h"
#include "tests/fuzz/fuzz.h"

static void
try_world(struct arena *arena, struct str text)
{
	struct world world;

	if (world_read(arena, text, &world) < 0)
		return;
	for (size_t i = 0; i < world.package_count; i++)
		if (world.packages[i].relation.name[0] == '\0')
			abort();
	for (size_t i = 0; i < world.hold_count; i++)
		if (!relation_is_full_name(world.holds[i]))
			abort();
}

static void
try_lock(struct arena *arena, struct str text)
{
	struct strbuf first AUTO(strbuf_free) = { 0 };
	struct strbuf second AUTO(strbuf_free) = { 0 };
	struct lock lock;
	struct lock again;

	if (lock_read(arena, text, &lock) < 0)
		return;
	lock_write(&lock, &first);
	if (lock_read(arena, strbuf_str(&first), &again) < 0 ||
		lock_difference(arena, &lock, &again) != NULL)
		abort();
	lock_write(&again, &second);
	if (!str_equal(strbuf_str(&first), strbuf_str(&second)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str kind;
	struct str rest;

	if (!fuzz_cut_kind(bytes, length, &kind, &rest))
		return 0;
	if (str_is(kind, "world"))
		try_world(arena, rest);
	else if (str_is(kind, "lock"))
		try_lock(arena, rest);
	return 0;
}
