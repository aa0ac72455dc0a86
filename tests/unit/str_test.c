/* SPDX-License-Identifier: MIT */
/* str: comparing, cutting, and the growing buffer. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	const char *fields; /* joined by '|' */
} cut_rows[] = {
	{ "a,b,c", "a|b|c" }, { "a,,c", "a||c" }, { ",a", "|a" }, { "alone", "alone" },
	{ "", "" }, { "a,", "a" }, /* nothing was left behind the last separator */
};

static void
test_cut(void)
{
	for (size_t i = 0; i < sizeof cut_rows / sizeof cut_rows[0]; i++) {
		struct str rest = str_from(cut_rows[i].text);
		struct strbuf joined AUTO(strbuf_free) = { 0 };
		struct str field;
		size_t count = 0;

		while (str_cut(&rest, ',', &field)) {
			if (count++ > 0)
				strbuf_add_char(&joined, '|');
			strbuf_add(&joined, field.at, field.len);
		}
		tap_is_string(strbuf_string(&joined), cut_rows[i].fields, "cut \"%s\"",
			cut_rows[i].text);
	}
}

static void
test_compare(void)
{
	const char *texts[] = { "b", "a", "ab", "\xc3", "B" };

	tap_ok(str_equal(str_from(NULL), str_from("")), "NULL is the empty string");
	tap_ok(!str_equal(str_from("ab"), str_from("a")), "lengths count");
	tap_ok(str_is((struct str){ .at = "abc", .len = 2 }, "ab"), "no NUL is needed");
	tap_ok(str_has_prefix("libz.so", "lib") && !str_has_prefix("li", "lib"), "prefix");
	tap_ok(str_has_suffix("libz.so", ".so") && !str_has_suffix("so", ".so"), "suffix");
	qsort(texts, 5, sizeof *texts, str_compare);
	tap_ok(strcmp(texts[0], "B") == 0 && strcmp(texts[1], "a") == 0 &&
			strcmp(texts[2], "ab") == 0 && strcmp(texts[4], "\xc3") == 0,
		"order is that of the bytes");
}

static void
test_buffer(void)
{
	struct strbuf buf = { 0 };
	struct arena *arena AUTO(arena_free) = arena_new();

	tap_is_string(strbuf_string(&buf), "", "an empty buffer is a string");
	strbuf_add(&buf, "a\0b", 3);
	tap_is_number((long long)buf.len, 3, "a NUL inside is a byte like others");
	for (int i = 0; i < 10000; i++)
		strbuf_printf(&buf, "%04d", i);
	tap_is_number((long long)buf.len, 40003, "length after much growth");
	tap_ok(memcmp(buf.at + 3 + 4 * 9999, "9999", 5) == 0, "contents and NUL after growth");
	tap_is_string(str_copy(arena, (struct str){ .at = buf.at + 3, .len = 8 }), "00000001",
		"copy of a part");
	strbuf_free(&buf);
	tap_ok(buf.at == NULL && buf.len == 0, "a freed buffer is empty");
	strbuf_add_string(&buf, "again");
	tap_is_string(strbuf_string(&buf), "again", "and usable");
	strbuf_free(&buf);
}

int
main(void)
{
	test_cut();
	test_compare();
	test_buffer();
	return tap_done();
}
