/* SPDX-License-Identifier: MIT */
/* A library of many functions is lowered in pieces below the tier full; what changed is what is lowered again. */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "linker/facts.h"
#include "linker/unit.h"
#include "tests/lib/linking.h"
#include "tests/lib/neutral.h"
#include "tests/lib/tap.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FUNCTIONS 900

static const char *const with_big[] = { "big", NULL };
static const char *const with_both[] = { "big", "other", NULL };

#define SAY "void say(const char *);\n"

/*
 * Functions that call each other, static ones among them; `changed` is one whose body is another. One
 * chooses by a table of labels, there is an alias, a hook, and data that only one function sees.
 */
static const char *
big_source(struct arena *arena, int changed)
{
	struct strbuf text = { 0 };
	const char *source;

	strbuf_printf(&text, SAY
		"volatile unsigned sink; static unsigned table[4] = { 1, 2, 3, 5 };\n"
		"static int begun; __attribute__((constructor)) static void begin(void) { "
		"begun = 7; }\n"
		"__attribute__((noinline)) static unsigned mix(unsigned x) { return x * 31 + "
		"table[x & 3]; }\n"
		"unsigned choose(unsigned x) { static const void *const labels[] = { &&a, &&b, "
		"&&c };\n"
		" unsigned n = 0; goto *labels[x %% 3]; a: n += 5; goto *labels[++x %% 3];\n"
		" b: n += 10; return n; c: n += 100; return n; }\n"
		"unsigned hook(void) { return begun; }\n");
	for (int i = 0; i < FUNCTIONS; i++) {
		strbuf_printf(&text, "__attribute__((noinline)) %sunsigned f%d(unsigned x) {\n",
			i % 2 ? "static " : "", i);
		for (int k = 0; k < 12; k++)
			strbuf_printf(&text, " sink = x ^ %d; x = sink * %d + mix(x);\n", i + k,
				i == changed ? 2 * k + 1 : 2 * k + 3);
		strbuf_printf(&text, " return x%s%s; }\n", i == 0 ? "" : " + f",
			i == 0 ? "" : arena_printf(arena, "%d(x)", i - 1));
	}
	strbuf_printf(&text,
		"unsigned run_all(unsigned x) { return f%d(x); }\n"
		"extern unsigned same(unsigned) __attribute__((alias(\"run_all\")));\n",
		FUNCTIONS - 1);
	source = arena_string(arena, strbuf_string(&text));
	strbuf_free(&text);
	return source;
}

static const char program[] = SAY
	"unsigned run_all(unsigned), same(unsigned), choose(unsigned), hook(void);\n"
	"int main(void) { unsigned x = run_all(3), y = choose(0) + choose(2); char digit[2] = "
	"{ 0 };\n"
	" say(x == same(3) ? \"same \" : \"other \"); say(y == 115 ? \"labels \" : \"?\");\n"
	" say(hook() == 7 ? \"hook \" : \"?\");\n"
	" for (int i = 0; i < 10; i++, x /= 10) { digit[0] = (char)('0' + x % 10); say(digit); "
	"} return 0; }\n";

static size_t
count_pieces(struct world *world)
{
	int fd AUTO(file_close) = -1;
	struct unit_piece *pieces;
	size_t count;

	if (file_open(AT_FDCWD, world->libraries[1].unit.path, &fd) < 0 ||
		unit_read_head(world->arena, fd, &pieces, &count) < 0)
		tap_bail("%s", err_message());
	return count;
}

/* Whether the facts of the program name the source of a function that a piece hides, by its own name. */
static bool
facts_name(struct world *world, const char *name)
{
	const struct link_image *image = image_of(world, "bin/p");
	struct facts facts;
	struct str bytes;

	if (file_read(world->arena, AT_FDCWD, image->facts_file, (size_t)1 << 30, &bytes) < 0 ||
		facts_open(bytes, &facts) < 0)
		tap_bail("%s", err_message());
	for (uint32_t i = 0; i < facts.entity_count; i++)
		if (strcmp(facts_entity(&facts, i).source_name, name) == 0)
			return true;
	return false;
}

/* The library is what it is in each tier, private and in a slot. */
static void
test_same_in_all(void)
{
	struct world w;
	const char *full;
	size_t pieces;

	set_up(&w);
	add_library(&w, "big", big_source(w.arena, -1), NULL);
	add_program(&w, "bin/p", program, with_big);
	pieces = count_pieces(&w);
	tap_ok(pieces >= 3, "a large unit is in pieces: %zu", pieces);
	w.request.tier = LOWER_FULL;
	full = link_and_run(&w, "p");
	tap_ok(strstr(full, "0:same labels hook ") == full, "all of them make the unit: %s",
		full);
	w.request.cache = arena_printf(w.arena, "%s/cache-instant", w.root);
	w.request.tier = LOWER_INSTANT;
	tap_is_string(
		link_and_run(&w, "p"), full, "pieces by themselves do what the unit does");
	tap_is_number((long)w.result.lowered_units, (long)pieces + 2,
		"each was lowered, and libc and the program");
	tap_ok(facts_name(&w, "mix") && facts_name(&w, "f1"),
		"facts have the names of the source");
	w.request.sharing = LINK_SHARING_ALWAYS;
	tap_is_string(link_and_run(&w, "p"), full, "also in a slot");
	tap_is_number((long)w.result.lowered_units, 0, "of the same objects");
	w.request.tier = LOWER_FAST;
	w.request.cache = arena_printf(w.arena, "%s/cache-fast", w.root);
	tap_is_string(link_and_run(&w, "p"), full, "also in the tier fast");
	w.request.tier = LOWER_INSTANT;
	w.request.harden = HARDEN_STACK_CLASH | HARDEN_ZERO_REGISTERS;
	tap_is_string(link_and_run(&w, "p"), full, "also with defences");
	tap_is_number((long)w.result.lowered_units, (long)pieces + 2,
		"which each piece was lowered with");
	tear_down(&w);
}

/* A function that is another lowers one piece again, or two that meet there. */
static void
test_small_change(void)
{
	struct world w;
	size_t pieces;

	set_up(&w);
	w.request.tier = LOWER_INSTANT;
	add_library(&w, "big", big_source(w.arena, -1), NULL);
	add_program(&w, "bin/p", program, with_big);
	tap_ok(link_world(&w) == 0, "a library in pieces");
	pieces = count_pieces(&w);
	w.request.library_count = 1;
	add_library(&w, "big", big_source(w.arena, 500), NULL);
	tap_ok(link_world(&w) == 0, "f500 is another function");
	tap_is_number((long)w.result.lowered_units, 1, "of its pieces one is lowered again");
	tap_ok(pieces > 2, "of %zu", pieces);
	tear_down(&w);
}

/* What units define twice is settled by merging them, pieces and all. */
static void
test_clash(void)
{
	static const char other[] = SAY "unsigned hook(void) { return 1; } void use(void) { "
					"say(hook() == 1 ? \"own \" : \"?\"); }\n";
	static const char p[] = SAY "unsigned run_all(unsigned), hook(void); void use(void);\n"
				    "int main(void) { use(); say(hook() == 7 ? \"first\" : "
				    "\"?\"); return run_all(1) & 0; }\n";
	struct world w;

	set_up(&w);
	w.request.tier = LOWER_INSTANT;
	add_library(&w, "big", big_source(w.arena, -1), NULL);
	add_library(&w, "other", other, NULL);
	add_program(&w, "bin/p", p, with_both);
	tap_is_string(
		link_and_run(&w, "p"), "0:own first", "two private libraries with one name");
	tear_down(&w);
}

/* A unit that lies about its pieces. */
static void
test_lies(void)
{
	struct world w;
	struct str bytes;
	const char *path;
	char *copy;

	set_up(&w);
	w.request.tier = LOWER_INSTANT;
	add_library(&w, "big", big_source(w.arena, -1), NULL);
	add_program(&w, "bin/p", program, with_big);
	path = w.libraries[1].unit.path;
	if (file_read(w.arena, AT_FDCWD, path, (size_t)1 << 30, &bytes) < 0)
		tap_bail("%s", err_message());
	copy = arena_copy(w.arena, bytes.at, bytes.len);
	copy[24] ^= 1;
	(void)file_replace(AT_FDCWD, path, copy, bytes.len, 0600);
	tap_is_number(link_world(&w), ERR_DIGEST, "a piece with another digest is refused");
	tap_ok(strstr(err_message(), "l-1-1: library big (piece 1 of ") != NULL, "by name: %s",
		err_message());
	copy[24] ^= 1;
	copy[8] ^= 1;
	(void)file_replace(AT_FDCWD, path, copy, bytes.len, 0600);
	tap_is_number(link_world(&w), ERR_FORMAT, "a wrong number of pieces is refused");
	(void)file_replace(AT_FDCWD, path, bytes.at, bytes.len - 4, 0600);
	tap_is_number(link_world(&w), ERR_FORMAT, "a cut-off unit is refused");
	w.request.tier = LOWER_FULL;
	tap_ok(link_world(&w) < 0, "in each tier: %s", err_message());
	tear_down(&w);
}

int
main(void)
{
	test_same_in_all();
	test_small_change();
	test_clash();
	test_lies();
	return tap_done();
}
