/* SPDX-License-Identifier: MIT */
/*
 * elf_file: a bounds-checked view of one ELF64 little-endian file.
 *
 * Only what linking needs: segments, sections, symbols. Every offset and
 * length of the file is checked before it is used.
 */
#ifndef LINKER_ELF_ELF_FILE_H
#define LINKER_ELF_ELF_FILE_H

#include "base/str.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct elf_section {
	const char *name;
	uint32_t type; /* SHT_... */
	uint64_t flags; /* SHF_... */
	uint64_t address;
	uint64_t size; /* bytes */
	uint64_t align; /* bytes; 0 and 1 mean none */
	uint32_t info; /* of relocations: index of the section that they are for */
	struct str contents; /* empty for SHT_NOBITS */
};

struct elf_symbol {
	const char *name;
	uint64_t value; /* address, or offset in its section in a relocatable file */
	uint64_t size; /* bytes */
	uint16_t section; /* index, SHN_UNDEF or SHN_ABS */
	uint8_t binding; /* STB_... */
	uint8_t type; /* STT_... */
	uint8_t visibility; /* STV_... */
};

struct elf_file {
	struct str bytes; /* borrowed from the caller */
	uint16_t type; /* ET_... */
	uint16_t machine; /* EM_... */
	const Elf64_Phdr *segments;
	size_t segment_count;
	struct elf_section *sections;
	size_t section_count;
	struct elf_symbol *symbols; /* those of .symtab, without the null symbol */
	size_t symbol_count;
};

/*
 * Read an ELF file.
 *
 * Owner:  the arena, and `bytes`, which must stay
 * Errors: ERR_FORMAT
 * Source: System V ABI, chapters 4 and 5
 */
int elf_file_read(struct arena *arena, struct str bytes, struct elf_file *ret_file);

/* The section of a name; NULL when there is none. */
const struct elf_section *elf_file_find_section(const struct elf_file *file, const char *name);

#endif
