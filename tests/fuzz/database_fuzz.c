/* SPDX-License-Identifier: MIT */
/*
 * Database files, whatever is in them: the first line says whether the rest is the store's ("weld") or that of
 * trust ("trust"). Every question is answered or refused; nothing that they say leads out of the root.
 */
#include "repo/trust.h"
#include "store/query.h"
#include "store/repair.h"
#include "store/store.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/fuzz_root.h"

#include <stdio.h>

static void
ask_store(struct arena *arena, struct store *store)
{
	struct query_generation *generations;
	struct query_event *events;
	struct query_owner *owners;
	struct query_image *images;
	struct query_slot *slots;
	struct query_tier *tiers;
	size_t count;

	(void)query_history(arena, store, &events, &count);
	(void)query_slots(arena, store, &slots, &count);
	(void)query_images(arena, store, &images, &count);
	(void)query_tiers(arena, store, &tiers, &count);
	(void)query_owners(arena, store, 1, "share/tool/text", &owners, &count);
	(void)query_files(arena, store, 1, "tool", &owners, &count);
	(void)query_generations(arena, store, &generations, &count);
	(void)repair_check_database(store);
	/* Taking the lock settles what an interrupted command left: what the rows say of it. */
	(void)store_lock(store, "fuzz", 0);
}

static void
try_store(struct arena *arena)
{
	struct store *store AUTO(store_close) = NULL;

	if (store_open(fuzz_root_path(), 0, &store) >= 0)
		ask_store(arena, store);
}

static void
ask_trust(struct arena *arena, struct trust *trust, const char *name)
{
	static const enum trust_which all[] = { TRUST_ALL, TRUST_NAMED, TRUST_LIKE,
		TRUST_WITH };
	struct index index;
	char **names;
	size_t count;

	(void)trust_names(arena, trust, name, &names, &count);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		if (trust_offers(arena, trust, name, all[i], "tool", &index) >= 0)
			for (size_t k = 0; k < index.len; k++)
				(void)trust_contents(arena, trust, &index.packages[k]);
}

static void
try_trust(struct arena *arena)
{
	struct trust *trust AUTO(trust_close) = NULL;
	struct trust_repo *repos;
	size_t count;
	char path[128];

	snprintf(path, sizeof path, "%s/db/trust.db", fuzz_root_path());
	if (trust_open(path, &trust) < 0 || trust_list(arena, trust, &repos, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		ask_trust(arena, trust, repos[i].name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str kind;
	struct str rest;
	bool is_store;

	if (!fuzz_cut_kind(bytes, length, &kind, &rest))
		return 0;
	is_store = str_is(kind, "weld");
	if (!is_store && !str_is(kind, "trust"))
		return 0;
	fuzz_root_remove(is_store ? "db/weld.db-journal" : "db/trust.db-wal");
	fuzz_root_write(is_store ? "db/weld.db" : "db/trust.db", rest);
	if (is_store)
		try_store(arena);
	else
		try_trust(arena);
	return 0;
}
