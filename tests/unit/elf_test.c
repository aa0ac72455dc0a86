/* SPDX-License-Identifier: MIT */
/* Binding objects are written as elf_file reads them; damage never leads outside the file. */
#include "base/arena.h"
#include "base/err.h"
#include "linker/elf/elf_binding.h"
#include "linker/elf/elf_file.h"
#include "kernel-iface/image_note.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>

static const struct elf_binding bindings[] = {
	{ "inflate", 0x12345678, true },
	{ "z_errmsg", 0x10002000, false },
};

static void
test_binding_reads_back(void)
{
	struct arena *arena = arena_new();
	struct strbuf object = { 0 };
	struct elf_file file;
	const struct elf_section *section;

	elf_binding_write(EM_X86_64, (struct str){ "a note.", 8 }, bindings, 2, &object);
	tap_ok(elf_file_read(arena, strbuf_str(&object), &file) == 0, "the object can be read");
	tap_ok(file.type == ET_REL && file.machine == EM_X86_64,
		"it is relocatable, for the machine");
	section = elf_file_find_section(&file, IMAGE_NOTE_SECTION);
	tap_ok(section != NULL && str_equal(section->contents, (struct str){ "a note.", 8 }),
		"the note is in it");
	tap_ok(file.symbol_count == 3 && strcmp(file.symbols[0].name, IMAGE_NOTE_SYMBOL) == 0,
		"the note has its symbol");
	tap_ok(file.symbols[1].value == 0x12345678 && file.symbols[1].section == SHN_ABS &&
			file.symbols[1].type == STT_FUNC &&
			strcmp(file.symbols[1].name, "inflate") == 0,
		"a function of a slot is an absolute symbol");
	tap_ok(file.symbols[2].type == STT_OBJECT, "a variable is one, too");
	strbuf_free(&object);
	arena_free(&arena);
}

/* Run under ASan this shows that no damaged offset is followed. */
static void
test_damage_is_contained(void)
{
	struct strbuf object = { 0 };
	size_t refused = 0;

	elf_binding_write(EM_AARCH64, (struct str){ "note", 4 }, bindings, 2, &object);
	srandom(7);
	for (int round = 0; round < 5000; round++) {
		struct arena *arena = arena_new();
		char *copy = malloc(object.len);
		struct elf_file file;

		memcpy(copy, object.at, object.len);
		for (int i = 0; i < 3; i++)
			copy[(size_t)random() % object.len] = (char)random();
		refused += elf_file_read(arena, (struct str){ copy, object.len }, &file) < 0;
		free(copy);
		arena_free(&arena);
	}
	tap_ok(refused > 0, "damaged files are refused (%zu of 5000)", refused);
	for (size_t length = 0; length < object.len; length++) {
		struct arena *arena = arena_new();
		char *copy = malloc(length + 1);
		struct elf_file file;

		memcpy(copy, object.at, length);
		if (elf_file_read(arena, (struct str){ copy, length }, &file) >= 0) {
			tap_ok(false, "a file cut at %zu is refused", length);
			length = object.len;
		}
		free(copy);
		arena_free(&arena);
	}
	tap_ok(true, "every shortened file is refused");
	strbuf_free(&object);
}

int
main(void)
{
	test_binding_reads_back();
	test_damage_is_contained();
	return tap_done();
}
