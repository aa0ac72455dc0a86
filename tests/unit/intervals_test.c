/* SPDX-License-Identifier: MIT */
/* Which generation has which package, whatever comes, goes, is gone back to and forgotten. */
#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "store/objects.h"
#include "store/query.h"
#include "store/repair.h"
#include "store/root/handle.h"
#include "store/store.h"
#include "tests/lib/installation.h"
#include "tests/lib/tap.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PACKAGES 6
#define ROUNDS 60

struct history { /* what each generation has: versions, 0: it has it not */
	struct fixture it;
	struct store *store;
	uint64_t seed;
	uint64_t current;
	uint64_t count;
	bool is_there[ROUNDS + 2];
	unsigned versions[ROUNDS + 2][PACKAGES];
};

/* The next of a row of numbers that look random and are always the same. */
static unsigned
next_random(struct history *history, unsigned limit)
{
	history->seed =
		history->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(history->seed >> 33) % limit;
}

static void
describe(struct arena *arena, unsigned name, unsigned version,
	struct generation_package *package)
{
	struct generation_file *file = ARENA_NEW(arena, struct generation_file);

	*file = (struct generation_file){ .kind = GENERATION_DIRECTORY,
		.path = arena_printf(arena, "share/p%u/%u", name, version),
		.mode = 0755 };
	*package = (struct generation_package){ .name = arena_printf(arena, "p%u", name),
		.version = arena_printf(arena, "%u", version),
		.release = 1,
		.digest = digest_of(file->path),
		.manifest = digest_of("{}"),
		.files = file,
		.file_count = 1 };
	package->store_name =
		objects_name(arena, &package->digest, generation_package_label(arena, package));
}

/* One more generation: each package stays, goes, comes, or becomes another version. */
static void
change(struct history *history)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct generation_package packages[PACKAGES];
	struct generation generation = { .packages = packages, .command = "test" };
	const unsigned *before = history->versions[history->current];
	unsigned versions[PACKAGES];
	uint64_t number;

	for (unsigned i = 0; i < PACKAGES; i++) {
		versions[i] = before[i];
		if (next_random(history, 3) == 0)
			versions[i] = next_random(history, 4);
		if (versions[i] > 0)
			describe(arena, i, versions[i], &packages[generation.package_count++]);
	}
	if (generation_create(history->store, &generation, &number) < 0 || number > ROUNDS + 1)
		tap_bail("%s", err_message());
	memcpy(history->versions[number], versions, sizeof versions);
	history->is_there[number] = true;
	history->count = number;
	/* Some are never made current: the next lock forgets them. */
	if (next_random(history, 8) == 0) {
		store_unlock(history->store);
		if (store_lock(history->store, "test", 0) < 0)
			tap_bail("%s", err_message());
		history->is_there[number] = false;
		return;
	}
	if (generation_activate(history->store, number, "test", NULL) < 0)
		tap_bail("%s", err_message());
	history->current = number;
}

/* Go back to a generation, or forget one. */
static void
go_back(struct history *history)
{
	uint64_t number = 1 + next_random(history, (unsigned)history->count);

	if (!history->is_there[number] || number == history->current)
		return;
	if (next_random(history, 3) == 0) {
		if (generation_activate(history->store, number, "back", NULL) < 0)
			tap_bail("%s", err_message());
		history->current = number;
		return;
	}
	if (generation_remove(history->store, number) < 0)
		tap_bail("%s", err_message());
	history->is_there[number] = false;
}

/* Whether the database says of a package in a generation what is so. */
static bool
is_right(struct history *history, uint64_t number, unsigned name)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	unsigned version = history->is_there[number] ? history->versions[number][name] : 0;
	const char *package = arena_printf(arena, "p%u", name);
	struct query_owner *files;
	size_t count;
	int ret = query_files(arena, history->store, number, package, &files, &count);

	if (version == 0)
		return ret == ERR_NOT_FOUND || (ret == 0 && !history->is_there[number]);
	return ret == 0 && count == 1 &&
	       strcmp(files[0].label, arena_printf(arena, "p%u-%u-1", name, version)) == 0 &&
	       strcmp(files[0].path, arena_printf(arena, "share/p%u/%u", name, version)) == 0;
}

static bool
are_counts_right(struct history *history)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct query_generation *rows;
	size_t count;

	if (query_generations(arena, history->store, &rows, &count) < 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		uint64_t packages = 0;

		for (unsigned name = 0; name < PACKAGES; name++)
			packages += history->versions[rows[i].number][name] > 0;
		if (!history->is_there[rows[i].number] || rows[i].package_count != packages)
			return false;
	}
	return true;
}

static unsigned
count_wrong(struct history *history)
{
	unsigned wrong = are_counts_right(history) ? 0 : 1;

	for (uint64_t number = 1; number <= history->count; number++)
		for (unsigned name = 0; name < PACKAGES; name++)
			wrong += !is_right(history, number, name);
	return wrong;
}

static int64_t
count_rows(const struct history *history, const char *table)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct db_query *query AUTO(db_query_free) = NULL;
	int64_t count = -1;

	if (db_prepare(history->store->db,
		    arena_printf(arena, "SELECT count(*) FROM %s", table), &query) < 0 ||
		db_step(query) != 1 || db_get_integer(query, 0, &count) < 0)
		tap_bail("%s", err_message());
	return count;
}

/* When all but the current generation are forgotten, so is what they had. */
static void
test_forgetting(struct history *history)
{
	int64_t packages = 0;

	for (uint64_t number = 1; number <= history->count; number++)
		if (history->is_there[number] && number != history->current &&
			generation_remove(history->store, number) < 0)
			tap_bail("%s", err_message());
	for (unsigned name = 0; name < PACKAGES; name++)
		packages += history->versions[history->current][name] > 0;
	tap_is_number(count_rows(history, "package"), packages, "rows of one generation");
	tap_is_number(count_rows(history, "content"), packages, "and its paths");
}

int
main(void)
{
	struct history history = { .it = fixture_new(), .seed = 3 };
	unsigned wrong = 0;

	history.store = open_locked(&history.it);
	for (unsigned round = 0; round < ROUNDS && wrong == 0; round++) {
		change(&history);
		go_back(&history);
		wrong = count_wrong(&history);
		if (wrong > 0)
			tap_note("round %u: %u are wrong", round, wrong);
	}
	tap_is_number(wrong, 0, "each generation has what it was made of");
	tap_is_number(repair_database(history.store), 0, "make the database anew");
	tap_is_number(count_wrong(&history), 0, "it says the same");
	test_forgetting(&history);
	store_close(&history.store);
	fixture_free(&history.it);
	return tap_done();
}
