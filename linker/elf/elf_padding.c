/* SPDX-License-Identifier: MIT */
/* Header, zeros, section names, section headers. */
#include "linker/elf/elf_padding.h"

#include <elf.h>
#include <string.h>

#ifndef SHF_GNU_RETAIN
#define SHF_GNU_RETAIN (1 << 21)
#endif

enum { SECTION_NULL, SECTION_PADDING, SECTION_SHSTRTAB, SECTION_COUNT };

static const char section_names[] = "\0.tdata\0.tbss\0.shstrtab";
#define NAME_TDATA 1 /* offsets in it */
#define NAME_TBSS 8
#define NAME_SHSTRTAB 14

static void
fill(struct strbuf *object, uint64_t size)
{
	for (uint64_t i = 0; i < size; i++)
		strbuf_add_char(object, '\0');
}

void
elf_padding_write(
	uint16_t machine, const struct elf_padding *padding, struct strbuf *ret_object)
{
	struct strbuf object = { 0 };
	Elf64_Shdr sections[SECTION_COUNT] = { 0 };
	Elf64_Ehdr header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				      ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_REL,
		.e_machine = machine,
		.e_version = EV_CURRENT,
		.e_flags = machine == EM_RISCV ? EF_RISCV_FLOAT_ABI_DOUBLE : 0,
		.e_ehsize = sizeof header,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = SECTION_COUNT,
		.e_shstrndx = SECTION_SHSTRTAB };

	strbuf_add(&object, &header, sizeof header);
	sections[SECTION_PADDING] =
		(Elf64_Shdr){ .sh_name = padding->is_first ? NAME_TDATA : NAME_TBSS,
			.sh_type = padding->is_first ? SHT_PROGBITS : SHT_NOBITS,
			.sh_flags = SHF_ALLOC | SHF_WRITE | SHF_TLS | SHF_GNU_RETAIN,
			.sh_offset = object.len,
			.sh_size = padding->size,
			.sh_addralign = padding->align };
	if (padding->is_first)
		fill(&object, padding->size);
	sections[SECTION_SHSTRTAB] = (Elf64_Shdr){ .sh_name = NAME_SHSTRTAB,
		.sh_type = SHT_STRTAB,
		.sh_offset = object.len,
		.sh_size = sizeof section_names,
		.sh_addralign = 1 };
	strbuf_add(&object, section_names, sizeof section_names);
	fill(&object, -object.len % 8);
	header.e_shoff = object.len;
	strbuf_add(&object, sections, sizeof sections);
	memcpy(object.at, &header, sizeof header);
	*ret_object = object;
}
