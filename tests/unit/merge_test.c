/* SPDX-License-Identifier: MIT */
#include "store/generation/merge.h"

#include "base/arena.h"
#include "base/err.h"
#include "tests/lib/tap.h"

#include <string.h>

struct merging {
	const char *name;
	const char *base;
	const char *ours;
	const char *theirs;
	const char *text; /* NULL: it does not merge */
};

static const struct merging cases[] = {
	{ "nobody changed", "a\nb\n", "a\nb\n", "a\nb\n", "a\nb\n" },
	{ "we changed", "a\nb\n", "a\nB\n", "a\nb\n", "a\nB\n" },
	{ "they changed", "a\nb\n", "a\nb\n", "a\nB\n", "a\nB\n" },
	{ "both, the same", "a\nb\n", "a\nB\n", "a\nB\n", "a\nB\n" },
	{ "both, elsewhere", "a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n", "A\nb\nc\nD\n" },
	{ "both, the same line", "a\nb\n", "a\nB\n", "a\nC\n", NULL },
	{ "we removed what they changed", "a\nb\nc\n", "a\nc\n", "a\nB\nc\n", NULL },
	{ "no newline at the end", "a\nb\nc\nd", "A\nb\nc\nd", "a\nb\nc\nd", "A\nb\nc\nd" },
	{ "all was removed", "a\nb\n", "", "a\nb\n", "" },
	{ "lines that look like options", "-e\nb\nc\n", "-e\nb\nC\n", "--help\nb\nc\n",
		"--help\nb\nC\n" },
};

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str bytes = { .at = "a\0b\n", .len = 4 };
	struct str text;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct merging *c = &cases[i];
		int ret = merge_texts(arena, str_from(c->ours), str_from(c->base),
			str_from(c->theirs), &text);

		if (c->text == NULL)
			tap_ok(ret == 1 && strstr(text.at, "<<<<<<< yours\n") != NULL &&
					strstr(text.at, ">>>>>>> package\n") != NULL,
				"%s: both, with marks", c->name);
		else
			tap_ok(ret == 0 && str_is(text, c->text), "%s: %s", c->name,
				ret < 0 ? err_message() : text.at);
	}
	tap_is_number(merge_texts(arena, bytes, str_from("a\n"), str_from("b\n"), &text),
		ERR_FORMAT, "bytes are no text");
	return tap_done();
}
