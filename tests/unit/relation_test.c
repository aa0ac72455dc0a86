/* SPDX-License-Identifier: MIT */
/* Names, versions and relations: what is taken, what is refused. */
#include "repo/relation.h"

#include "base/arena.h"
#include "base/err.h"
#include "tests/lib/tap.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *text;
	const char *name; /* NULL: refused */
	unsigned operators;
	const char *version;
} relations[] = {
	{ "zlib", "zlib", RELATION_ANY, NULL },
	{ "lib:z", "lib:z", RELATION_ANY, NULL },
	{ "zlib >= 1.2", "zlib", RELATION_GREATER | RELATION_EQUAL, "1.2" },
	{ "lib:z = 1.2.13-1", "lib:z", RELATION_EQUAL, "1.2.13-1" },
	{ "lua@5.3", "lua@5.3", RELATION_ANY, NULL },
	{ "lua@5.3 < 5.3.6", "lua@5.3", RELATION_LESS, "5.3.6" },
	{ "lib:lua@5.3", "lib:lua@5.3", RELATION_ANY, NULL },
	{ "debug:lua@5.3 = 5.3.6-1", "debug:lua@5.3", RELATION_EQUAL, "5.3.6-1" },
	{ "lua@", NULL, 0, NULL },
	{ "@5.3", NULL, 0, NULL },
	{ "lua@5@3", NULL, 0, NULL },
	{ "lua@5-3", NULL, 0, NULL },
	{ "lua@.3", NULL, 0, NULL },
	{ "lua@../x", NULL, 0, NULL },
	{ "lib@1:z", NULL, 0, NULL },
	{ "a < 2~rc1", "a", RELATION_LESS, "2~rc1" },
	{ "a <= 2", "a", RELATION_LESS | RELATION_EQUAL, "2" },
	{ "a > 2", "a", RELATION_GREATER, "2" },
	{ "", NULL, 0, NULL },
	{ " zlib", NULL, 0, NULL },
	{ "zlib ", NULL, 0, NULL },
	{ "zlib >=", NULL, 0, NULL },
	{ "zlib >= ", NULL, 0, NULL },
	{ "zlib  >= 1", NULL, 0, NULL },
	{ "zlib >= 1 2", NULL, 0, NULL },
	{ "zlib == 1", NULL, 0, NULL },
	{ "zlib >= -1", NULL, 0, NULL },
	{ "zlib >= 1-0", NULL, 0, NULL },
	{ "zlib >= 1-x", NULL, 0, NULL },
	{ "zlib >= 1-1-1", NULL, 0, NULL },
	{ "Zlib", NULL, 0, NULL },
	{ ":z", NULL, 0, NULL },
	{ "lib:", NULL, 0, NULL },
	{ "../etc", NULL, 0, NULL },
	{ "lib:lib:z", NULL, 0, NULL },
};

static void
test_relations(struct arena *arena)
{
	for (size_t i = 0; i < sizeof relations / sizeof *relations; i++) {
		struct relation relation = { 0 };
		int ret = relation_parse(arena, relations[i].text, &relation);

		if (relations[i].name == NULL) {
			tap_ok(ret == ERR_FORMAT, "\"%s\" is refused", relations[i].text);
			continue;
		}
		tap_ok(ret == 0 && strcmp(relation.name, relations[i].name) == 0 &&
				relation.operators == relations[i].operators,
			"\"%s\" is taken", relations[i].text);
		tap_is_string(relation.version, relations[i].version, "its version");
	}
}

static void
test_names(void)
{
	char long_name[66];

	memset(long_name, 'a', sizeof long_name);
	long_name[65] = '\0';
	tap_ok(!relation_is_name(long_name), "a name of 65 bytes is refused");
	long_name[64] = '\0';
	tap_ok(relation_is_name(long_name), "a name of 64 bytes is taken");
	tap_ok(relation_is_name("libstdc++-6.x_y"), "all characters of a name");
	tap_ok(!relation_is_name("") && !relation_is_name(".a") && !relation_is_name("a/b") &&
			!relation_is_name("a b") && !relation_is_name("\xc3\xa4"),
		"no name with other characters");
	tap_ok(relation_is_version("1.2.13") && relation_is_version("1.6+git~2"), "versions");
	tap_ok(!relation_is_version("") && !relation_is_version("1-2") &&
			!relation_is_version("~1") && !relation_is_version("1:2"),
		"no versions");
}

static void
test_series(struct arena *arena)
{
	char long_name[67];

	memset(long_name, 'a', sizeof long_name);
	memcpy(&long_name[62], "@1", 3);
	tap_ok(relation_is_full_name(long_name), "64 bytes with the series are taken");
	memcpy(&long_name[62], "@12", 4);
	tap_ok(!relation_is_full_name(long_name), "65 bytes are refused");
	tap_ok(relation_is_full_name("lua@5.3") && relation_is_full_name("lua"),
		"a full name may have a series");
	tap_ok(!relation_is_name("lua@5.3"), "a name has none");
	tap_ok(relation_is_series("5.3") && relation_is_series("1234567890123456"), "series");
	tap_ok(!relation_is_series("") && !relation_is_series("12345678901234567") &&
			!relation_is_series("5-3") && !relation_is_series(".3") &&
			!relation_is_series("V1") && !relation_is_series("5@3"),
		"no series");
	tap_is_string(relation_series("lua@5.3"), "5.3", "the series of a name");
	tap_is_string(relation_series("lua"), "", "or none");
	tap_is_string(relation_plain_name(arena, "lua@5.3"), "lua", "the plain name");
	tap_is_string(relation_plain_name(arena, "lua"), "lua", "of a plain one, too");
	tap_is_string(relation_in_series(arena, "lua", "5.3"), "lua@5.3", "put together");
	tap_is_string(relation_in_series(arena, "lua", ""), "lua", "without a series");
	tap_ok(relation_is_series_of("lua@5.3", "lua") &&
			!relation_is_series_of("lua", "lua") &&
			!relation_is_series_of("lua@5.3", "lu") &&
			!relation_is_series_of("luajit@2", "lua"),
		"whose series it is");
}

static void
test_file_names(struct arena *arena)
{
	static const char *const refused[] = { "zlib.weld", "zlib-1.weld", "-1-1.weld",
		"zlib-1-0.weld", "zlib-1-01.weld", "zlib-1-.weld", "/zlib-1-1.weld", "",
		"zlib-1-1000000.weld" };
	char *name = NULL;
	char *version = NULL;
	uint64_t release = 0;

	tap_ok(relation_parse_file_name(
		       arena, "lua-lib-5.4.4-12.weld", &name, &version, &release) == 0,
		"a file name is taken apart");
	tap_is_string(name, "lua-lib", "its name");
	tap_is_string(version, "5.4.4", "its version");
	tap_is_number((long long)release, 12, "its release");
	tap_ok(relation_parse_file_name(arena, "z-1-1", &name, &version, &release) == 0,
		"also without .weld");
	tap_ok(relation_parse_file_name(
		       arena, "lua-lib@5.3-5.3.6-1.weld", &name, &version, &release) == 0,
		"with a series");
	tap_is_string(name, "lua-lib@5.3", "which is a part of the name");
	tap_is_string(version, "5.3.6", "and not of the version");
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		tap_ok(relation_parse_file_name(arena, refused[i], &name, &version, &release) ==
				ERR_FORMAT,
			"\"%s\" is refused", refused[i]);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	test_relations(arena);
	test_names();
	test_series(arena);
	test_file_names(arena);
	return tap_done();
}
