/* SPDX-License-Identifier: MIT */
/* Archives in GNU's format: members, long names, symbol tables; damage is told, never followed. */
#include "base/arena.h"
#include "base/err.h"
#include "linker/driver/archive.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
add_member(struct strbuf *archive, const char *name, const char *contents, size_t len)
{
	strbuf_printf(archive, "%-16s%-12d%-6d%-6d%-8s%-10zu`\n", name, 0, 0, 0, "644", len);
	strbuf_add(archive, contents, len);
	if (len % 2 != 0)
		strbuf_add_char(archive, '\n');
}

/* The symbol table comes first and has the same length whatever the offsets are. */
static void
make_archive(struct strbuf *archive)
{
	static const char names[] = "a_long_member_name.o/\n";
	size_t first = 8 + 60 + 22 + 60 + sizeof names - 1;
	char table[] = "\0\0\0\2\0\0\0\0\0\0\0\0one\0three";

	table[7] = (char)first;
	table[11] = (char)(first + 60 + 6);
	strbuf_add_string(archive, "!<arch>\n");
	add_member(archive, "/", table, sizeof table);
	add_member(archive, "//", names, sizeof names - 1);
	add_member(archive, "short.o/", "first!", 6);
	add_member(archive, "/0", "second", 6);
}

static void
test_reading(struct arena *arena)
{
	struct strbuf bytes = { 0 };
	struct archive archive = { 0 };

	make_archive(&bytes);
	tap_ok(archive_is(strbuf_str(&bytes)), "an archive is known by its first bytes");
	if (!tap_ok(archive_read(arena, "lib.a", strbuf_str(&bytes), &archive) == 0,
		    "it can be read"))
		tap_bail("%s", err_message());
	tap_ok(archive.member_count == 2 && archive.symbol_count == 2, "members and symbols");
	tap_is_string(archive.members[0].name, "lib.a(short.o)", "a short name");
	tap_is_string(archive.members[1].name, "lib.a(a_long_member_name.o)", "a long name");
	tap_ok(str_is(archive.members[0].contents, "first!"), "the contents");
	tap_is_string(archive.symbols[1].name, "three", "the second symbol");
	tap_ok(archive.symbols[0].member == 0 && archive.symbols[1].member == 1,
		"each symbol has its member");
	strbuf_free(&bytes);
}

static void
test_damage(void)
{
	struct strbuf bytes = { 0 };
	size_t refused = 0;
	size_t tried = 0;

	make_archive(&bytes);
	for (size_t len = 9; len < bytes.len; len++, tried++) {
		struct arena *arena = arena_new();
		struct archive archive;
		char *copy = malloc(len);

		/* A copy of just that length: a sanitizer sees each byte too far. */
		memcpy(copy, bytes.at, len);
		refused +=
			archive_read(arena, "lib.a", (struct str){ copy, len }, &archive) < 0;
		free(copy);
		arena_free(&arena);
	}
	/* An archive may end behind any member; those that the symbol table names must be there. */
	tap_ok(refused == tried, "cut off anywhere, it is refused");
	for (size_t at = 8; at < bytes.len; at++) {
		struct arena *arena = arena_new();
		struct archive archive;
		char old = bytes.at[at];

		bytes.at[at] = (char)(old ^ 0x35);
		(void)archive_read(arena, "lib.a", strbuf_str(&bytes), &archive);
		bytes.at[at] = old;
		arena_free(&arena);
	}
	tap_ok(true, "a changed byte never leads outside");
	strbuf_free(&bytes);
}

int
main(void)
{
	struct arena *arena = arena_new();

	test_reading(arena);
	test_damage();
	arena_free(&arena);
	return tap_done();
}
