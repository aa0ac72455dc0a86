/* SPDX-License-Identifier: MIT */
/*
 * What the facts of a linked program say of functions that were inlined, within a unit and
 * across units, folded, renamed, put into tables, called through pointers, as
 * the last thing, or by the code generator.
 */
#include "linker/link.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "linker/facts.h"
#include "linker/llvm/globals.h"
#include "linker/llvm/neutral.h"
#include "tests/lib/neutral.h"
#include "tests/lib/tap.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

static const char libc[] =
	"long __weld_syscall(long, long, long, long, long, long, long);\n"
	"void *memcpy(void *to, const void *from, unsigned long n) {"
	" volatile char *a = to; const char *b = from; while (n--) *a++ = *b++; return to; }\n"
	"void __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,"
	" void (*init)(int, char **, char **), void (*fini)(void)) {"
	" init(argc, argv, argv + argc + 1); main(argc, argv, argv + argc + 1); fini();"
	" __weld_syscall(94, 0, 0, 0, 0, 0, 0); }\n";

#define KEPT "__attribute__((noinline)) "

/* Two sources of one library, each with an `init` and a `state` of its own. */
static const char first[] =
	"extern volatile int sink; static int state;\n" KEPT
	"static int init(int x) { state += x; sink = state; return state; }\n"
	"int first_init(int x) { return init(x) + 1; }\n"
	"static int add(int a, int b) { return a + b; }\n"
	"static int subtract(int a, int b) { return a - b; }\n"
	"static int (*const table[])(int, int) = { add, subtract };\n"
	"int apply(int which, int a, int b) { return table[which & 1](a, b); }\n";
static const char second[] =
	"extern volatile int sink; static int state;\n" KEPT
	"static int init(int x) { state -= x; sink = state * 3; return state; }\n"
	"int second_init(int x) { return init(x) + 2; }\n"
	"static int square(int x) { return x * x; }\n"
	"int small(int x) { return square(x) + 1; }\n" KEPT
	"int far(int x) { sink = x; return x; }\n" KEPT
	"int jump(int x) { sink = 1; return far(x + 1); }\n";
static const char program[] =
	"int first_init(int), second_init(int), small(int), jump(int), apply(int, int, int);\n"
	"volatile int sink; struct large { char bytes[4096]; } a, b;\n" KEPT
	"static int seven(int x) { return 7; }\n"
	"__attribute__((always_inline)) static inline int always(int x) { return x ^ 3; "
	"}\n" KEPT "static void copy(struct large *to, struct large *from) { *to = *from; }\n"
	"__attribute__((constructor)) static void start(void) { sink = 5; }\n"
	"int main(int argc, char **argv) { copy(&a, argc > 1 ? &a : &b);"
	" sink = first_init(argc) + second_init(argc); sink = small(argc); sink = always(argc);"
	" sink = apply(argc, 1, argc);"
	" return jump(argc) + seven(argc); }\n";

struct world {
	struct arena *arena;
	const char *root;
	struct link_library libraries[2];
	struct link_program program;
};

static struct neutral *
compile(struct arena *arena, const char *name, const char *source)
{
	struct neutral *module = NULL;

	if (neutral_read(name, test_compile_text(arena, source), &module) < 0)
		tap_bail("%s", err_message());
	neutral_set_source(module, name);
	if (neutral_optimize(module, "2") < 0 || neutral_normalize(module) < 0)
		tap_bail("%s", err_message());
	return module;
}

static void
finish(struct world *world, struct neutral *module, struct link_unit *unit,
	struct neutral_info *ret_info)
{
	struct strbuf bitcode AUTO(strbuf_free) = { 0 };
	char hex[DIGEST_HEX_SIZE];

	if (neutral_simplify(module) < 0 || neutral_verify(module) < 0 ||
		neutral_describe(world->arena, module, ret_info) < 0)
		tap_bail("%s", err_message());
	neutral_write(module, &bitcode);
	unit->digest = hash_bytes(bitcode.at, bitcode.len);
	unit->path = arena_printf(
		world->arena, "%s/%s", world->root, digest_hex(&unit->digest, hex));
	if (file_replace(AT_FDCWD, unit->path, bitcode.at, bitcode.len, 0600) < 0)
		tap_bail("%s", err_message());
}

static const char *const *
names(struct arena *arena, const struct neutral_symbol *symbols, size_t count)
{
	const char **list = arena_array(arena, count + 1, sizeof *list);

	for (size_t i = 0; i < count; i++)
		list[i] = symbols[i].name;
	return list;
}

static void
make_library(struct world *world, size_t at, const char *name, struct neutral *module)
{
	struct link_library *library = &world->libraries[at];
	struct neutral_info info;
	struct link_export *exports;

	finish(world, module, &library->unit, &info);
	exports = arena_array(world->arena, info.export_count, sizeof *exports);
	for (size_t i = 0; i < info.export_count; i++)
		exports[i] =
			(struct link_export){ info.exports[i].name, info.exports[i].is_function,
				info.exports[i].size, info.exports[i].type };
	library->name = name;
	library->package = arena_printf(world->arena, "%s-1-1", name);
	library->exports = exports;
	library->export_count = info.export_count;
	library->sharing = at == 0 ? LINK_SHARING_ALWAYS : LINK_SHARING_AUTO;
}

static void
make_program(struct world *world)
{
	static const char *const imports[] = { "two", "c" };
	struct neutral *module AUTO(neutral_free) = compile(world->arena, "program.c", program);
	struct neutral_info info;

	finish(world, module, &world->program.unit, &info);
	world->program.path = "bin/p";
	world->program.package = "p-1-1";
	world->program.imports = imports;
	world->program.import_count = 2;
	world->program.exports = names(world->arena, info.exports, info.export_count);
	world->program.export_count = info.export_count;
}

/* The facts of an image, as text. */
static const char *
print(struct world *world, const struct link_image *image)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct facts facts;
	struct str bytes;

	if (file_read(world->arena, AT_FDCWD, image->facts_file, 1 << 20, &bytes) < 0 ||
		facts_open(bytes, &facts) < 0)
		tap_bail("%s", err_message());
	facts_print(&facts, &text);
	return arena_string(world->arena, strbuf_string(&text));
}

static const char *
link_program(struct world *world, enum lower_tier tier)
{
	struct link_request request = { .root = world->root,
		.cache = arena_printf(world->arena, "%s/cache-%d", world->root, (int)tier),
		.scratch = arena_printf(world->arena, "%s/scratch-%d", world->root, (int)tier),
		.tier = tier,
		.libraries = world->libraries,
		.library_count = 2,
		.programs = &world->program,
		.program_count = 1 };
	struct link_result result;

	if (file_make_dirs(AT_FDCWD, request.scratch, 0700) < 0 ||
		link_all(world->arena, &request, &result) < 0)
		tap_bail("%s", err_message());
	return print(world, &result.images[result.image_count - 1]);
}

/* Whether the text has an entity whose line begins so, and below it a line with `what`. */
static bool
says(struct arena *arena, const char *text, const char *entity, const char *what)
{
	struct str rest = str_from(text), line;
	bool is_inside = false;

	while (str_cut(&rest, '\n', &line)) {
		const char *copy = str_copy(arena, line);

		if (line.len > 0 && line.at[0] != '\t')
			is_inside = str_has_prefix(copy, entity);
		if (is_inside && strstr(copy, what) != NULL)
			return true;
	}
	return false;
}

struct expectation {
	const char *name;
	const char *entity;
	const char *what;
};

static const struct expectation expectations[] = {
	{ "a function's package, unit, source and type", "main = main",
		" p-1-1 bin/p:program.c 0x" },
	{ "where the program begins", "main = main", "address-taken entry i32 (i32, ptr)" },
	{ "a static function that was inlined, in a function that was, of another unit",
		"main = ", "contains square two-1-1 two:second.c " },
	{ "a function of another unit", "main = ", "contains small two-1-1 two:second.c " },
	{ "a function that must be inlined",
		"main = ", "contains always p-1-1 bin/p:program.c " },
	{ "a call whose result is known", "main = ", "folds seven p-1-1 bin/p:program.c " },
	{ "a tail call", "jump = ", "calls far" },
	{ "a call that the code generator made", "copy = ", "calls c:memcpy" },
	{ "a table of functions", "table = table two-1-1 two:first.c", "uses add" },
	{ "a function in a table", "subtract = ", "address-taken" },
	{ "a call through a pointer, inlined",
		"main = ", "calls through a pointer: i32 (i32, i32)" },
	{ "a constructor", "start = start p-1-1 bin/p:program.c", " constructor void ()" },
	{ "data", "sink = sink p-1-1 bin/p:program.c", "+4 data" },
	{ "who uses data", "far = ", "uses sink" },
	{ "weld's own", "_start = _start weld start:", "function entry native" },
};

static void
test_program(struct world *world)
{
	const char *text = link_program(world, LOWER_FULL);

	for (size_t i = 0; i < sizeof expectations / sizeof expectations[0]; i++)
		if (!tap_ok(says(world->arena, text, expectations[i].entity,
				    expectations[i].what),
			    "%s", expectations[i].name))
			tap_note("%s: %s", expectations[i].entity, expectations[i].what);
	tap_ok(says(world->arena, text, "init", "= init two-1-1 two:first.c") &&
			says(world->arena, text, "init", "= init two-1-1 two:second.c"),
		"two functions of one name have their own sources");
	tap_ok(says(world->arena, text, "state", "= state two-1-1 two:first.c") &&
			says(world->arena, text, "state", "= state two-1-1 two:second.c"),
		"and so have data");
	tap_ok(!says(world->arena, text, "main = ", "calls small"),
		"what was inlined is not called");
	if (!tap_ok(!says(world->arena, text, "add = ", "calls") &&
			    !says(world->arena, text, "far = ", "contains"),
		    "what calls and contains nothing is said to"))
		tap_note("%s", text);
}

/* What packing saw is known also when lowering optimizes nothing. */
static void
test_packed(struct world *world)
{
	const char *text = link_program(world, LOWER_INSTANT);

	tap_ok(says(world->arena, text, "small = ", "contains square two-1-1 two:second.c "),
		"what was inlined before packing");
	tap_ok(says(world->arena, text, "main = ", "calls small"),
		"and what was not is called");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct world world = { .arena = arena };
	char here[PATH_MAX];
	struct neutral *c AUTO(neutral_free) = compile(arena, "libc.c", libc);
	struct neutral *two AUTO(neutral_free) = compile(arena, "first.c", first);
	struct neutral *other = compile(arena, "second.c", second);

	if (getcwd(here, sizeof here) == NULL)
		tap_bail("no working directory");
	world.root = arena_printf(arena, "%s/%s/root", here, test_directory(arena));
	if (file_make_dirs(AT_FDCWD, world.root, 0700) < 0 || neutral_merge(two, &other) < 0)
		tap_bail("%s", err_message());
	make_library(&world, 0, "c", c);
	make_library(&world, 1, "two", two);
	make_program(&world);
	test_program(&world);
	test_packed(&world);
	return tap_done();
}
