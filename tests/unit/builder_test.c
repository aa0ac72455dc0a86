/* SPDX-License-Identifier: MIT */
/*
 * What a builder published is taken as it was signed, or not at all, with a warning; the repository
 * beside it is updated all the same.
 */
#include "repo/publish.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"
#include "tests/lib/world.h"

#include <string.h>
#include <unistd.h>

#define LEVEL "x86-64-v2"

struct builder_world {
	struct world world;
	struct key *forge; /* the builder's key */
	struct digest id; /* of that key */
	const char *warning; /* the last one; "" before */
};

static void
warned(void *data, const char *text)
{
	struct builder_world *it = data;

	it->warning = arena_string(it->world.arena, text);
}

static struct trust_options
options_of(struct builder_world *it)
{
	static const char *const levels[] = { LEVEL };

	return (struct trust_options){ .now = it->world.now,
		.builders = &it->id,
		.builder_count = 1,
		.levels = levels,
		.level_count = 1,
		.warn = warned,
		.warn_data = it };
}

static int
update(struct builder_world *it)
{
	struct trust_options options = options_of(it);

	it->warning = "";
	return trust_update(it->world.trust, "main", &options);
}

static size_t
count_objects(struct builder_world *it, struct trust_objects **ret_objects)
{
	struct trust_options options = options_of(it);
	size_t count = 0;

	if (trust_objects(it->world.arena, it->world.trust, "main", &options, ret_objects,
		    &count) < 0)
		tap_bail("%s", err_message());
	return count;
}

/* Publish a catalogue with one bundle for frob, signed by a key. */
static int
publish(struct builder_world *it, const struct key *key)
{
	struct arena *arena = it->world.arena;
	char *directory = arena_printf(arena, "%s/lowered", it->world.directory);
	struct lowered_contents contents = { str_from("object"), str_from("facts") };
	struct publish_builder builder = { "forge", key };
	struct publish_options options = { .now = it->world.now };
	struct publish_report report;
	struct index index;
	struct lowered_object object = { .key = hash_bytes("key", 3),
		.object = hash_bytes("object", 6),
		.object_size = 6,
		.facts = hash_bytes("facts", 5),
		.facts_size = 5 };
	struct lowered_bundle bundle = {
		.package = "frob-1.0-1", .objects = &object, .object_count = 1
	};
	struct lowered_catalogue catalogue = { .builder = "forge",
		.level = LEVEL,
		.arch = "x86_64",
		.cpu = LEVEL,
		.features = "",
		.producer = "test",
		.tier = "full",
		.bundles = &bundle,
		.bundle_count = 1 };
	int dir AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;

	TRY(trust_offers(arena, it->world.trust, "main", TRUST_ALL, NULL, &index));
	bundle.package_sha256 = index.packages[0].sha256;
	TRY(file_make_dirs(AT_FDCWD, directory, 0700));
	TRY(file_open_dir(AT_FDCWD, directory, &dir));
	fd = openat(dir, lowered_bundle_name(arena, &catalogue, &bundle),
		O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	TRY(lowered_bundle_write(fd, &contents, &bundle));
	return publish_objects(arena, it->world.repo, &it->world.keys, &builder, &options,
		&catalogue, 1, dir, &report);
}

static struct builder_world
begin(void)
{
	struct builder_world it = { .warning = "" };

	world_begin(&it.world, false);
	it.forge = it.world.stranger;
	it.id = key_id(it.forge);
	if (publish(&it, it.forge) < 0)
		tap_bail("%s", err_message());
	return it;
}

static void
test_honest(void)
{
	struct builder_world it = begin();
	struct trust_objects *objects = NULL;
	struct trust_bundle bundle;
	struct lowered_contents contents;
	struct trust_options options = options_of(&it);
	struct publish_report report;
	struct publish_options at = { .now = it.world.now };
	int dir AUTO(file_close) = -1;

	tap_ok(publish_check(it.world.arena, it.world.repo, &at, &report) == 0,
		"the repository is in order");
	tap_ok(update(&it) == 1 && it.warning[0] == '\0', "it is taken without a warning");
	tap_ok(count_objects(&it, &objects) == 1, "its catalogue is known");
	tap_ok(update(&it) == 0, "nothing is new afterwards");
	bundle = (struct trust_bundle){ &objects[0], &objects[0].catalogue->bundles[0], -1,
		NULL };
	if (file_open_dir(AT_FDCWD, it.world.directory, &dir) < 0)
		tap_bail("%s", err_message());
	tap_ok(trust_fetch_bundles(it.world.arena, it.world.trust, &options, dir, &bundle, 1) ==
				0 &&
			bundle.ret_fd >= 0 &&
			lowered_bundle_read(
				it.world.arena, bundle.ret_fd, bundle.bundle, &contents) == 0 &&
			str_is(contents.object, "object") && str_is(contents.facts, "facts"),
		"its bundle is fetched and read");
	file_close(&bundle.ret_fd);
	it.id = key_id(it.world.owner);
	tap_ok(count_objects(&it, &objects) == 0, "who does not trust the key sees nothing");
	world_end(&it.world);
}

static void
test_names(void)
{
	struct builder_world it = begin();
	struct publish_report report;
	struct publish_options at = { .now = it.world.now };

	tap_ok(publish(&it, it.world.owner) == ERR_SIGNATURE, "a name keeps its key: %s",
		err_message());
	world_publish(&it.world, "2.0");
	tap_ok(publish_check(it.world.arena, it.world.repo, &at, &report) == 0 &&
			update(&it) == 1 && it.warning[0] == '\0',
		"publishing packages leaves the builder's part as it is");
	world_end(&it.world);
}

/* Each is done to the repository behind its owner's back. */
static void
edit_document(struct world *world)
{
	world_edit(world, "metadata/1.objects-forge.json", "objects-forge-", "objects-forgo-");
}

static void
remove_document(struct world *world)
{
	(void)unlink(
		arena_printf(world->arena, "%s/metadata/1.objects-forge.json", world->repo));
}

static void
wait_long(struct world *world)
{
	struct publish_options options = { .now = world->now + 400 * WORLD_DAY };
	struct publish_report report;

	world->now = options.now;
	if (publish_sign(world->arena, world->repo, &world->keys, &options, &report) < 0)
		tap_bail("%s", err_message());
}

static const struct {
	const char *name;
	void (*attack)(struct world *world);
	const char *warning;
} attacks[] = {
	{ "a document that was changed", edit_document, "objects of builder forge" },
	{ "a document that is missing", remove_document, "objects of builder forge" },
	{ "a document that has expired", wait_long, "expired" },
};

static void
test_attacks(void)
{
	for (size_t i = 0; i < sizeof attacks / sizeof *attacks; i++) {
		struct builder_world it = begin();
		struct trust_objects *objects;
		struct publish_report report;
		struct publish_options at;

		attacks[i].attack(&it.world);
		at = (struct publish_options){ .now = it.world.now };
		tap_ok(publish_check(it.world.arena, it.world.repo, &at, &report) ==
				ERR_FINDINGS,
			"%s: the check finds it: %s", attacks[i].name, err_message());
		tap_ok(update(&it) == 1, "%s: the repository is updated", attacks[i].name);
		tap_ok(strstr(it.warning, attacks[i].warning) != NULL, "%s: %s",
			attacks[i].name, it.warning);
		tap_ok(count_objects(&it, &objects) == 0, "%s: no object is used",
			attacks[i].name);
		world_end(&it.world);
	}
}

int
main(void)
{
	test_honest();
	test_names();
	test_attacks();
	return tap_done();
}
