/* SPDX-License-Identifier: MIT */
/* The script that places a slot's sections: that segments share no page, on no kernel; how long it will be. */
#include "linker/image/rooms.h"

#include "base/arena.h"
#include "base/err.h"
#include "tests/lib/tap.h"

#include <string.h>

static void
test_pages(enum arch arch, const char *expected)
{
	struct arena *arena = arena_new();
	struct map exports = { 0 };
	struct rooms_request request = {
		.arch = arch, .exports = &exports, .base = 0x10000000
	};
	struct strbuf script AUTO(strbuf_free) = { 0 };
	bool fits;

	rooms_plan(arena, &request, &fits, &script);
	tap_ok(strstr(strbuf_string(&script), expected) != NULL, "%s: zones begin at %s",
		arch_name(arch), expected);
	arena_free(&arena);
}

static void
test_size(void)
{
	struct arena *arena = arena_new();
	struct map exports = { 0 };
	struct elf_section sections[] = {
		{ .name = "" },
		{ .name = ".text.f",
			.type = SHT_PROGBITS,
			.flags = SHF_ALLOC | SHF_EXECINSTR,
			.size = 40000,
			.align = 16 },
		{ .name = ".bss.x",
			.type = SHT_NOBITS,
			.flags = SHF_ALLOC | SHF_WRITE,
			.size = 100000,
			.align = 16 },
	};
	struct elf_symbol symbol = { .name = "f", .section = 1, .binding = STB_GLOBAL };
	struct elf_file file = {
		.sections = sections, .section_count = 3, .symbols = &symbol, .symbol_count = 1
	};
	struct rooms_object object = { "f.o", &file };
	struct rooms_request request = { .arch = ARCH_X86_64,
		.objects = &object,
		.object_count = 1,
		.exports = &exports,
		.base = 0x10000000 };
	uint64_t loose = rooms_measure(arena, &request);

	tap_ok(loose >= 140000 && loose < 160000, "loose sections have their sizes");
	map_set(arena, &exports, "f", NULL);
	tap_ok(rooms_measure(arena, &request) >= loose + 8000, "a room has slack");
	arena_free(&arena);
}

int
main(void)
{
	test_pages(ARCH_X86_64, "ALIGN(0x1000)");
	test_pages(ARCH_AARCH64, "ALIGN(0x10000)");
	test_size();
	return tap_done();
}
