/* SPDX-License-Identifier: MIT */
/*
 * Advisories and waivers: the first line says what the rest is. What is taken can be used.
 */
#include "pkgd/audit/advisory.h"
#include "pkgd/audit/waiver.h"
#include "tests/fuzz/fuzz.h"

static void
try_advisory(struct arena *arena, struct str text)
{
	struct advisory_list list = { 0 };

	if (advisory_read(arena, text, "input", &list) < 0)
		return;
	for (size_t i = 0; i < list.at.len; i++) {
		const struct advisory *advisory = &list.at.at[i];

		if (advisory->id[0] == '\0' || advisory->affected_count == 0)
			abort();
		for (size_t k = 0; k < advisory->affected_count; k++)
			(void)advisory_affects(&advisory->affected[k], "1.2.13-1");
	}
}

static void
try_waivers(struct arena *arena, struct str text)
{
	struct advisory advisory = { .id = "CVE-2022-37434" };
	struct waiver *waivers;
	size_t count;

	if (waiver_read(arena, text, "2026-01-01", &waivers, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		(void)waiver_covers(&waivers[i], &advisory, "zlib", "bin/x", "inflate");
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str kind;
	struct str rest;

	if (!fuzz_cut_kind(bytes, length, &kind, &rest))
		return 0;
	if (str_is(kind, "advisory"))
		try_advisory(arena, rest);
	else if (str_is(kind, "waivers"))
		try_waivers(arena, rest);
	return 0;
}
