/* SPDX-License-Identifier: MIT */
/* Command lines as builds write them: what becomes of each option, and in which order. */
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "linker/driver/options.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct strings
split(struct arena *arena, const char *line)
{
	struct strings words = { 0 };
	struct str rest = str_from(line);
	struct str word;

	while (str_cut(&rest, ' ', &word))
		vec_push(arena, &words, str_copy(arena, word));
	return words;
}

static const char *
join(struct arena *arena, const struct strings *words)
{
	const char *text = "";

	for (size_t i = 0; i < words->len; i++)
		text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : " ", words->at[i]);
	return text;
}

static const char *
join_items(struct arena *arena, const struct options *options)
{
	static const char *const marks[] = { "", "l:", "+whole", "-whole", "+needed", "-needed",
		"+static", "-static" };
	struct strings words = { 0 };

	for (size_t i = 0; i < options->item_count; i++) {
		const struct item *item = &options->items[i];

		vec_push(arena, &words,
			arena_printf(arena, "%s%s", marks[item->kind],
				item->text != NULL ? item->text : ""));
	}
	return join(arena, &words);
}

static const struct {
	const char *line;
	const char *compile;
	const char *items;
	const char *linker;
} cases[] = {
	{ "-O2 -Wall -c a.c -o a.o", "-O2 -Wall", "a.c", "" },
	{ "-O0 a.c", "-O1", "a.c", "" },
	{ "-fPIC -DPIC -march=native -mavx2 -g3 -flto=auto a.c", "-DPIC", "a.c", "" },
	{ "-D X=1 -I inc -Iinc2 -include a.h -isystem s -undef a.c",
		"-D X=1 -I inc -Iinc2 -include a.h -isystem s -undef", "a.c", "" },
	{ "-MD -MF a.d -MT a.lo -MP a.c", "-MD -MF a.d -MT a.lo -MP", "a.c", "" },
	{ "a.o -L. -lz -l m b.a", "", "a.o l:z l:m b.a", "" },
	{ "a.o -Wl,--whole-archive x.a -Wl,--no-whole-archive,-lz", "",
		"a.o +whole x.a -whole l:z", "" },
	{ "-Wl,--as-needed a.o -Wl,-Bstatic -ly -Wl,-Bdynamic", "",
		"-needed a.o +static l:y -static", "" },
	{ "-Wl,-z,relro -Wl,-z,now -Wl,-O1 -Wl,--gc-sections -pie a.o", "", "a.o", "" },
	{ "-Wl,-Map=x.map -Wl,--defsym,a=b -Wl,--no-such a.o", "", "a.o",
		"-Map=x.map --defsym a=b --no-such" },
	{ "-Wl,-rpath -Wl,/x a.o -Wl,-h,libz.so.1", "", "a.o", "" },
	{ "-xc - -xnone b.o", "", "- b.o", "" },
	{ "-fstack-protector-strong -fcf-protection -D_FORTIFY_SOURCE=2 a.c",
		"-D_FORTIFY_SOURCE=2", "a.c", "" },
	{ "-pthread -shared -fno-strict-aliasing a.c", "-pthread -fno-strict-aliasing", "a.c",
		"" },
};

static void
test_tables(struct arena *arena)
{
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct strings words = split(arena, cases[i].line);
		struct options options = { 0 };

		tap_ok(options_read_compiler(arena, &words, &options) == 0, "read: %s",
			cases[i].line);
		tap_is_string(join(arena, &options.compile), cases[i].compile, "clang's part");
		tap_is_string(join_items(arena, &options), cases[i].items, "the inputs");
		tap_is_string(join(arena, &options.linker), cases[i].linker, "ld.lld's part");
	}
}

static void
test_settings(struct arena *arena)
{
	struct strings words = split(arena,
		"-shared -Wl,-soname -Wl,libz.so.1 -Wl,--version-script=z.map -Wl,-z,defs "
		"-nostdlib -u main -o libz.so a.o");
	struct options options = { 0 };

	tap_ok(options_read_compiler(arena, &words, &options) == 0, "a library's link is read");
	tap_ok(options.kind == OPTIONS_SHARED && options.mode == OPTIONS_LINK,
		"it is a library");
	tap_is_string(options.soname, "libz.so.1", "a value may come in the next -Wl,");
	tap_is_string(options.version_script, "z.map", "the version script is known");
	tap_is_string(options.output, "libz.so", "the output is known");
	tap_ok(options.no_undefined && options.no_library && options.no_start,
		"nothing undefined, no libraries");
	tap_ok(options.undefined.len == 1, "-u is kept");
}

static void
test_refusals(struct arena *arena)
{
	struct strings missing = split(arena, "a.c -o");
	struct strings narrow = split(arena, "-m32 a.c");
	struct options options = { 0 };

	tap_ok(options_read_compiler(arena, &missing, &options) == ERR_USAGE &&
			strstr(err_message(), "-o") != NULL,
		"a missing value is told");
	tap_ok(options_read_compiler(arena, &narrow, &options) == ERR_USAGE &&
			strstr(err_message(), "-m32") != NULL,
		"code for another CPU is refused");
}

static void
test_response_files(struct arena *arena)
{
	const char *const argv[] = { "-c", "@options.rsp", "@no-such-file" };
	struct strings words;
	FILE *file = fopen("options.rsp", "w");

	if (file == NULL)
		tap_bail("options.rsp cannot be written");
	fputs("-DA=\"x y\" '-DB=1'\n  c\\ d.c\n", file);
	fclose(file);
	tap_ok(options_expand(arena, 3, argv, &words) == 0, "a response file is read");
	tap_ok(words.len == 5, "it has three arguments");
	tap_is_string(words.at[1], "-DA=x y", "quotes protect blanks");
	tap_is_string(words.at[3], "c d.c", "a backslash does, too");
	tap_is_string(words.at[4], "@no-such-file", "without a file it is an argument");
	file = fopen("options.rsp", "w");
	fputs("@options.rsp", file);
	fclose(file);
	tap_ok(options_expand(arena, 3, argv, &words) == ERR_LIMIT,
		"a file that names itself is refused");
	unlink("options.rsp");
}

int
main(void)
{
	struct arena *arena = arena_new();

	test_tables(arena);
	test_settings(arena);
	test_refusals(arena);
	test_response_files(arena);
	arena_free(&arena);
	return tap_done();
}
