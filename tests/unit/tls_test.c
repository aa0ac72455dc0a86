/* SPDX-License-Identifier: MIT */
/* Ranges of thread-local variables: where they are, what is free, and what pads an image to them. */
#include "linker/image/tls.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "linker/elf/elf_padding.h"
#include "linker/image/target.h"
#include "tests/lib/tap.h"

#include <string.h>
#include <sys/stat.h>

static const enum arch arches[] = { ARCH_X86_64, ARCH_AARCH64, ARCH_RISCV64 };

static void
test_reserve(void)
{
	static const struct {
		const char *name;
		enum arch arch;
		struct image_tls wanted; /* as measured: with the gap */
		struct image_tls range;
	} cases[] = {
		{ "the first range is at the thread pointer", ARCH_X86_64, { 0, 20, 8 },
			{ 0, 32, 16 } },
		{ "above it, behind libc's gap", ARCH_AARCH64, { 0, 36, 8 }, { 16, 32, 16 } },
		{ "which RISC-V does not have", ARCH_RISCV64, { 0, 20, 8 }, { 0, 32, 16 } },
		{ "a large alignment moves the start", ARCH_AARCH64, { 0, 128, 64 },
			{ 64, 128, 64 } },
		{ "and the size", ARCH_X86_64, { 0, 64, 64 }, { 0, 128, 64 } },
	};
	static const struct tls_taken taken[] = { { "b", { 64, 64, 16 } },
		{ "a", { 0, 32, 16 } }, { "none", { 0 } } };
	struct image_tls range;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		tap_ok(tls_reserve(cases[i].arch, NULL, 0, "l", &cases[i].wanted, &range) ==
					0 &&
				memcmp(&range, &cases[i].range, sizeof range) == 0,
			"%s: %llu, %llu", cases[i].name, (unsigned long long)range.start,
			(unsigned long long)range.size);
	tap_ok(tls_reserve(ARCH_X86_64, taken, 3, "l", &(struct image_tls){ 0, 20, 8 },
		       &range) == 0 &&
			range.start == 32,
		"the nearest gap is taken");
	tap_ok(tls_reserve(ARCH_X86_64, taken, 3, "l", &(struct image_tls){ 0, 48, 8 },
		       &range) == 0 &&
			range.start == 128,
		"when it is large enough");
	tap_ok(tls_reserve(ARCH_X86_64, taken, 3, "a", &(struct image_tls){ 0, 48, 8 },
		       &range) == 0 &&
			range.start == 0,
		"a library's other versions are not in its way");
	tap_ok(tls_reserve(ARCH_X86_64, NULL, 0, "l", &(struct image_tls){ 0, TLS_WINDOW, 8 },
		       &range) == ERR_SLOT_FULL,
		"what no window holds is refused: %s", err_message());
}

struct bench {
	struct arena *arena;
	const char *dir;
};

static void
run_tool(const struct bench *bench, const char *const *argv)
{
	struct process process = { .argv = argv, .directory = bench->dir };
	struct str output;
	int status;

	if (process_capture(bench->arena, &process, &status, &output) < 0 || status != 0)
		tap_bail("%s: %.*s", argv[0], STR_ARG(output));
}

static struct elf_file
read_elf(const struct bench *bench, const char *name)
{
	struct elf_file file;
	struct str bytes;

	if (file_read(bench->arena, AT_FDCWD,
		    arena_printf(bench->arena, "%s/%s", bench->dir, name), 1 << 24,
		    &bytes) < 0 ||
		elf_file_read(bench->arena, bytes, &file) < 0)
		tap_bail("%s", err_message());
	return file;
}

/* Link one object with as much padding as a range needs, as images are linked. */
static struct image_tls
link_padded(const struct bench *bench, enum arch arch, uint64_t start)
{
	struct elf_file object = read_elf(bench, "a.o"), image;
	struct elf_padding padding = { .align = tls_object_align(&object),
		.is_first = target_tls_is_above(arch) };
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	struct image_tls measured;
	const char *path = arena_printf(bench->arena, "%s/pad.o", bench->dir);
	const char *argv[] = { LLD, "-m", target_emulation(arch), "-static", "--gc-sections",
		"--entry=get", "-o", "image", padding.is_first ? "pad.o" : "a.o",
		padding.is_first ? "a.o" : "pad.o", NULL };

	padding.size = tls_padding(arch, start, padding.align);
	elf_padding_write(arch_elf_machine(arch), &padding, &bytes);
	if (file_replace(AT_FDCWD, path, bytes.at, bytes.len, 0600) < 0)
		tap_bail("%s", err_message());
	run_tool(bench, argv);
	image = read_elf(bench, "image");
	tls_measure(arch, &image, &measured);
	return measured;
}

static void
test_padding(const struct bench *bench, enum arch arch, const char *variables, uint64_t align)
{
	const char *target =
		arena_printf(bench->arena, "--target=%s-linux-musl", arch_name(arch));
	const char *argv[] = { CLANG, target, "-O1", "-fno-pic", "-ftls-model=local-exec",
		"-fdata-sections", arch == ARCH_RISCV64 ? "-mabi=lp64d" : "-g0", "-c", "a.c",
		NULL };
	const char *source = arena_printf(bench->arena,
		"%s\nlong get(void) { return (long)&a + (long)&b; }\n", variables);
	struct image_tls plain, range, padded;
	struct tls_taken taken[] = { { "other", { 0, 0, 16 } } };

	if (file_replace(AT_FDCWD, arena_printf(bench->arena, "%s/a.c", bench->dir), source,
		    strlen(source), 0600) < 0)
		tap_bail("%s", err_message());
	run_tool(bench, argv);
	plain = link_padded(bench, arch, 0);
	tap_ok(plain.align == align && plain.size > 0, "%s: %s: measured %llu", arch_name(arch),
		variables, (unsigned long long)plain.size);
	for (uint64_t end = 16; end <= 4096; end *= 4) {
		taken[0].tls.size = end;
		if (tls_reserve(arch, taken, 1, "l", &plain, &range) < 0)
			tap_bail("%s", err_message());
		padded = link_padded(bench, arch, range.start);
		tap_ok(tls_fits(&padded, &range) && padded.size > range.start,
			"a range from %llu: ends at %llu of %llu",
			(unsigned long long)range.start, (unsigned long long)padded.size,
			(unsigned long long)(range.start + range.size));
	}
	range.size -= range.align;
	range.start = padded.size - range.size - 1;
	tap_ok(!tls_fits(&padded, &range), "one byte less does not hold it");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct bench bench = { .arena = arena };
	char *path;

	test_reserve();
	if (file_temp_dir(arena, "/tmp", &path) < 0)
		tap_bail("%s", err_message());
	bench.dir = path;
	for (size_t i = 0; i < sizeof arches / sizeof *arches; i++) {
		test_padding(&bench, arches[i], "static _Thread_local int a = 3, b;", 4);
		test_padding(&bench, arches[i],
			"static _Alignas(64) _Thread_local int a = 3; static _Thread_local "
			"char b[100];",
			64);
		test_padding(&bench, arches[i],
			"static _Thread_local char a = 3; static _Alignas(256) _Thread_local "
			"char b[3];",
			256);
	}
	(void)file_remove_tree(AT_FDCWD, path);
	return tap_done();
}
