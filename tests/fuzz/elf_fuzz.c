/* SPDX-License-Identifier: MIT */
/*
 * An ELF file that was read can be walked to its end: every section, symbol and segment that the
 * reader hands out lies within the file, and every name ends.
 */
#include "linker/elf/elf_file.h"
#include "linker/elf/elf_symbol.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Read every byte: what lies outside the input is found by the sanitizer. */
static unsigned
touch(struct str contents)
{
	unsigned sum = 0;

	for (size_t i = 0; i < contents.len; i++)
		sum += (unsigned char)contents.at[i];
	return sum;
}

static void
check_within(struct str file, struct str part)
{
	if (part.len > 0 && (part.at < file.at || part.at + part.len > file.at + file.len))
		abort();
}

static bool
file_is_object(const struct elf_file *file)
{
	return file->type == ET_REL && file->section_count > 0;
}

/* What was an object is one afterwards. */
static void
try_weakening(struct arena *arena, struct str text)
{
	struct strbuf object AUTO(strbuf_free) = { 0 };
	struct elf_file file;

	strbuf_add(&object, text.at, text.len);
	if (elf_weaken(&object) >= 0 && elf_file_read(arena, strbuf_str(&object), &file) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	/* An exact copy, so that one byte behind it is one too many. */
	char *copy = malloc(length == 0 ? 1 : length);
	struct str text = { copy, length };
	struct elf_file file = { 0 };
	volatile unsigned sum = 0;

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, length);
	if (elf_file_read(arena, text, &file) >= 0) {
		for (size_t i = 0; i < file.section_count; i++) {
			check_within(text, file.sections[i].contents);
			sum += touch(file.sections[i].contents);
			sum += (unsigned)strlen(file.sections[i].name);
		}
		for (size_t i = 0; i < file.symbol_count; i++)
			sum += (unsigned)strlen(file.symbols[i].name);
		for (size_t i = 0; i < file.segment_count; i++)
			sum += (unsigned)file.segments[i].p_type;
		(void)elf_file_find_section(&file, ".text");
	}
	if (file_is_object(&file))
		try_weakening(arena, text);
	free(copy);
	return 0;
}
