/* SPDX-License-Identifier: MIT */
/*
 * What differs between architectures when images are linked: jumps where a function outgrew its
 * room, calls that do not reach, pages. The programs run under QEMU.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "linker/elf/elf_file.h"
#include "linker/image/rooms.h"
#include "linker/image/slot.h"
#include "tests/lib/linking.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>

static const char *const with_l[] = { "l", NULL };

#define SAY "void say(const char *);\n"

static void
set_up_for(struct world *world, enum arch arch)
{
	set_up(world);
	world->request.arch = arch;
	world->request.cpu = arch_common_cpu(arch);
	world->request.sharing = LINK_SHARING_ALWAYS;
}

static void
read_image(struct world *world, const char *name, struct elf_file *ret_file)
{
	struct str bytes;

	if (file_read(world->arena, AT_FDCWD, image_of(world, name)->file, (size_t)1 << 30,
		    &bytes) < 0 ||
		elf_file_read(world->arena, bytes, ret_file) < 0)
		tap_bail("%s: %s", name, err_message());
}

static const struct elf_symbol *
find_symbol(const struct elf_file *file, const char *name)
{
	for (size_t i = 0; i < file->symbol_count; i++)
		if (strcmp(file->symbols[i].name, name) == 0)
			return &file->symbols[i];
	return NULL;
}

/* Put another version in the place of a library; programs and other libraries stay. */
static void
change_library(struct world *world, size_t index, const char *name, const char *source)
{
	struct link_library old = world->libraries[index];

	world->libraries[index] = *add_library(world, name, source, old.imports);
	world->libraries[index].sharing = old.sharing;
	world->request.library_count--;
}

/* Segments of one image never share a page of the largest size. */
static void
test_pages(struct world *world, enum arch arch, const char *name)
{
	uint64_t page = arch == ARCH_AARCH64 ? 65536 : 4096, end = 0;
	struct elf_file file;
	bool is_apart = true;

	read_image(world, name, &file);
	for (size_t i = 0; i < file.segment_count; i++) {
		const Elf64_Phdr *segment = &file.segments[i];

		if (segment->p_type != PT_LOAD)
			continue;
		is_apart = is_apart && (segment->p_vaddr & -page) >= end &&
			   (segment->p_vaddr - segment->p_offset) % page == 0;
		end = (segment->p_vaddr + segment->p_memsz + page - 1) & -page;
	}
	tap_ok(is_apart, "%s: segments of %s share no page", arch_name(arch), name);
}

/* A function that outgrows its room leaves a jump, and nobody is linked again. */
static void
test_jump(enum arch arch)
{
	static const char one[] = SAY "int counter; int grow(int x) { return x + 1; }\n"
				      "int after(int x) { return x * 3; }\n";
	static const char two[] =
		SAY "int counter; int grow(int x) { counter += x * x; say(\"grown\");"
		    " return counter + (x ^ 3); }\n"
		    "int after(int x) { return x * 3; }\n";
	static const char user[] = "int grow(int), after(int);\n"
				   "int main(void) { return grow(5) + after(2); }\n";
	struct elf_file file;
	struct world w;

	set_up_for(&w, arch);
	add_library(&w, "l", one, NULL);
	add_program(&w, "bin/p", user, with_l);
	tap_is_string(link_and_run(&w, "p"), "12:", "%s: before", arch_name(arch));
	test_pages(&w, arch, "l");
	test_pages(&w, arch, "bin/p");
	keep_images(&w);
	change_library(&w, 1, "l", two);
	tap_is_string(link_and_run(&w, "p"), "37:grown", "%s: a function that outgrew its room",
		arch_name(arch));
	read_image(&w, "l", &file);
	tap_ok(find_symbol(&file, ROOMS_ENTRY_PREFIX "grow") != NULL, "%s: it has left a jump",
		arch_name(arch));
	tap_is_number(image_of(&w, "bin/p")->outcome, LINK_KEPT, "%s: nobody is linked again",
		arch_name(arch));
	test_pages(&w, arch, "l");
	tear_down(&w);
}

/* What grows beyond the space between the zones moves the slot: no part may come to lie in another. */
static void
test_growth(enum arch arch)
{
	static const char one[] = "int counter = 1; int pick(int x) { return counter + x; }\n";
	static const char two[] = "static const char table[300000] = { 7, [1000] = 8 };\n"
				  "int counter = 1; int pick(int x) { return table[x] + x; }\n";
	static const char user[] =
		"int pick(int); int main(void) { return pick(1000) & 255; }\n";
	struct world w;

	set_up_for(&w, arch);
	add_library(&w, "l", one, NULL);
	add_program(&w, "bin/p", user, with_l);
	tap_is_string(link_and_run(&w, "p"), "233:", "%s: before", arch_name(arch));
	keep_images(&w);
	change_library(&w, 1, "l", two);
	tap_is_string(
		link_and_run(&w, "p"), "240:", "%s: a table that has no room", arch_name(arch));
	test_pages(&w, arch, "l");
	tear_down(&w);
}

/* What is far below and above: calls from a program, and from an export of a slot, which has a room. */
static void
test_far(enum arch arch)
{
	static const char l[] = "int data[] = { 5, 6, 7 }; int twice(int x) { return 2 * x; }\n"
				"int thrice(int x) { return 3 * x; }\n"
				"int a(int x) { return x; } int b(int x) { return x; }\n"
				"int c(int x) { return x; } int d(int x) { return x; }\n";
	static const char k[] =
		"int twice(int), thrice(int), a(int), b(int), c(int), d(int);\n"
		"extern int data[];\n"
		"int (*pointer)(int) = twice;\n"
		"int first(int x) { return d(c(b(a(twice(x))))) + thrice(x); }\n"
		"int second(int x) { return twice(x) + pointer(data[1]); }\n"
		"int is_same(int (*f)(int)) { return f == twice; }\n";
	static const char p[] =
		SAY "int first(int), second(int), twice(int), is_same(int (*)(int));\n"
		    "int main(void) { say(is_same(twice) ? \"same\" : \"other\");"
		    " return first(2) + second(3) + twice(4); }\n";
	static const char *const both[] = { "k", "l", NULL };
	struct link_slot wall = { .name = "wall", .base = SLOT_ARENA_START, .path = "" };
	const struct link_image *low, *high;
	struct world w;

	set_up_for(&w, arch);
	add_library(&w, "l", l, NULL);
	add_library(&w, "k", k, with_l);
	add_program(&w, "bin/p", p, both);
	if (link_world(&w) < 0)
		tap_bail("%s", err_message());
	/* What is there is kept; all around it is taken, but for the two ends of the arena. */
	w.request.library_count--;
	w.request.program_count--;
	keep_images(&w);
	low = image_of(&w, "l");
	wall.base = (low->base > SLOT_ARENA_START + (UINT64_C(512) << 20))
			    ? SLOT_ARENA_START + (UINT64_C(16) << 20)
			    : low->base + low->size;
	wall.size = low->base > wall.base ? low->base - wall.base
					  : SLOT_ARENA_END - (UINT64_C(16) << 20) - wall.base;
	((struct link_slot *)w.request.slots)[w.request.slot_count - 1] = wall;
	w.request.library_count++;
	w.request.program_count++;
	tap_is_string(
		link_and_run(&w, "p"), "36:same", "%s: what is far is called", arch_name(arch));
	low = image_of(&w, "l");
	high = image_of(&w, "k");
	tap_ok((low->base > high->base ? low->base - high->base : high->base - low->base) >
			UINT64_C(128) << 20,
		"%s: it is far: 0x%llx and 0x%llx", arch_name(arch),
		(unsigned long long)low->base, (unsigned long long)high->base);
	tear_down(&w);
}

static bool
has_machine(enum arch arch)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *const argv[] = { arena_printf(arena, "qemu-%s", arch_name(arch)),
		"--version", NULL };
	struct process process = { .argv = argv };
	struct str output;
	int status;

	return arch == arch_host() ||
	       (process_capture(arena, &process, &status, &output) == 0 && status == 0);
}

int
main(void)
{
	for (int i = 0; i < ARCH_COUNT; i++) {
		enum arch arch = (enum arch)i;

		if (!has_machine(arch)) {
			tap_skip("%s: no qemu-%s (Debian's qemu-user)", arch_name(arch),
				arch_name(arch));
			continue;
		}
		test_jump(arch);
		test_growth(arch);
		test_far(arch);
	}
	return tap_done();
}
