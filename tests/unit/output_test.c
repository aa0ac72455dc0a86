/* SPDX-License-Identifier: MIT */
/* What was made of declarations, as the store keeps it: checked, read back, owned, verified, collected. */
#include "base/arena.h"
#include "base/err.h"
#include "store/generation.h"
#include "store/objects.h"
#include "store/query.h"
#include "store/repair.h"
#include "store/store.h"
#include "tests/lib/installation.h"
#include "tests/lib/tap.h"

#include <string.h>

/* What a trigger made belongs to the generation as an image does. */
static void
test_outputs(void)
{
	struct fixture it = fixture_new();
	struct store *store = open_locked(&it);
	struct generation_output output = { .path = "share/x.cache",
		.trigger = "cache",
		.key = hash_bytes("key", 3),
		.digest = hash_bytes("made", 4),
		.size = 4 };
	struct repair_scope scope = { 0 };
	struct repair_garbage *garbage;
	struct repair_finding *findings;
	struct objects_new *new;
	struct query_owner *owners;
	struct generation generation, read;
	uint64_t number;
	size_t count;

	if (make_state(it.arena, store, 1, &generation) < 0)
		tap_bail("%s", err_message());
	output.package = generation_package_label(it.arena, &generation.packages[0]);
	output.store_name = objects_name(it.arena, &output.key, output.package);
	generation.outputs = &output;
	generation.output_count = 1;
	tap_is_number(generation_create(store, &generation, &number), ERR_NOT_FOUND,
		"an output that is not in the store: %s", err_message());
	if (objects_begin(store, output.store_name, &new) < 0 ||
		objects_add_bytes(new, GENERATION_OUTPUT, "made", 4, false) < 0 ||
		objects_finish(&new) < 0 || objects_settle(store) < 0 ||
		generation_create(store, &generation, &number) < 0 ||
		generation_activate(store, number, "test", NULL) < 0 ||
		generation_read(it.arena, store, number, &read) < 0)
		tap_bail("%s", err_message());
	tap_ok(read.output_count == 1 && digest_equal(&read.outputs[0].key, &output.key) &&
			strcmp(read.outputs[0].trigger, "cache") == 0,
		"a generation says what was made");
	query_owners(it.arena, store, number, "share/x.cache", &owners, &count);
	tap_ok(count == 1 && strcmp(owners[0].label, output.package) == 0,
		"its owner is known");
	repair_verify(it.arena, store, number, NULL, &findings, &count);
	tap_is_number((long long)count, 0, "it is well");
	repair_collect(it.arena, store, &scope, &garbage, &count);
	tap_ok(objects_has(store, output.store_name), "it is no garbage");
	output.trigger = NULL;
	output.service = "cached";
	if (generation_create(store, &generation, &number) < 0 ||
		generation_read(it.arena, store, number, &read) < 0)
		tap_bail("%s", err_message());
	tap_ok(read.outputs[0].trigger == NULL &&
			strcmp(read.outputs[0].service, "cached") == 0,
		"likewise what a service is made of");
	output.path = "var/x";
	tap_is_number(generation_check(&generation), ERR_RANGE, "none is made below var/: %s",
		err_message());
	output.path = generation.images[0].name;
	tap_is_number(generation_check(&generation), ERR_EXISTS,
		"none in the place of a program: %s", err_message());
	store_close(&store);
	fixture_free(&it);
}

int
main(void)
{
	test_outputs();
	return tap_done();
}
