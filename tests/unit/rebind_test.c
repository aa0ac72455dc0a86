/* SPDX-License-Identifier: MIT */
/*
 * Binding again gives what linking gives, byte for byte; and where it cannot, linking is done.
 * Each round links the same wish twice: with models, and without.
 */
#include "linker/link.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/str.h"
#include "tests/lib/linking.h"
#include "tests/lib/neutral.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 28) /* bytes */
#define STORM 30 /* programs */

static const char *const with_l[] = { "l", NULL };
static const char *const with_k[] = { "k", NULL };
static const char *const with_kl[] = { "k", "l", NULL };

#define SAY "void say(const char *);\n"

static struct str
read_all(struct world *world, const char *path)
{
	struct str bytes = { 0 };

	if (path != NULL && file_read(world->arena, AT_FDCWD, path, FILE_MAX, &bytes) < 0)
		tap_bail("%s", err_message());
	return bytes;
}

/* Whether two images and what stands beside them are the same. */
static bool
is_same(struct world *world, const struct link_image *a, const struct link_image *b)
{
	return digest_equal(&a->key, &b->key) && digest_equal(&a->digest, &b->digest) &&
	       str_equal(read_all(world, a->file), read_all(world, b->file)) &&
	       str_equal(read_all(world, a->facts_file), read_all(world, b->facts_file)) &&
	       str_equal(read_all(world, a->sites_file), read_all(world, b->sites_file)) &&
	       digest_equal(&a->layout_id, &b->layout_id) && a->base == b->base &&
	       a->size == b->size;
}

static size_t
count_outcomes(const struct link_result *result, enum link_outcome outcome)
{
	size_t count = 0;

	for (size_t i = 0; i < result->image_count; i++)
		count += result->images[i].outcome == outcome;
	return count;
}

/* Link with models and without; say how many were bound again, and that all is the same. */
static void
link_both_ways(struct world *world, size_t rebound, const char *what)
{
	struct link_result with;
	size_t different = 0;

	if (link_world(world) < 0)
		tap_bail("%s: %s", what, err_message());
	with = world->result;
	world->request.model_count = 0;
	if (link_world(world) < 0)
		tap_bail("%s: %s", what, err_message());
	tap_is_number((long)count_outcomes(&with, LINK_REBOUND), (long)rebound,
		"%s: images are bound again", what);
	tap_is_number((long)count_outcomes(&world->result, LINK_REBOUND), 0,
		"%s: none without models", what);
	for (size_t i = 0; i < with.image_count; i++)
		if (with.images[i].outcome == LINK_REBOUND &&
			!is_same(world, &with.images[i], &world->result.images[i])) {
			different++;
			printf("# %s differs: %s %s\n", with.images[i].name,
				with.images[i].file, world->result.images[i].file);
		}
	tap_is_number((long)different, 0, "%s: and are those that linking makes", what);
}

static void
change_library(struct world *world, const char *name, const char *source)
{
	struct link_library *library = NULL;
	struct link_library old;

	for (size_t i = 0; i < world->request.library_count; i++)
		if (strcmp(world->libraries[i].name, name) == 0)
			library = &world->libraries[i];
	old = *library;
	*library = *add_library(world, name, source, old.imports);
	library->sharing = old.sharing;
	library->package = old.package;
	world->request.library_count--;
}

/* One of each kind of reference, from code and from data. */
static const char user[] = SAY
	"int twice(int), (*pointer)(int) = 0; extern int data[], counter;\n"
	"int *third = &data[2], (*functions[])(int) = { twice, twice };\n"
	"static const char *const text = \"text\";\n"
	"int again(int x) { return twice(x); }\n"
	"int main(void) { pointer = twice; counter += 2; int sum = pointer(data[1]) + *third;\n"
	" for (int i = 0; i < 2; i++) sum += functions[i](counter) + again(i);\n"
	" say(text); return sum; }\n";

static const char library_1[] =
	"int counter = 1, data[] = { 10, 20, 30 }; int twice(int x) { return x + x; }\n";
static const char library_2[] = "int before[4000], counter = 1, data[] = { 10, 20, 30 };\n"
				"int added(int x) { return x - 1; }\n"
				"int twice(int x) { return x + x; }\n";

static void
test_moved(void)
{
	struct world w;

	set_up(&w);
	w.request.sharing = LINK_SHARING_ALWAYS;
	add_library(&w, "l", library_1, NULL);
	add_program(&w, "bin/p", user, with_l);
	add_program(&w, "bin/alone", SAY "int main(void) { say(\"alone\"); return 0; }", NULL);
	tap_is_string(link_and_run(&w, "p"), "84:text", "a program of a slot");
	keep_images(&w);
	link_both_ways(&w, 0, "nothing changed");
	keep_images(&w);
	tap_is_number((long)count_outcomes(&w.result, LINK_KEPT), 4, "all images are kept");
	tear_down(&w);

	set_up(&w);
	w.request.sharing = LINK_SHARING_ALWAYS;
	add_library(&w, "l", library_1, NULL);
	add_program(&w, "bin/p", user, with_l);
	add_program(&w, "bin/alone", SAY "int main(void) { say(\"alone\"); return 0; }", NULL);
	if (link_world(&w) < 0)
		tap_bail("%s", err_message());
	keep_images(&w);
	/* The version stands in the program's note, in the path of the slot. */
	w.libraries[1].package = "l-1.2.3-10";
	change_library(&w, "l", library_2);
	link_both_ways(&w, 1, "a library that has moved");
	tap_is_number(
		image_of(&w, "bin/alone")->outcome, LINK_KEPT, "who does not use it is kept");
	tap_is_string(run(&w, "p"), "84:text", "it runs");
	tear_down(&w);
}

/* A slot that uses another one is bound again where it stands. */
static void
test_slot_of_slot(void)
{
	static const char k[] = SAY "int twice(int); extern int data[];\n"
				    "int (*pointer)(int) = twice;\n"
				    "int quad(int x) { say(\"k\"); return pointer(twice(x)) + "
				    "data[0]; }\n";
	static const char p[] = "int quad(int); int main(void) { return quad(3); }\n";
	struct world w;

	set_up(&w);
	w.request.sharing = LINK_SHARING_ALWAYS;
	add_library(&w, "l", library_1, NULL);
	add_library(&w, "k", k, with_l);
	add_program(&w, "bin/p", p, with_k);
	add_program(&w, "bin/q", user, with_kl);
	tap_is_string(link_and_run(&w, "p"), "22:k", "a slot that uses a slot");
	keep_images(&w);
	change_library(&w, "l", library_2);
	link_both_ways(&w, 3, "a library below has moved");
	tap_is_string(run(&w, "p"), "22:k", "it runs");
	tap_is_string(run(&w, "q"), "84:text", "and the other one");
	tear_down(&w);
}

/* What binding again must see: who defines a symbol has changed. */
static void
test_other_definitions(void)
{
	static const char p[] = SAY
		"int twice(int), missing(void) __attribute__((weak)), quad(int);\n"
		"int main(void) { return twice(2) + quad(1) + (missing ? missing() : 0); }\n";
	static const char k[] = "int quad(int x) { return 4 * x; }\n";
	struct world w;

	set_up(&w);
	w.request.sharing = LINK_SHARING_ALWAYS;
	add_library(&w, "l", library_1, NULL);
	add_library(&w, "k", k, NULL);
	add_program(&w, "bin/p", p, with_kl);
	tap_is_string(link_and_run(&w, "p"), "8:", "a weak symbol that nobody defines");
	keep_images(&w);
	change_library(
		&w, "l", "int missing(void) { return 9; } int twice(int x) { return x * 2; }");
	link_both_ways(&w, 0, "now somebody does");
	tap_is_string(run(&w, "p"), "17:", "which is seen");
	keep_images(&w);
	change_library(
		&w, "k", "int quad(int x) { return x; } int twice(int x) { return 30; }");
	link_both_ways(&w, 0, "the first library defines what the second one did");
	tap_is_string(run(&w, "p"), "40:", "which is seen");
	keep_images(&w);
	w.programs[0].package = "p-1-2";
	change_library(&w, "l",
		"int x[99]; int missing(void) { return 9; } int twice(int x) { return x * 2; "
		"}");
	link_both_ways(&w, 0, "a program of another release");
	tear_down(&w);
}

/* Whatever happens to the files of a model, what is made is right. */
static void
test_damaged_models(void)
{
	struct world w;
	struct link_model model;
	struct link_request request;

	set_up(&w);
	w.request.sharing = LINK_SHARING_ALWAYS;
	add_library(&w, "l", library_1, NULL);
	add_program(&w, "bin/p", user, with_l);
	if (link_world(&w) < 0)
		tap_bail("%s", err_message());
	keep_images(&w);
	change_library(&w, "l", library_2);
	request = w.request;
	model = request.models[request.model_count - 1];
	for (int file = 0; file < 3; file++) {
		const char *path = file == 0   ? model.sites_path
				   : file == 1 ? model.facts_path
					       : model.path;
		struct str bytes = read_all(&w, path);
		char *copy = arena_copy(w.arena, bytes.at, bytes.len);

		copy[bytes.len / 2] ^= 1;
		w.request = request;
		if (file_replace(AT_FDCWD, path, copy, bytes.len, 0700) < 0)
			tap_bail("%s", err_message());
		link_both_ways(&w, 0, strrchr(path, '/') + 1);
		tap_is_string(run(&w, "p"), "84:text", "what is linked instead runs");
		if (file_replace(AT_FDCWD, path, bytes.at, bytes.len, 0700) < 0)
			tap_bail("%s", err_message());
	}
	w.request = request;
	link_both_ways(&w, 1, "the undamaged model");
	tear_down(&w);
}

/* A number from a seed: the same programs each time. */
static unsigned
draw(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245 + 12345;
	return (*seed >> 16) % below;
}

/* A program that uses the library of the storm in a way of its own. */
static const char *
make_program(struct arena *arena, unsigned number)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	unsigned seed = number + 1;

	strbuf_printf(&text, SAY "typedef int f(int); f f0, f1, f2, f3, f4, f5, f6, f7;\n"
				 "extern int a0[9], a1[9]; extern char c0[99];\n");
	for (unsigned i = 0; i < 1 + draw(&seed, 5); i++)
		strbuf_printf(&text, "f *t%u[] = { f%u, 0, f%u }; int *p%u = &a%u[%u];\n", i,
			draw(&seed, 8), draw(&seed, 8), i, draw(&seed, 2), draw(&seed, 9));
	strbuf_printf(
		&text, "char *q = c0 - %u; int main(void) { int s = 0;\n", draw(&seed, 5));
	for (unsigned i = 0; i < 3 + draw(&seed, 40); i++)
		switch (draw(&seed, 5)) {
		case 0:
			strbuf_printf(&text, "s += f%u(s);\n", draw(&seed, 8));
			break;
		case 1:
			strbuf_printf(&text, "s ^= a%u[s & 7]++;\n", draw(&seed, 2));
			break;
		case 2:
			strbuf_printf(&text, "s += t0[0](s) + *p0;\n");
			break;
		case 3:
			strbuf_printf(&text, "s += c0[%u] + (s > %u ? q[9] : a1[%u]);\n",
				draw(&seed, 99), draw(&seed, 50), draw(&seed, 9));
			break;
		default:
			strbuf_printf(&text, "if ((long)f%u %% 64 == 99) say(\"%u\");\n",
				draw(&seed, 8), draw(&seed, 8));
		}
	strbuf_printf(&text, "return s & 63; }\n");
	return arena_string(arena, strbuf_string(&text));
}

#define STORM_FUNCTIONS                                                                   \
	"int f0(int x) { return x + 1; } int f1(int x) { return x ^ 3; }\n"               \
	"int f2(int x) { return x * 3; } int f3(int x) { return f1(x) + f2(x); }\n"       \
	"int f4(int x) { return -x; } int f5(int x) { return x / 3; }\n"                  \
	"int f6(int x) { return x > 4 ? f5(x) : 9; } int f7(int x) { return x & 255; }\n" \
	"int a0[9] = { 1, 2, 3 }, a1[9]; char c0[99] = \"some text\";\n"

static void
test_storm(void)
{
	const char *before[STORM], *name;
	size_t wrong = 0;
	struct world w;

	set_up(&w);
	w.request.sharing = LINK_SHARING_ALWAYS;
	add_library(&w, "l", STORM_FUNCTIONS, NULL);
	for (unsigned i = 0; i < STORM; i++)
		add_program(&w, arena_printf(w.arena, "bin/p%u", i), make_program(w.arena, i),
			with_l);
	if (link_world(&w) < 0)
		tap_bail("%s", err_message());
	for (unsigned i = 0; i < STORM; i++)
		before[i] = run(&w, arena_printf(w.arena, "p%u", i));
	keep_images(&w);
	change_library(
		&w, "l", "int first(int x) { return x; } int early[500];" STORM_FUNCTIONS);
	link_both_ways(&w, STORM, "a storm");
	for (unsigned i = 0; i < STORM; i++) {
		name = arena_printf(w.arena, "p%u", i);
		wrong += strcmp(run(&w, name), before[i]) != 0;
	}
	tap_is_number((long)wrong, 0, "all of them do what they did");
	tear_down(&w);
}

/* Where branches do not reach, the address stands in code that the static linker adds. */
static void
test_architectures(void)
{
	static const enum arch arches[] = { ARCH_AARCH64, ARCH_RISCV64 };

	for (size_t i = 0; i < sizeof arches / sizeof arches[0]; i++) {
		struct world w;

		set_up(&w);
		w.request.sharing = LINK_SHARING_ALWAYS;
		w.request.arch = arches[i];
		w.request.cpu = "generic";
		add_library(&w, "l", library_1, NULL);
		add_program(&w, "bin/p", user, with_l);
		if (link_world(&w) < 0)
			tap_bail("%s", err_message());
		keep_images(&w);
		change_library(&w, "l", library_2);
		link_both_ways(&w, 1, arch_name(arches[i]));
		tear_down(&w);
	}
}

/* Whether two slots have a byte of the arena in common. */
static bool
do_overlap(const struct link_image *a, const struct link_image *b)
{
	return a->base < b->base + b->size && b->base < a->base + a->size;
}

/* Slots that do not use each other are made side by side: each goes its own way. */
static void
test_level(void)
{
	static const char *const with_all[] = { "i", "j", "k", NULL };
	static const char *const names[] = { "c", "i", "j", "k", "l" };
	static const char p[] =
		SAY "int l(void); int main(void) { say(\"sum\"); return l(); }\n";
	struct world w;
	struct link_result first;
	size_t overlaps = 0;

	set_up(&w);
	w.request.sharing = LINK_SHARING_ALWAYS;
	add_library(&w, "i", "int i(void) { return 1; }\n", NULL);
	add_library(
		&w, "j", "int table[2] = { 2, 2 }; int j(void) { return table[1]; }\n", NULL);
	add_library(&w, "k", "int k(void) { return 4; }\n", NULL);
	add_library(&w, "l",
		"int i(void), j(void), k(void); int l(void) { return i() + j() + k(); }\n",
		with_all);
	add_program(&w, "bin/p", p, with_l);
	tap_is_string(link_and_run(&w, "p"), "7:sum", "three slots, and one that uses them");
	first = w.result;
	for (size_t a = 0; a < 5; a++)
		for (size_t b = a + 1; b < 5; b++)
			overlaps += do_overlap(image_of(&w, names[a]), image_of(&w, names[b]));
	tap_is_number((long)overlaps, 0, "each has a range of its own");
	if (link_world(&w) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < 5; i++)
		tap_ok(digest_equal(&image_of(&w, names[i])->digest, &first.images[i].digest),
			"%s: the same again", names[i]);
	keep_images(&w);
	change_library(&w, "i", "int i(void) { return 10; }\n");
	change_library(
		&w, "j", "int table[3] = { 20, 20, 20 }; int j(void) { return table[2]; }\n");
	change_library(&w, "k", "int k(void) { return 40; }\n");
	tap_is_string(link_and_run(&w, "p"), "70:sum", "three change at once");
	tap_ok(image_of(&w, "i")->base == first.images[1].base &&
			image_of(&w, "k")->base == first.images[3].base,
		"who can stay stays");
	tap_ok(image_of(&w, "j")->base != first.images[2].base, "who cannot moves");
	tear_down(&w);
}

int
main(void)
{
	test_moved();
	test_level();
	test_slot_of_slot();
	test_other_definitions();
	test_damaged_models();
	test_architectures();
	test_storm();
	return tap_done();
}
