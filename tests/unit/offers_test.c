/* SPDX-License-Identifier: MIT */
/*
 * What a verified index says, asked row by row: the same as the index as a whole; also when an
 * older weld kept it as text.
 */
#include "repo/trust.h"

#include "base/arena.h"
#include "base/db.h"
#include "base/err.h"
#include "base/str.h"
#include "repo/trust/tuf.h"
#include "tests/lib/tap.h"
#include "tests/lib/world.h"

#include <string.h>

/* The index itself, as the repository publishes it in its second version. */
static struct str
index_text(struct world *world)
{
	struct tuf_document document AUTO(tuf_release) = { 0 };
	char hex[DIGEST_HEX_SIZE];
	struct tuf_file file;

	if (tuf_read(world_read(world, "metadata/2.targets.json"), TUF_TARGETS, &document) <
			0 ||
		tuf_find_target(&document, TUF_INDEX, &file) < 0)
		tap_bail("%s", err_message());
	return world_read(world, arena_printf(world->arena, "targets/%s.index.json",
					 digest_hex(&file.sha256, hex)));
}

static size_t
count_offers(struct world *world, enum trust_which which, const char *text)
{
	struct index index = { 0 };

	if (trust_offers(world->arena, world->trust, "main", which, text, &index) < 0)
		tap_bail("%s", err_message());
	return index.len;
}

/* Everything that the rows say, as an index again. */
static bool
is_whole(struct world *world)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct index index = { 0 };
	int ret = trust_offers(world->arena, world->trust, "main", TRUST_ALL, NULL, &index);

	for (size_t i = 0; ret >= 0 && i < index.len; i++)
		ret = trust_contents(world->arena, world->trust, &index.packages[i]);
	if (ret < 0)
		tap_note("%s", err_message());
	index_write(&index, &text);
	return ret >= 0 && str_equal(strbuf_str(&text), index_text(world));
}

static void
test_questions(struct world *world)
{
	static const struct {
		enum trust_which which;
		const char *text;
		size_t count;
	} cases[] = {
		{ TRUST_NAMED, "frob", 1 },
		{ TRUST_NAMED, "fro", 0 },
		{ TRUST_LIKE, "FRO", 1 },
		{ TRUST_LIKE, "%", 0 },
		{ TRUST_LIKE, "", 1 },
		{ TRUST_WITH, "bin/frob", 1 },
		{ TRUST_WITH, "lib:frob", 1 },
		{ TRUST_WITH, "lib:frob = 1.0-1", 1 },
		{ TRUST_WITH, "bin/frobs", 0 },
		{ TRUST_WITH, "", 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		tap_ok(count_offers(world, cases[i].which, cases[i].text) == cases[i].count,
			"question %d about \"%s\" has %zu answers", (int)cases[i].which,
			cases[i].text, cases[i].count);
}

static void
test_names(struct world *world)
{
	char **names = NULL;
	size_t count = 0;

	tap_ok(trust_names(world->arena, world->trust, "main", &names, &count) == 0 &&
			count == 1 && strcmp(names[0], "frob") == 0,
		"all names are told");
	tap_ok(trust_offers(world->arena, world->trust, "other", TRUST_ALL, NULL,
		       &(struct index){ 0 }) == ERR_NOT_FOUND,
		"an unknown repository is an error: %s", err_message());
}

/* Rows that were read before an update do not answer with what came after it. */
static void
test_outdated(struct world *world)
{
	struct index index = { 0 };

	if (trust_offers(world->arena, world->trust, "main", TRUST_ALL, NULL, &index) < 0)
		tap_bail("%s", err_message());
	world_publish(world, "1.1");
	if (world_update(world) < 0)
		tap_bail("%s", err_message());
	tap_ok(trust_contents(world->arena, world->trust, &index.packages[0]) == ERR_NOT_FOUND,
		"contents of what was replaced are not mixed up: %s", err_message());
	tap_ok(count_offers(world, TRUST_ALL, NULL) == 2, "afterwards both versions are there");
}

/* Make the database what version 2 of its schema was. */
static void
make_old(const char *path, struct str text)
{
	static const char *const steps[] = { "", "", "", "" };
	static const struct db_schema schema = { steps, 4, 0x77656c74, "" };
	struct db *db AUTO(db_close) = NULL;
	struct db_query *query AUTO(db_query_free) = NULL;

	if (db_open(path, &schema, 0, &db) < 0 ||
		db_run(db, "ALTER TABLE repository DROP COLUMN boot; ALTER TABLE repository "
			   "DROP COLUMN up;"
			   "DROP TABLE offer; DROP TABLE content; DROP TABLE word;"
			   "PRAGMA user_version = 2") < 0 ||
		db_prepare(db, "UPDATE catalogue SET bytes = ?1", &query) < 0)
		tap_bail("%s", err_message());
	db_bind_bytes(query, 1, text.at, text.len);
	if (db_finish(query) < 0)
		tap_bail("%s", err_message());
}

static void
test_old_database(struct world *world)
{
	const char *path = arena_printf(world->arena, "%s/trust.db", world->directory);
	struct str text = index_text(world);

	trust_close(&world->trust);
	make_old(path, text);
	tap_ok(trust_open(path, &world->trust) == 0 && is_whole(world),
		"a database of an older weld is taken over");
	trust_close(&world->trust);
	make_old(path, str_from("{\"format\":1}"));
	tap_ok(trust_open(path, &world->trust) == ERR_FORMAT, "a damaged one is refused: %s",
		err_message());
}

int
main(void)
{
	struct world world;

	world_begin(&world, false);
	tap_ok(is_whole(&world), "the rows say what the index says");
	test_questions(&world);
	test_names(&world);
	test_outdated(&world);
	world_end(&world);
	world_begin(&world, false);
	test_old_database(&world);
	world_end(&world);
	return tap_done();
}
