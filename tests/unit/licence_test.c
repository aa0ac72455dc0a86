/* SPDX-License-Identifier: MIT */
#include "repo/licence.h"

#include "base/arena.h"
#include "tests/lib/tap.h"

#include <string.h>

struct expression_case {
	const char *text;
	const char *expression;
	const char *problem; /* a part of it; NULL: none */
	size_t references;
};

static const struct expression_case cases[] = {
	{ "MIT", "MIT", NULL, 0 },
	{ "mit", "MIT", NULL, 0 },
	{ "bzip2-1.0.6", "bzip2-1.0.6", NULL, 0 },
	{ "0BSD", "0BSD", NULL, 0 },
	{ "ZPL-2.1", "ZPL-2.1", NULL, 0 },
	{ "GPL-2.0+", "GPL-2.0+", NULL, 0 },
	{ "  MIT  AND\tZlib ", "MIT AND Zlib", NULL, 0 },
	{ "Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception", NULL, 0 },
	{ "GPL-2.0-only with Linux-syscall-note",
		"LicenseRef-weld-text-GPL-2.0-only-with-Linux-"
		"syscall-note",
		"where AND or OR should", 1 },
	{ "MIT OR Zlib AND X11", "MIT OR Zlib AND X11", NULL, 0 },
	{ "(MIT OR Zlib) AND X11", "(MIT OR Zlib) AND X11", NULL, 0 },
	{ "X11 AND (MIT OR Zlib)", "X11 AND (MIT OR Zlib)", NULL, 0 },
	{ "(MIT OR Zlib) AND (X11 OR 0BSD)", "(MIT OR Zlib) AND (X11 OR 0BSD)", NULL, 0 },
	{ "((MIT))", "MIT", NULL, 0 },
	{ "LicenseRef-xz-public-domain AND MIT", "LicenseRef-xz-public-domain AND MIT", NULL,
		1 },
	{ "DocumentRef-a:LicenseRef-b", "LicenseRef-weld-DocumentRef-a-LicenseRef-b",
		"is not in", 1 },
	{ "LicenseRef-a_b", "LicenseRef-weld-LicenseRef-a-b", "not in the SPDX licence list",
		1 },
	{ "Foo", "LicenseRef-weld-Foo", "Foo is not in the SPDX licence list", 1 },
	{ "Foo AND Foo AND Bar",
		"LicenseRef-weld-Foo AND LicenseRef-weld-Foo AND "
		"LicenseRef-weld-Bar",
		"Foo is not", 2 },
	{ "MIT WITH nothing", "LicenseRef-weld-MIT-WITH-nothing", "list of exceptions", 1 },
	{ "DocumentRef-a:LicenseRef-b WITH x y",
		"LicenseRef-weld-text-DocumentRef-a-LicenseRef-b-"
		"WITH-x-y",
		"is no SPDX expression", 1 },
	{ "DocumentRef-a:LicenseRef-b WITH x",
		"LicenseRef-weld-DocumentRef-a-LicenseRef-b-WITH-x", "is not in", 1 },
	{ "Foo WITH bar", "LicenseRef-weld-Foo-WITH-bar", "Foo is not in", 1 },
	{ "see COPYING", "LicenseRef-weld-text-see-COPYING", "is no SPDX expression", 1 },
	{ "", "LicenseRef-weld-text-", "it ends where", 1 },
	{ "MIT AND", "LicenseRef-weld-text-MIT-AND", "it ends where", 1 },
	{ "AND MIT", "LicenseRef-weld-text-AND-MIT", "\"AND\" stands", 1 },
	{ "(MIT", "LicenseRef-weld-text--MIT", "not closed", 1 },
	{ "MIT)", "LicenseRef-weld-text-MIT-", "where AND or OR", 1 },
	{ "Foo WITH (", "LicenseRef-weld-text-Foo-WITH--", "needs an exception", 1 },
	{ "\"<&\303\244\033[31m", "LicenseRef-weld--------31m", "not in the SPDX", 1 },
};

static void
test_cases(struct arena *arena)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct expression_case *c = &cases[i];
		struct licence licence;

		licence_read(arena, c->text, &licence);
		tap_is_string(licence.expression, c->expression, "\"%s\"", c->text);
		tap_ok(c->problem == NULL ? licence.problem == NULL
					  : licence.problem != NULL &&
						    strstr(licence.problem, c->problem) != NULL,
			"its problem: %s", licence.problem == NULL ? "none" : licence.problem);
		tap_is_number((long long)licence.reference_count, (long long)c->references,
			"its references");
	}
}

static void
test_flags(struct arena *arena)
{
	struct licence licence;

	licence_read(arena, "mit", &licence);
	tap_ok(licence.is_simple && !licence.has_or, "one name is simple");
	licence_read(arena, "GPL-2.0+", &licence);
	tap_ok(!licence.is_simple, "one with a plus is not");
	licence_read(arena, "MIT OR X11", &licence);
	tap_ok(!licence.is_simple && licence.has_or, "a choice is known");
	licence_read(arena, "(MIT OR X11) AND Zlib", &licence);
	tap_ok(!licence.has_or, "a choice inside is none at the top");
	licence_read(arena, "see the file COPYING", &licence);
	tap_is_string(licence.references[0].name, "see the file COPYING",
		"what is no expression is kept as a name");
}

/* What was made of a text is an expression as it stands. */
static void
test_again(struct arena *arena)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct licence licence;
		struct licence again;

		licence_read(arena, cases[i].text, &licence);
		licence_read(arena, licence.expression, &again);
		tap_ok(again.problem == NULL &&
				strcmp(again.expression, licence.expression) == 0,
			"read again: %s", licence.expression);
	}
}

static void
test_depth(struct arena *arena)
{
	char text[20000];
	struct licence licence;

	memset(text, '(', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	licence_read(arena, text, &licence);
	tap_ok(licence.problem != NULL && strstr(licence.problem, "too many") != NULL,
		"a mountain of parentheses is refused");
}

int
main(void)
{
	struct arena *arena = arena_new();

	test_cases(arena);
	test_again(arena);
	test_flags(arena);
	test_depth(arena);
	arena_free(&arena);
	return tap_done();
}
