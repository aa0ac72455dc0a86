/* SPDX-License-Identifier: MIT */
/*
 * Facts: what was written is what is read, names are found, damage is refused.
 */
#include "linker/facts.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>

/* A program of two functions `init`, a copied one and a table, bound to a slot. */
static const struct facts_contents sample = {
	.image = { FACTS_PROGRAM, "bin/gz", "gz-1-1", { { 7 } } },
	.origins = (const struct facts_origin[]){ { "gz-1-1", "bin/gz", "main.c", true },
		{ "zlib-1.2.13-1", "z", "inflate.c", false } },
	.origin_count = 2,
	.types = (const char *const[]){ "i32 ()", "void (ptr)" },
	.type_count = 2,
	.slots = (const struct facts_slot[]){ { "c", { { 9 } } } },
	.slot_count = 1,
	.bindings =
		(const struct facts_binding[]){ { "write", 0, true }, { "environ", 0, false } },
	.binding_count = 2,
	.entities = (const struct facts_entity[]){ { "main", "main", 0, 0,
							   FACTS_FUNCTION | FACTS_ENTRY,
							   0x400000, 64 },
		{ "init", "init", 0, 0, FACTS_FUNCTION, 0x400040, 16 },
		{ "init.3", "init", 1, 1, FACTS_FUNCTION | FACTS_ADDRESS_TAKEN, 0x400050, 16 },
		{ "table", "table", 1, FACTS_NONE, 0, 0x401000, 8 } },
	.entity_count = 4,
	.bodies = (const struct facts_body[]){ { "inflate", 1, { 1, 2 } },
		{ "adler32", 1, { 3 } } },
	.body_count = 2,
	.copies =
		(const struct facts_copy[]){ { 2, 0, false }, { 0, 1, true }, { 0, 0, false } },
	.copy_count = 3,
	.edges = (const struct facts_edge[]){ { 3, 2, FACTS_REFERENCE, false },
		{ 0, 1, FACTS_CALL, false }, { 0, 0, FACTS_CALL, true },
		{ 0, 1, FACTS_CALL, false }, { 1, 1, FACTS_REFERENCE, true } },
	.edge_count = 5,
	.indirects = (const struct facts_indirect[]){ { 1, 1 }, { 1, FACTS_NONE }, { 1, 1 } },
	.indirect_count = 3,
};

static void
test_round_trip(struct str bytes)
{
	struct facts facts;
	struct facts_range range;
	struct facts_edge edge;

	tap_ok(facts_open(bytes, &facts) == 0, "a written file opens");
	tap_is_string(facts_image(&facts).name, "bin/gz", "the image's name");
	tap_is_number(facts_image(&facts).digest.bytes[0], 7, "the image's digest");
	tap_is_string(facts_origin(&facts, 1).source, "inflate.c", "an origin");
	tap_is_string(facts_type(&facts, 1), "void (ptr)", "a type");
	tap_is_number(facts_slot(&facts, 0).layout_id.bytes[0], 9, "a slot's layout id");
	tap_is_string(facts_binding(&facts, 1).symbol, "environ", "a binding");
	tap_is_number(facts_entity(&facts, 2).address, 0x400050, "an entity's address");
	range = facts_edges_of(&facts, 0);
	tap_is_number(range.end - range.first, 2, "double edges are one");
	edge = facts_edge(&facts, range.end - 1);
	tap_ok(edge.is_binding && edge.to == 0 && edge.from == 0, "an edge to a binding");
	range = facts_edges_of(&facts, 2);
	tap_is_number(range.end - range.first, 0, "an entity without edges");
	tap_is_number(
		facts_edge(&facts, facts.edge_count - 1).from, 3, "the last edge's owner");
	tap_is_number(facts_copy(&facts, facts.copy_count - 1).host, 2, "the last copy's host");
	range = facts_copies_of(&facts, 0);
	tap_ok(!facts_copy(&facts, range.first).is_folded &&
			facts_copy(&facts, range.first + 1).is_folded,
		"a copy, and one that was folded");
	range = facts_indirects_of(&facts, 1);
	tap_is_number(range.end - range.first, 2, "indirect calls of a type, and of any");
}

static void
test_find(struct str bytes)
{
	struct facts facts;
	struct facts_range range;

	if (facts_open(bytes, &facts) < 0)
		tap_bail("%s", err_message());
	range = facts_find(&facts, FACTS_BY_NAME, "init.3");
	tap_ok(range.end - range.first == 1 &&
			facts_at(&facts, FACTS_BY_NAME, range.first) == 2,
		"found by its name in the image");
	range = facts_find(&facts, FACTS_BY_SOURCE_NAME, "init");
	tap_is_number(range.end - range.first, 2, "both of a name in the source are found");
	range = facts_find(&facts, FACTS_BODIES, "adler32");
	tap_ok(range.end - range.first == 1 && facts_at(&facts, FACTS_BODIES, range.first) == 1,
		"a body is found");
	range = facts_find(&facts, FACTS_BINDINGS, "write");
	tap_ok(range.end - range.first == 1 &&
			facts_at(&facts, FACTS_BINDINGS, range.first) == 0,
		"a binding is found");
	range = facts_find(&facts, FACTS_BY_NAME, "nothing");
	tap_is_number(range.end - range.first, 0, "what is not there is not found");
}

static void
test_refusals(struct str bytes)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *copy = arena_copy(arena, bytes.at, bytes.len);
	struct facts facts;
	size_t opened = 0;

	for (size_t i = 0; i < bytes.len; i++)
		opened += facts_open((struct str){ bytes.at, i }, &facts) == 0;
	tap_is_number((long long)opened, 0, "a file that was cut is refused");
	copy[8]++;
	tap_ok(facts_open((struct str){ copy, bytes.len }, &facts) == ERR_FORMAT,
		"another version is refused: %s", err_message());
	tap_ok(facts_open((struct str){ "", 0 }, &facts) == ERR_FORMAT, "nothing is refused");
}

static void
test_empty(void)
{
	const struct facts_contents nothing = { .image = {
							.name = "bin/a", .package = "a-1-1" } };
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	struct facts facts;

	tap_ok(facts_write(&nothing, &bytes) == 0 &&
			facts_open(strbuf_str(&bytes), &facts) == 0,
		"facts of nothing");
	tap_is_number(facts_find(&facts, FACTS_BODIES, "x").end, 0, "nothing is found in them");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	struct strbuf again AUTO(strbuf_free) = { 0 };
	struct str golden;

	if (facts_write(&sample, &bytes) < 0 || facts_write(&sample, &again) < 0)
		tap_bail("%s", err_message());
	tap_ok(str_equal(strbuf_str(&bytes), strbuf_str(&again)), "same contents, same bytes");
	test_round_trip(strbuf_str(&bytes));
	test_find(strbuf_str(&bytes));
	test_refusals(strbuf_str(&bytes));
	test_empty();
	if (file_read(arena, AT_FDCWD, GOLDEN "/facts-1.bin", 1 << 20, &golden) < 0)
		tap_bail("%s", err_message());
	tap_ok(str_equal(strbuf_str(&bytes), golden), "version 1 is as it was released");
	return tap_done();
}
