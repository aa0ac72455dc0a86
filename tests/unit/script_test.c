/* SPDX-License-Identifier: MIT */
/* Version scripts and symbol lists, as libraries ship them. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "linker/driver/script.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "script_test.map"

static void
write_file(const char *text)
{
	FILE *file = fopen(FILE_NAME, "w");

	if (file == NULL)
		tap_bail(FILE_NAME " cannot be written");
	fputs(text, file);
	fclose(file);
}

static const struct {
	const char *name;
	const char *text;
	const char *exported; /* names with blanks between them */
	const char *hidden;
} cases[] = {
	{ "an anonymous script", "{ global: a; b_*; local: *; };", "a b_1 b_", "c b" },
	{ "versions that inherit", "Z_1 { global: a;\n local: x_*; *; };\nZ_2 { b; } Z_1;\n",
		"a b", "x_1 c" },
	{ "comments and quotes", "V { /* local: a; */ \"a\"; # b;\n local: *; };", "a", "b" },
	{ "extern blocks", "V { global: extern \"C\" { a; b; }; c; local: *; };", "a b c",
		"d" },
	{ "local names only", "{ local: secret; inner_*; };", "a inner", "secret inner_x" },
	{ "an exact global beats a pattern", "{ global: a_keep; local: a_*; };", "a_keep b",
		"a_drop" },
};

static void
check_names(struct arena *arena, const struct script *script, const char *names, bool expected,
	const char *test)
{
	struct str rest = str_from(names);
	struct str name;

	while (str_cut(&rest, ' ', &name))
		tap_ok(script_exports(script, str_copy(arena, name)) == expected,
			"%s: " STR_FMT, test, STR_ARG(name));
}

int
main(void)
{
	struct arena *arena = arena_new();
	struct script list = { 0 };
	struct script broken = { 0 };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct script script = { 0 };

		write_file(cases[i].text);
		tap_ok(script_add_versions(arena, FILE_NAME, &script) == 0, "%s: read",
			cases[i].name);
		check_names(arena, &script, cases[i].exported, true, cases[i].name);
		check_names(arena, &script, cases[i].hidden, false, cases[i].name);
	}
	write_file("a\n b \n\n");
	tap_ok(script_add_list(arena, FILE_NAME, &list) == 0, "a list is read");
	check_names(arena, &list, "a b", true, "a list");
	check_names(arena, &list, "c", false, "a list");
	write_file("{ global: a;\n");
	tap_ok(script_add_versions(arena, FILE_NAME, &broken) == ERR_FORMAT &&
			strstr(err_message(), FILE_NAME ":2") != NULL,
		"an unfinished script is refused, with its line");
	unlink(FILE_NAME);
	arena_free(&arena);
	return tap_done();
}
