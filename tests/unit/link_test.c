/* SPDX-License-Identifier: MIT */
/*
 * Programs and libraries from C to images that run, by link_all(): what C promises
 * holds, whether a library is private or a slot. The libc is a few lines of our own.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "linker/elf/elf_file.h"
#include "linker/llvm/globals.h"
#include "linker/llvm/neutral.h"
#include "tests/lib/linking.h"
#include "tests/lib/neutral.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static const char *const with_l[] = { "l", NULL };
static const char *const with_k[] = { "k", NULL };
static const char *const with_kl[] = { "k", "l", NULL };

#define SAY "void say(const char *);\n"

/* Two imports define one name: the first that the program names serves it. */
static void
test_search_order(void)
{
	static const char *const with_lk[] = { "l", "k", NULL };
	static const char p[] = SAY "const char *name(void); int main(void)"
				    " { say(name()); return 0; }\n";
	struct world w;

	set_up(&w);
	add_library(&w, "k", "const char *name(void) { return \"k\"; }", NULL);
	add_library(&w, "l", "const char *name(void) { return \"l\"; }", NULL);
	add_program(&w, "bin/p", p, with_kl);
	add_program(&w, "bin/q", p, with_lk);
	w.libraries[1].sharing = w.libraries[2].sharing = LINK_SHARING_NEVER;
	tap_is_string(link_and_run(&w, "p"), "0:k", "of private libraries the first is seen");
	tap_is_string(run(&w, "q"), "0:l", "whatever their names");
	w.libraries[1].sharing = w.libraries[2].sharing = LINK_SHARING_ALWAYS;
	tap_is_string(link_and_run(&w, "p"), "0:k", "of slots the first is seen");
	tap_is_string(run(&w, "q"), "0:l", "whatever their names");
	tear_down(&w);
}

/* Hooks run in the order of dependency, whatever their priorities. */
static void
test_hooks(void)
{
	static const char k[] =
		SAY "__attribute__((constructor)) static void b(void) { say(\"k\"); }\n"
		    "__attribute__((destructor)) static void e(void) { say(\"K\"); }\n"
		    "void use_k(void) { say(\"1\"); }\n";
	static const char l[] =
		SAY "__attribute__((constructor)) static void b(void) { say(\"l\"); }\n"
		    "__attribute__((destructor)) static void e(void) { say(\"L\"); }\n"
		    "void use_k(void); void use_l(void) { use_k(); say(\"2\"); }\n";
	static const char p[] =
		SAY "__attribute__((constructor(200))) static void b(void) { say(\"p\"); }\n"
		    "__attribute__((constructor(101))) static void a(void) { say(\"o\"); }\n"
		    "__attribute__((destructor(200))) static void e(void) { say(\"P\"); }\n"
		    "void use_l(void); int main(void) { use_l(); return 0; }\n";
	struct world w;

	set_up(&w);
	add_library(&w, "k", k, NULL);
	add_library(&w, "l", l, with_k);
	add_program(&w, "bin/p", p, with_l);
	tap_is_string(link_and_run(&w, "p"), "0:klop12PLK", "hooks of private libraries");
	w.request.tier = LOWER_FULL;
	tap_is_string(link_and_run(&w, "p"), "0:klop12PLK", "and optimized");
	w.request.sharing = LINK_SHARING_ALWAYS;
	tap_is_string(link_and_run(&w, "p"), "0:klop12PLK", "hooks of slots");
	tear_down(&w);
}

/* A library that is imported only for what its constructor does. */
static void
test_import_for_hooks(void)
{
	static const char l[] =
		SAY "__attribute__((constructor)) static void b(void) { say(\"l\"); }\n"
		    "int unused = 1;\n";
	static const char p[] = SAY "int main(void) { say(\"m\"); return 0; }\n";
	struct world w;

	set_up(&w);
	add_library(&w, "l", l, NULL);
	add_program(&w, "bin/p", p, with_l);
	tap_is_string(link_and_run(&w, "p"), "0:lm", "an unused private library begins");
	w.request.sharing = LINK_SHARING_ALWAYS;
	tap_is_string(link_and_run(&w, "p"), "0:lm", "an unused slot begins");
	tear_down(&w);
}

/* Sections whose names are words of C: the linker gives their start and end. */
static void
test_sets(void)
{
	static const char l[] =
		SAY "typedef const char *entry;\n"
		    "__attribute__((section(\"words\"), used)) static entry a = \"a\";\n"
		    "__attribute__((section(\"words\"))) entry b = \"b\";\n"
		    "extern entry __start_words[], __stop_words[];\n"
		    "void say_words(void) { for (entry *e = __start_words; e < __stop_words; "
		    "e++) say(*e); }\n";
	static const char p[] =
		"typedef const char *entry; void say_words(void);" SAY
		"__attribute__((section(\"more\"), used)) static entry a = \"c\";\n"
		"extern entry __start_more[], __stop_more[];\n"
		"int main(void) { say_words(); for (entry *e = __start_more; e < __stop_more;"
		" e++) say(*e); return 0; }\n";
	struct world w;

	set_up(&w);
	add_library(&w, "l", l, NULL);
	add_program(&w, "bin/p", p, with_l);
	tap_is_string(link_and_run(&w, "p"), "0:abc", "named sections, private");
	w.request.sharing = LINK_SHARING_ALWAYS;
	tap_is_string(link_and_run(&w, "p"), "0:abc", "named sections in a slot");
	tear_down(&w);
}

static const char *
host_object(struct world *world, const char *source, struct digest *ret_digest)
{
	const char *output = arena_printf(world->arena, "%s/native.o", world->root);
	const char *const argv[] = { "clang-22", "-O1", "-fno-pic", "-c",
		test_write(world->arena, "native.c", str_from(source)), "-o", output, NULL };
	struct str bytes;

	(void)test_run(world->arena, argv);
	if (file_read(world->arena, AT_FDCWD, output, (size_t)1 << 20, &bytes) < 0)
		tap_bail("%s", err_message());
	return store(world, bytes, ret_digest);
}

/* A native object is part of a slot's key, too. */
static void
test_native_update(void)
{
	static const char p[] =
		SAY "int number(void); int main(void) { say(number() == 2 ? \"2\" : \"1\");"
		    " return 0; }\n";
	struct world w;
	struct link_library *l;

	set_up(&w);
	l = add_library(&w, "l", "int other(void) { return 0; }", NULL);
	l->sharing = LINK_SHARING_ALWAYS;
	l->native.path = host_object(&w, "int number(void) { return 1; }", &l->native.digest);
	add_program(&w, "bin/p", p, with_l);
	tap_is_string(link_and_run(&w, "p"), "0:1", "a slot with a native object");
	keep_images(&w);
	l->native.path = host_object(&w, "int number(void) { return 2; }", &l->native.digest);
	tap_is_string(link_and_run(&w, "p"), "0:2", "a new native object makes a new slot");
	tap_ok(image_of(&w, "bin/p") != NULL && image_of(&w, "bin/p")->outcome == LINK_KEPT,
		"under the same program");
	keep_images(&w);
	for (size_t i = 0; i < w.request.slot_count; i++)
		if (truncate(w.request.slots[i].path, 100) < 0)
			tap_bail("%s: truncate", w.request.slots[i].path);
	w.request.tier = LOWER_FULL;
	tap_is_string(link_and_run(&w, "p"), "0:2", "a damaged slot can be updated");
	tear_down(&w);
}

/* A program's own native object: it calls back, shares a variable, and is part of the program's key. */
static void
test_native_program(void)
{
	static const char p[] = SAY
		"int number(void); int shared = 1; __attribute__((visibility(\"hidden\"))) "
		"int\n"
		"add(int n) { return shared + n; } int main(void) { shared = 2;\n"
		"say(number() == 5 ? \"5\" : number() == 9 ? \"9\" : \"no\"); return 0; }\n";
	static const char n[] = "extern int shared; int add(int); int number(void) { return "
				"add(shared) + %d; }";
	struct world w;
	struct link_program *program;
	int ret;

	set_up(&w);
	program = add_program(&w, "bin/p", p, NULL);
	program->native.path =
		host_object(&w, arena_printf(w.arena, n, 1), &program->native.digest);
	tap_is_string(link_and_run(&w, "p"), "0:5", "a program with a native object");
	keep_images(&w);
	program->native.path =
		host_object(&w, arena_printf(w.arena, n, 5), &program->native.digest);
	tap_is_string(link_and_run(&w, "p"), "0:9", "a new native object makes a new program");
	program->native.path = host_object(&w,
		"extern int shared; __attribute__((constructor)) void number(void) { shared = "
		"7; }",
		&program->native.digest);
	ret = link_check(w.arena, &w.request, &w.result);
	tap_ok(ret == ERR_FORMAT && strstr(err_message(),
					    "native object of program bin/p: section") != NULL,
		"one that runs before the program is refused (%s)", err_message());
	tear_down(&w);
}

/* All that a slot can hold, in two versions: the second stands where the first did. */
static void
test_update_in_place(void)
{
	static const char l[] =
		SAY "extern int missing __attribute__((weak));\n"
		    "__attribute__((constructor)) static void b(void) { say(\"l\"); }\n"
		    "__attribute__((section(\"words\"))) int word = 1;\n"
		    "extern int __start_words[], __stop_words[];\n"
		    "int data = 5, zeroed[1000]; const int constant[] = { 1, 2 };\n"
		    "static int *table[] = { &data, zeroed, &word };\n"
		    "int alias(int x) { return x; }\n"
		    "int other(int x) { say(\"o\"); return x * 3; }\n"
		    "int value(int x) { ";
	static const char *const bodies[] = { "return x; }\n",
		"for (int i = 0; i < 3; i++) say(i & 1 ? \"x\" : \"y\"); if (x > 100) "
		"say(\"large\"); return x + (&missing ? missing : 0) + (int)(__stop_words - "
		"__start_words) - 1 + *table[1]; }\n" };
	static const char p[] =
		SAY "int value(int), alias(int), other(int); extern int data, zeroed[];\n"
		    "int main(void) { data += zeroed[3]; return value(1) + alias(1) + data +"
		    " (alias == value) + other(1) - 10; }\n";
	struct world w;

	set_up(&w);
	add_library(&w, "l", arena_printf(w.arena, "%s%s", l, bodies[0]), NULL)->sharing =
		LINK_SHARING_ALWAYS;
	add_program(&w, "bin/p", p, with_l);
	tap_is_string(link_and_run(&w, "p"), "0:lo", "a slot of everything");
	for (int round = 0; round < 2; round++) {
		keep_images(&w);
		w.request.library_count = 1;
		add_library(&w, "l", arena_printf(w.arena, "%s%s", l, bodies[1 - round]), NULL)
			->sharing = LINK_SHARING_ALWAYS;
		tap_is_string(link_and_run(&w, "p"), round == 0 ? "0:lyxyo" : "0:lo",
			"another version runs");
		tap_ok(digest_equal(
			       &image_of(&w, "l")->layout_id, &w.request.slots[1].layout_id) &&
				image_of(&w, "bin/p")->outcome == LINK_KEPT,
			"under the same program");
	}
	tear_down(&w);
}

/* What is there in a better tier serves: the image, or else its objects from the cache. */
static void
test_better_tier(void)
{
	static const char p[] = SAY "int main(void) { say(\"m\"); return 0; }\n";
	struct world w;

	set_up(&w);
	add_program(&w, "bin/p", p, NULL);
	w.request.tier = LOWER_INSTANT;
	tap_is_string(link_and_run(&w, "p"), "0:m", "a program without optimization");
	tap_ok(image_of(&w, "bin/p")->tier == LOWER_INSTANT, "is of the tier instant");
	keep_images(&w);
	w.request.tier = LOWER_FULL;
	w.request.keeps_worse = true;
	tap_ok(link_world(&w) == 0 && image_of(&w, "bin/p")->outcome == LINK_KEPT &&
			image_of(&w, "bin/p")->tier == LOWER_INSTANT,
		"which is kept when it serves");
	w.request.keeps_worse = false;
	tap_is_string(link_and_run(&w, "p"), "0:m", "and made again with all of it");
	tap_ok(image_of(&w, "bin/p")->tier == LOWER_FULL && w.result.cached_units == 0,
		"is of the tier full");
	keep_images(&w);
	w.request.tier = LOWER_INSTANT;
	tap_ok(link_world(&w) == 0 && image_of(&w, "bin/p")->outcome == LINK_KEPT &&
			image_of(&w, "bin/p")->tier == LOWER_FULL,
		"which is kept where instant would do");
	w.request.existing_count = w.request.slot_count = w.request.model_count = 0;
	tap_ok(link_world(&w) == 0 && image_of(&w, "bin/p")->outcome == LINK_LINKED &&
			image_of(&w, "bin/p")->tier == LOWER_FULL,
		"and linked again from its cached objects");
	tear_down(&w);
}

static void
test_allocators(void)
{
	static const char own[] =
		"static char mine[8]; void *malloc(unsigned long n)"
		" { return mine; } int is_mine(void *p) { return p == mine; }\n";
	static const char p[] =
		SAY "void *duplicate(void); int is_mine(void *);\n"
		    "int main(void) { say(is_mine(duplicate()) ? \"own\" : \"other\"); return "
		    "0; }\n";
	struct world w;

	set_up(&w);
	add_program(&w, "bin/p", arena_printf(w.arena, "%s%s", own, p), NULL);
	tap_is_string(link_and_run(&w, "p"), "0:own", "a program's allocator serves libc");
	tear_down(&w);
	set_up(&w);
	add_library(&w, "l", own, NULL);
	add_program(&w, "bin/p", p, with_l);
	tap_is_string(link_and_run(&w, "p"), "0:own", "a library's allocator serves libc");
	tear_down(&w);
}

/* The end of an image's segments. */
static uint64_t
end_of(struct world *world, const struct link_image *image)
{
	struct elf_file file;
	struct str bytes;
	uint64_t end = 0;

	if (file_read(world->arena, AT_FDCWD, image->file, (size_t)1 << 30, &bytes) < 0 ||
		elf_file_read(world->arena, bytes, &file) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < file.segment_count; i++)
		if (file.segments[i].p_type == PT_LOAD &&
			file.segments[i].p_vaddr + file.segments[i].p_memsz > end)
			end = file.segments[i].p_vaddr + file.segments[i].p_memsz;
	return end;
}

static void
test_alignment(void)
{
	static const char l[] =
		"const char filling[700 << 10] = { 1 };\n"
		"_Alignas(1 << 20) char wide[16];\n"
		"int is_aligned(void) { return (long)wide % (1 << 20) == 0; }\n";
	static const char p[] = SAY "int is_aligned(void); int main(void)"
				    " { say(is_aligned() ? \"yes\" : \"no\"); return 0; }\n";
	const struct link_image *slot;
	struct world w;

	set_up(&w);
	add_library(&w, "l", l, NULL);
	add_program(&w, "bin/p", p, with_l);
	w.request.sharing = LINK_SHARING_ALWAYS;
	w.request.seed.bytes[0] = 6; /* the first slot begins at 0x10060000 */
	tap_is_string(link_and_run(&w, "p"), "0:yes", "data of a large alignment in a slot");
	slot = image_of(&w, "l");
	tap_ok(slot != NULL && end_of(&w, slot) <= slot->base + slot->size,
		"an image stays within the range of its slot");
	tear_down(&w);
}

static void
test_large_program(void)
{
	static const char p[] =
		SAY "static volatile char big[300 << 20]; int main(int argc, char **argv)"
		    " { big[argc << 20] = 1; say(\"big\"); return 0; }\n";
	struct world w;
	int ret;

	set_up(&w);
	add_program(&w, "bin/p", p, NULL);
	ret = link_world(&w);
	tap_ok(ret == ERR_RANGE && strstr(err_message(), "p-1-1: bin/p: ") != NULL,
		"a program that reaches into the slots is refused: %s",
		ret < 0 ? err_message() : "linked");
	w.request.sharing = LINK_SHARING_NEVER;
	tap_is_string(link_and_run(&w, "p"), "0:big", "it links where nothing is shared");
	tear_down(&w);
}

static void
test_long_path(void)
{
	static const char path[] = "libexec/package/x86_64-linux-musl/12.2.0/with/a/path/"
				   "of/more/than/sixty-three/bytes/p";
	struct world w;

	set_up(&w);
	add_program(&w, path, SAY "int main(void) { say(\"m\"); return 0; }\n", NULL);
	tap_is_string(link_and_run(&w, "p"), "0:m", "a program deep in the tree");
	tear_down(&w);
}

/* More programs than a process may have files open. */
static void
test_many_programs(void)
{
	struct link_program first;
	struct rlimit old, few;
	struct str bitcode;
	struct world w;
	int ret;

	set_up(&w);
	first = *add_program(
		&w, "bin/p", SAY "int main(void) { say(\"p\"); return 0; }\n", NULL);
	if (file_read(w.arena, AT_FDCWD, first.unit.path, (size_t)1 << 20, &bitcode) < 0)
		tap_bail("%s", err_message());
	for (int i = 1; i < PROGRAMS_MAX; i++) {
		struct neutral *module AUTO(neutral_free) = NULL;
		struct strbuf other AUTO(strbuf_free) = { 0 };
		struct link_program *program = &w.programs[w.request.program_count++];

		*program = first;
		program->path = arena_printf(w.arena, "bin/p%d", i);
		if (neutral_read("unit", bitcode, &module) < 0)
			tap_bail("%s", err_message());
		neutral_set_source(module, program->path);
		neutral_write(module, &other);
		program->unit.path = store(&w, strbuf_str(&other), &program->unit.digest);
	}
	getrlimit(RLIMIT_NOFILE, &old);
	few = (struct rlimit){ 64, old.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	ret = link_world(&w);
	tap_ok(ret == 0, "%d programs with 64 files: %s", PROGRAMS_MAX,
		ret < 0 ? err_message() : "linked");
	setrlimit(RLIMIT_NOFILE, &old);
	tap_is_string(run(&w, "p39"), "0:p", "the last of them runs");
	tear_down(&w);
}

/* Another scratch directory gives the same bytes. */
static void
test_same_bytes(void)
{
	struct digest first[3];
	struct world w;
	size_t same = 0;

	set_up(&w);
	add_library(&w, "l", "int v = 3; int f(int x) { return x + v; }", NULL);
	add_program(&w, "bin/p", "int f(int); int main(void) { return f(1); }", with_l);
	w.request.sharing = LINK_SHARING_ALWAYS;
	tap_is_string(link_and_run(&w, "p"), "4:", "a program and two slots");
	for (size_t i = 0; i < 3; i++)
		first[i] = w.result.images[i].digest;
	tap_is_string(link_and_run(&w, "p"), "4:", "once more");
	for (size_t i = 0; i < 3; i++)
		same += digest_equal(&first[i], &w.result.images[i].digest);
	tap_is_number((long long)same, 3, "they are the same in another scratch directory");
	tear_down(&w);
}

/* What initial values a slot's thread-local variables have is nobody's business but its own. */
static void
test_tls_update(void)
{
	static const char l[] =
		"static _Thread_local int a = %d; static _Thread_local char b[%d];\n"
		"int *get(int i) { b[i]++; return &a + b[i]; }\n";
	static const struct {
		int value, size;
		bool is_kept;
	} versions[] = { { 1, 8, false }, { 2, 8, true }, { 3, 11, true }, { 3, 500, false } };
	struct image_tls first, k;
	struct world w;

	set_up(&w);
	w.request.sharing = LINK_SHARING_ALWAYS;
	add_library(&w, "k",
		"static _Alignas(32) _Thread_local char c[33] = \"c\";\n"
		"char *text(void) { return c; }\n",
		NULL);
	add_program(&w, "bin/p",
		"int *get(int); char *text(void);\n"
		"int main(void) { return *get(0) + text()[1]; }\n",
		with_kl);
	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		w.request.library_count = 2;
		add_library(&w, "l",
			arena_printf(w.arena, l, versions[i].value, versions[i].size), NULL);
		if (link_world(&w) < 0)
			tap_bail("%s", err_message());
		first = i == 0 ? image_of(&w, "l")->tls : first;
		k = image_of(&w, "k")->tls;
		tap_ok((image_of(&w, "bin/p")->outcome == LINK_KEPT) == versions[i].is_kept,
			"%d, %d bytes: the program is %s", versions[i].value, versions[i].size,
			versions[i].is_kept ? "kept" : "linked");
		tap_ok(memcmp(&image_of(&w, "l")->tls, &first, sizeof first) == 0 || i == 3,
			"the range is the same");
		first = image_of(&w, "l")->tls;
		tap_ok(first.start >= k.start + k.size || k.start >= first.start + first.size,
			"and nobody else's");
		keep_images(&w);
	}
	tear_down(&w);
}

/* Of two libraries each keeps its own definition, weak or not; others see the first. */
static void
test_weak_clash(void)
{
	static const char k[] =
		"const char *name(void);\n"
		"__attribute__((weak, noinline)) const char *name(void)"
		" { return \"k\"; } const char *of_k(void) { return name(); }\n";
	static const char l[] =
		"const char *text_l = \"l\";\n"
		"__attribute__((noinline)) const char *name(void)"
		" { return text_l; } const char *of_l(void) { return name(); }\n";
	static const char p[] =
		SAY "const char *name(void), *of_k(void), *of_l(void);\n"
		    "int main(void) { say(name()); say(of_k()); say(of_l()); return 0; }\n";
	static const char q[] =
		SAY "const char *name(void) { return \"q\"; } const char *of_k(void), "
		    "*of_l(void);\n"
		    "int main(void) { say(name()); say(of_k()); say(of_l()); return 0; }\n";
	static const enum link_sharing ways[] = { LINK_SHARING_NEVER, LINK_SHARING_ALWAYS,
		LINK_SHARING_AUTO };
	struct world w;

	set_up(&w);
	add_library(&w, "k", k, NULL);
	add_library(&w, "l", l, NULL);
	add_program(&w, "bin/p", p, with_kl);
	add_program(&w, "bin/q", q, with_kl);
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		w.request.sharing = ways[i];
		tap_is_string(link_and_run(&w, "p"), "0:kkl", "each its own, way %zu", i);
		tap_is_string(run(&w, "q"), "0:qqq", "the program's before all");
	}
	w.request.sharing = LINK_SHARING_ALWAYS;
	w.request.tier = LOWER_FULL;
	w.libraries[2].sharing = LINK_SHARING_NEVER;
	tap_is_string(link_and_run(&w, "p"), "0:kkl", "the first beside one that is merged");
	w.libraries[2].sharing = LINK_SHARING_AUTO;
	w.libraries[1].sharing = LINK_SHARING_NEVER;
	tap_is_string(link_and_run(&w, "p"), "0:kkl", "the first merged");
	tear_down(&w);
}

/* A function has one address for everyone, also when it outgrew its room. */
static void
test_identity_after_update(void)
{
	static const char l[] =
		SAY "typedef int f(int); static f *kept;\n"
		    "int value(int x) { %s return x; }\n"
		    "f *get(void) { return value; } void keep(f *x) { kept = x; }\n"
		    "int is_kept(f *x) { return kept == x && x == value; }\n";
	static const char p[] =
		SAY "typedef int f(int); int value(int), is_kept(f *); f *get(void);\n"
		    "void keep(f *); static f *const table[] = { value };\n"
		    "int main(void) { keep(table[0]); say(get() == value && is_kept(value) &&"
		    " is_kept(get()) ? \"same\" : \"other\"); return value(0); }\n";
	static const char more[] = "for (int i = 0; i < x; i++) { say(i & 1 ? \"a\" : \"b\");"
				   " say(i & 2 ? \"c\" : \"d\"); } if (x > 5) say(\"e\");";
	struct world w;

	set_up(&w);
	w.request.sharing = LINK_SHARING_ALWAYS;
	add_library(&w, "l", arena_printf(w.arena, l, ""), NULL);
	add_program(&w, "bin/p", p, with_l);
	tap_is_string(link_and_run(&w, "p"), "0:same", "a function's address");
	keep_images(&w);
	w.request.library_count = 1;
	add_library(&w, "l", arena_printf(w.arena, l, more), NULL);
	tap_is_string(link_and_run(&w, "p"), "0:same", "when its body is larger");
	tear_down(&w);
}

int
main(void)
{
	test_search_order();
	test_hooks();
	test_import_for_hooks();
	test_sets();
	test_native_update();
	test_native_program();
	test_update_in_place();
	test_better_tier();
	test_allocators();
	test_alignment();
	test_large_program();
	test_long_path();
	test_many_programs();
	test_same_bytes();
	test_tls_update();
	test_weak_clash();
	test_identity_after_update();
	return tap_done();
}
