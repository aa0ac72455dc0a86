/* SPDX-License-Identifier: MIT */
/*
 * Real programs and slots, linked here and run: what the mapper maps, in which
 * order it calls what, and everything it must refuse.
 */
#include "kernel-iface/image_note.h"
#include "kernel-iface/objects.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "kernel-iface/mapper/elf_layout.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BASE_A UINT64_C(0x20000000)
#define BASE_B UINT64_C(0x20200000)
#define BASE_C UINT64_C(0x20400000)
#define BASE_D UINT64_C(0x20600000)
#define RANGE UINT64_C(0x100000)

/* Slot a: code, constants, data, zeros that begin inside a page, and hooks. */
static const char source_a[] =
	"extern void say(char);\n"
	"void (*volatile say_with)(char) __attribute__((section(\".data.a\")));\n"
	"int a_data = 7;\n"
	"static volatile char a_zeros[20000];\n"
	"int a_value(int x) { int sum = 0; for (int i = 0; i < 20000; i++) sum += a_zeros[i];\n"
	"	a_zeros[x] = 1; return a_data + x + sum; }\n"
	"static int begun;\n"
	"int a_begun(void) { return begun; }\n"
	"static void begin(void) { begun = begun * 10 + 1; }\n"
	"static void end(void) { if (say_with) say_with('a'); }\n"
	"void (*const a_init[])(void) = { begin };\n"
	"void (*const a_fini[])(void) = { end };\n";

/* Slot b is bound to slot a. */
static const char source_b[] = "extern int a_value(int), a_begun(void);\n"
			       "static int seen = -1;\n"
			       "int b_value(int x) { return a_value(x) * 2; }\n"
			       "int b_seen(void) { return seen; }\n"
			       "static void begin(void) { seen = a_begun(); }\n"
			       "void (*const b_init[])(void) = { begin };\n";

/* The program with a libc of its own: the contract of __libc_start_main. */
static const char source_program[] =
	"extern long kernel_write(const char *, long); extern void kernel_exit(int);\n"
	"extern int b_value(int), b_seen(void), a_data;\n"
	"extern void (*volatile say_with)(char);\n"
	"static int own;\n"
	"static void say(char c) { kernel_write(&c, 1); }\n"
	"__attribute__((constructor)) static void begin(void) { own = b_seen() + 1; }\n"
	"__attribute__((destructor)) static void end(void) { say('p'); }\n"
	"int main(int argc, char **argv, char **envp) {\n"
	"	say_with = say; a_data = 30; say('m');\n"
	"	return argc == 3 && argv[2][0] == 'y' && !argv[3] && envp[0] && !envp[1]\n"
	"		? b_value(5) + own : 1; }\n"
	"void __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,\n"
	"	void (*init)(int, char **, char **), void (*fini)(void)) {\n"
	"	char **envp = argv + argc + 1; init(argc, argv, envp);\n"
	"	int status = main(argc, argv, envp); fini(); kernel_exit(status); }\n"
#if defined(__x86_64__)
	"__asm__(\"kernel_write: mov %rsi,%rdx; mov %rdi,%rsi; mov $1,%edi; mov $1,%eax;"
	" syscall; ret; kernel_exit: mov $231,%eax; syscall\");\n"
#elif defined(__aarch64__)
	"__asm__(\"kernel_write: mov x2,x1; mov x1,x0; mov x0,#1; mov x8,#64; svc #0; ret;"
	" kernel_exit: mov x8,#94; svc #0\");\n"
#else
	"__asm__(\"kernel_write: mv a2,a1; mv a1,a0; li a0,1; li a7,64; ecall; ret;"
	" kernel_exit: li a7,94; ecall\");\n"
#endif
	;

struct bench { /* what a test works on */
	struct arena *arena;
	int dir;
	const char *path;
};

static void
put(const struct bench *bench, const char *name, const void *bytes, size_t length)
{
	file_remove_tree(bench->dir, name);
	if (file_create(bench->dir, name, bytes, length, 0755) < 0)
		tap_bail("%s", err_message());
}

static char *
at(const struct bench *bench, const char *name)
{
	return arena_printf(bench->arena, "%s/%s", bench->path, name);
}

static void
run_tool(const struct bench *bench, const char *const *argv)
{
	struct process process = { .argv = argv, .directory = bench->path };
	struct str output;
	int status;

	if (process_capture(bench->arena, &process, &status, &output) < 0)
		tap_bail("%s", err_message());
	if (status != 0)
		tap_bail("%s: %.*s", argv[0], STR_ARG(output));
}

static void
compile(const struct bench *bench, const char *name, const char *source)
{
	char *file = arena_printf(bench->arena, "%s.c", name);
	const char *argv[] = { CLANG, "-O1", "-w", "-ffreestanding", "-fno-builtin", "-fno-pic",
		"-mcmodel=small", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
		"-c", file, NULL };

	put(bench, file, source, strlen(source));
	run_tool(bench, argv);
}

/* An object with the note in .note.weld. */
static void
compile_note(const struct bench *bench, const char *name, const struct image_note *note)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	char *file = arena_printf(bench->arena, "%s.S", name);
	char *source = arena_printf(bench->arena,
		".section .note.weld,\"a\",%%note\n.balign 4\n.globl " IMAGE_NOTE_SYMBOL
		"\n.hidden " IMAGE_NOTE_SYMBOL "\n" IMAGE_NOTE_SYMBOL ": .incbin \"%s.bin\"\n",
		name);
	const char *argv[] = { CLANG, "-c", file, NULL };

	if (image_note_pack(note, &bytes) < 0)
		tap_bail("%s", err_message());
	put(bench, arena_printf(bench->arena, "%s.bin", name), bytes.at, bytes.len);
	put(bench, file, source, strlen(source));
	run_tool(bench, argv);
}

/* The address of a symbol in a linked image, by llvm-nm's words. */
static uint64_t
address_of(const struct bench *bench, const char *image, const char *symbol)
{
	const char *argv[] = { NM, image, NULL };
	struct process process = { .argv = argv, .directory = bench->path };
	struct str output, line;
	int status;

	if (process_capture(bench->arena, &process, &status, &output) < 0 || status != 0)
		tap_bail("%s cannot be read", image);
	while (str_cut(&output, '\n', &line)) {
		char *text = str_copy(bench->arena, line);

		if (str_has_suffix(text, arena_printf(bench->arena, " %s", symbol)))
			return strtoull(text, NULL, 16);
	}
	tap_bail("%s: no symbol %s", image, symbol);
}

static struct image_note
slot_note(const char *name, uint64_t base)
{
	return (struct image_note){
		.kind = IMAGE_SLOT,
		.name = name,
		.layout_id = { { 1, (uint8_t)name[0] } },
		.base = base,
		.size = RANGE,
	};
}

/* Link twice: the note needs addresses, and its size does not depend on them. */
static void
link_slot(
	const struct bench *bench, const char *name, struct image_note note, const char *import)
{
	char *image = arena_printf(bench->arena, "%s.slot", name);
	char *init = arena_printf(bench->arena, "%s_init", name);
	char *fini = arena_printf(bench->arena, "%s_fini", name);
	const char *argv[] = { LLD, "-o", image, "-e", "0", "-z", "separate-code",
		arena_printf(
			bench->arena, "--image-base=0x%llx", (unsigned long long)note.base),
		arena_printf(bench->arena, "%s-note.o", name),
		arena_printf(bench->arena, "%s.o", name),
		import == NULL ? NULL : arena_printf(bench->arena, "--just-symbols=%s", import),
		NULL };

	for (int pass = 0; pass < 2; pass++) {
		compile_note(bench, arena_printf(bench->arena, "%s-note", name), &note);
		run_tool(bench, argv);
		note.init_array = address_of(bench, image, init);
		note.init_count = 1;
		if (name[0] == 'a') {
			note.fini_array = address_of(bench, image, fini);
			note.fini_count = 1;
		}
	}
}

static void
link_program(const struct bench *bench, const struct image_slot *slots, size_t count)
{
	struct image_note note = {
		.kind = IMAGE_PROGRAM, .name = "bin/try", .slots = slots, .slot_count = count
	};
	const char *argv[] = { LLD, "-o", "try", "--image-base=0x400000", "start.o",
		"try-note.o", "try.o", "--just-symbols=a.slot", "--just-symbols=b.slot", NULL };

	compile_note(bench, "try-note", &note);
	run_tool(bench, argv);
}

static char *
run_program(const struct bench *bench, int *ret_status)
{
	const char *argv[] = { at(bench, "try"), "x", "y", NULL };
	static const char *const envp[] = { "A=b", NULL };
	struct process process = { .argv = argv, .envp = envp };
	struct str output;

	if (process_capture(bench->arena, &process, ret_status, &output) < 0)
		tap_bail("%s", err_message());
	return str_copy(bench->arena, output);
}

static struct image_slot
use_slot(const struct bench *bench, const char *name, uint64_t base)
{
	char *file = arena_printf(bench->arena, "%s.slot", name);

	return (struct image_slot){
		.name = name,
		.path = at(bench, file),
		.exact_path = at(bench, "nowhere"),
		.layout_id = { { 1, (uint8_t)name[0] } },
		.base = base,
		.size = RANGE,
	};
}

static void
expect_refusal(const struct bench *bench, const char *message, const char *what)
{
	char *output, *wanted;
	int status;

	output = run_program(bench, &status);
	wanted = arena_printf(
		bench->arena, "weld: bin/try: slot a: %s (run 'weld relink')\n", message);
	tap_ok(status == 127, "%s: exit status 127", what);
	tap_is_string(output, wanted, "%s: the message", what);
}

static void
check_refusal(const struct bench *bench, const struct image_slot *slots, const char *message,
	const char *what)
{
	link_program(bench, slots, 2);
	expect_refusal(bench, message, what);
}

static void
test_run(const struct bench *bench)
{
	struct image_slot slots[] = { use_slot(bench, "a", BASE_A),
		use_slot(bench, "b", BASE_B) };
	char *output;
	int status;

	link_program(bench, slots, 2);
	output = run_program(bench, &status);
	/* (30 + 5 + 0) * 2, and what b's constructor saw of a's, plus 1. */
	tap_is_number(status, 72, "constructors ran in order, data is shared, zeros are zero");
	tap_is_string(output, "mpa", "destructors run the other way round");

	slots[0].exact_path = slots[0].path;
	slots[0].path = at(bench, "gone");
	link_program(bench, slots, 2);
	run_program(bench, &status);
	tap_is_number(status, 72, "the second path serves when the first is gone");
}

/* So many slots that their directory is opened once. */
static void
test_several(const struct bench *bench)
{
	const struct image_slot good[] = { use_slot(bench, "a", BASE_A),
		use_slot(bench, "b", BASE_B), use_slot(bench, "c", BASE_C),
		use_slot(bench, "d", BASE_D) };
	struct image_slot slots[4];
	int status;

	link_program(bench, good, 4);
	run_program(bench, &status);
	tap_is_number(status, 72, "four slots");

	memcpy(slots, good, sizeof slots);
	if (file_make_dirs(bench->dir, "elsewhere", 0755) < 0 ||
		file_make_name(bench->dir, "c.slot", bench->dir, "elsewhere/c.slot") < 0)
		tap_bail("%s", err_message());
	slots[2].path = at(bench, "elsewhere/c.slot");
	slots[3].exact_path = slots[3].path;
	slots[3].path = at(bench, "gone");
	link_program(bench, slots, 4);
	run_program(bench, &status);
	tap_is_number(status, 72, "one in another directory, one by its second path");

	for (size_t i = 0; i < 4; i++) {
		slots[i].path = at(bench, arena_printf(bench->arena, "none/%s", good[i].name));
		slots[i].exact_path = good[i].path;
	}
	link_program(bench, slots, 4);
	run_program(bench, &status);
	tap_is_number(status, 72, "all by their second paths: there is no directory");
}

static void
test_refusals(const struct bench *bench)
{
	struct image_slot good[] = { use_slot(bench, "a", BASE_A),
		use_slot(bench, "b", BASE_B) };
	const char *path = good[0].path;
	struct image_slot bad[2];

#define MESSAGE(before, after) arena_printf(bench->arena, "%s%s%s", before, path, after)
	memcpy(bad, good, sizeof bad);
	bad[0].path = at(bench, "gone");
	check_refusal(bench, bad, arena_printf(bench->arena, "cannot open %s", bad[0].path),
		"no file");
	memcpy(bad, good, sizeof bad);
	bad[0].layout_id.bytes[31] = 1;
	check_refusal(bench, bad,
		MESSAGE("layout id of ", " is not the one this program was linked with"),
		"another layout id");
	memcpy(bad, good, sizeof bad);
	bad[0].base += 0x1000;
	check_refusal(
		bench, bad, MESSAGE("", " is linked for another address"), "another base");
	memcpy(bad, good, sizeof bad);
	bad[0].size = 0x1000;
	check_refusal(
		bench, bad, MESSAGE("", " is linked for another address"), "too small a range");
	memcpy(bad, good, sizeof bad);
	bad[1] = bad[0];
	check_refusal(bench, bad, MESSAGE("cannot map ", ": its address range is not free"),
		"a range in use");
#undef MESSAGE
}

/* Damage the file of slot a in one place. */
static void
test_damage(const struct bench *bench)
{
	static const struct {
		size_t offset;
		char byte;
		const char *message;
	} cases[] = {
		{ 0, 'x', " is not an ELF file" },
		{ 4, 1, " is not a slot for this machine" },
		{ 16, 3, " is not a slot for this machine" },
		{ 18, 99, " is not a slot for this machine" },
		{ 54, 57, " has program headers that cannot be read" },
		{ 56, 17, " has program headers that cannot be read" },
		{ 32, 4, " has program headers that cannot be read" },
		{ 37, 1, " has program headers that cannot be read" },
	};
	struct image_slot slots[] = { use_slot(bench, "a", BASE_A),
		use_slot(bench, "b", BASE_B) };
	struct str image;

	link_program(bench, slots, 2);
	if (file_read(bench->arena, bench->dir, "a.slot", 1 << 24, &image) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *copy = arena_copy(bench->arena, image.at, image.len);

		copy[cases[i].offset] = cases[i].byte;
		put(bench, "a.slot", copy, image.len);
		expect_refusal(bench,
			arena_printf(bench->arena, "%s%s", slots[0].path, cases[i].message),
			arena_printf(bench->arena, "byte %zu changed", cases[i].offset));
	}
	put(bench, "a.slot", image.at, 10);
	expect_refusal(bench,
		arena_printf(bench->arena, "%s is not an ELF file", slots[0].path), "10 bytes");
	put(bench, "a.slot", image.at, image.len);
}

/* A segment that would be mapped outside the range is refused, whatever its note says. */
static void
test_outside(const struct bench *bench)
{
	struct image_slot slots[] = { use_slot(bench, "a", BASE_A),
		use_slot(bench, "b", BASE_B) };
	struct elf_header header;
	struct str image;
	char *copy;

	link_program(bench, slots, 2);
	if (file_read(bench->arena, bench->dir, "a.slot", 1 << 24, &image) < 0)
		tap_bail("%s", err_message());
	memcpy(&header, image.at, sizeof header);
	for (unsigned i = 0; i < header.segment_count; i++) {
		struct elf_segment segment;
		size_t offset = header.segments_offset + i * sizeof segment;

		memcpy(&segment, image.at + offset, sizeof segment);
		if (segment.type != SEGMENT_LOAD)
			continue;
		copy = arena_copy(bench->arena, image.at, image.len);
		segment.address += RANGE;
		memcpy(copy + offset, &segment, sizeof segment);
		put(bench, "a.slot", copy, image.len);
		expect_refusal(bench,
			arena_printf(bench->arena, "%s has a segment outside its address range",
				slots[0].path),
			arena_printf(bench->arena, "segment %u elsewhere", i));
	}
	put(bench, "a.slot", image.at, image.len);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct bench bench = { .arena = arena, .dir = -1 };
	struct str start;
	char *path;

	if (file_temp_dir(arena, "/tmp", &path) < 0 ||
		file_open_dir(AT_FDCWD, path, &bench.dir) < 0 ||
		kernel_start_object(arch_host(), &start) < 0)
		tap_bail("%s", err_message());
	bench.path = path;
	put(&bench, "start.o", start.at, start.len);
	compile(&bench, "a", source_a);
	compile(&bench, "b", source_b);
	compile(&bench, "try", source_program);
	link_slot(&bench, "a", slot_note("a", BASE_A), NULL);
	link_slot(&bench, "b", slot_note("b", BASE_B), "a.slot");
	compile(&bench, "c",
		"static void begin(void) { } void (*const c_init[])(void) = { begin };");
	compile(&bench, "d",
		"static void begin(void) { } void (*const d_init[])(void) = { begin };");
	link_slot(&bench, "c", slot_note("c", BASE_C), NULL);
	link_slot(&bench, "d", slot_note("d", BASE_D), NULL);
	test_run(&bench);
	test_several(&bench);
	test_refusals(&bench);
	test_damage(&bench);
	test_outside(&bench);
	close(bench.dir);
	file_remove_tree(AT_FDCWD, path);
	return tap_done();
}
