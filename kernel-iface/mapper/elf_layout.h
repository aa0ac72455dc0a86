/* SPDX-License-Identifier: MIT */
/*
 * elf_layout: the parts of an ELF file that the mapper reads.
 *
 * Written out here so that the mapper compiles for every architecture without
 * any C library's headers.
 *
 * Source: System V gABI, "Object Files"; elf(5)
 */
#ifndef KERNEL_IFACE_MAPPER_ELF_LAYOUT_H
#define KERNEL_IFACE_MAPPER_ELF_LAYOUT_H

#include <stdint.h>

#define ELF_MAGIC UINT32_C(0x464c457f) /* "\177ELF", little endian */
#define ELF_CLASS_64 2
#define ELF_EXEC 2 /* ET_EXEC */

enum {
	SEGMENT_LOAD = 1,
	SEGMENT_NOTE = 4,
	SEGMENT_EXECUTE = 1 << 0,
	SEGMENT_WRITE = 1 << 1,
	SEGMENT_READ = 1 << 2,
	AUX_END = 0,
	AUX_PAGE_SIZE = 6,
};

struct elf_header {
	uint32_t magic;
	uint8_t class;
	uint8_t ident[11];
	uint16_t type;
	uint16_t machine;
	uint32_t version;
	uint64_t entry;
	uint64_t segments_offset;
	uint64_t sections_offset;
	uint32_t flags;
	uint16_t header_size;
	uint16_t segment_size;
	uint16_t segment_count;
	uint16_t section_size;
	uint16_t section_count;
	uint16_t names_index;
};

struct elf_segment {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t address;
	uint64_t physical;
	uint64_t file_size;
	uint64_t memory_size;
	uint64_t align;
};

_Static_assert(sizeof(struct elf_header) == 64, "as in the gABI");
_Static_assert(sizeof(struct elf_segment) == 56, "as in the gABI");

#endif
