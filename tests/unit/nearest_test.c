/* SPDX-License-Identifier: MIT */
/* nearest: slips are forgiven, other words are not. */
#include "base/nearest.h"
#include "tests/lib/tap.h"

int
main(void)
{
	static const char *const names[] = { "install", "jq", "sqlite", "dash", "bash" };
	static const struct {
		const char *word;
		const char *nearest; /* NULL: none */
	} rows[] = {
		{ "install", "install" },
		{ "isntall", "install" },
		{ "instal", "install" },
		{ "dahs", "dash" },
		{ "sqlite3", "sqlite" },
		{ "ash", "dash" },
		{ "jp", "jq" },
		{ "xy", NULL },
		{ "emacs", NULL },
		{ "", NULL },
		{ "a-word-that-is-much-longer-than-any-name-of-a-package-or-a-command-can-be",
			NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		tap_is_string(nearest_name(rows[i].word, names, sizeof names / sizeof names[0]),
			rows[i].nearest, "'%s'", rows[i].word);
	return tap_done();
}
