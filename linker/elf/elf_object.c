/* SPDX-License-Identifier: MIT */
/* Each part begins at a multiple of 8; the names of sections are the last section. */
#include "linker/elf/elf_object.h"

#include <assert.h>
#include <string.h>

static void
align(struct strbuf *buf)
{
	while (buf->len % 8 != 0)
		strbuf_add_char(buf, '\0');
}

static void
add_name(struct elf_object *object, const char *name, Elf64_Shdr *header)
{
	if (object->names.len == 0)
		strbuf_add_char(&object->names, '\0');
	header->sh_name = (Elf64_Word)object->names.len;
	strbuf_add(&object->names, name, strlen(name) + 1);
}

static void
place(struct elf_object *object, Elf64_Shdr header, struct str contents)
{
	align(&object->contents);
	header.sh_offset = sizeof(Elf64_Ehdr) + object->contents.len;
	if (header.sh_type != SHT_NOBITS)
		header.sh_size = contents.len;
	if (header.sh_addralign == 0)
		header.sh_addralign = 8;
	strbuf_add(&object->contents, contents.at, contents.len);
	object->sections[++object->count] = header;
}

void
elf_object_add(
	struct elf_object *object, const char *name, Elf64_Shdr header, struct str contents)
{
	assert(object->count < ELF_OBJECT_SECTIONS_MAX);
	add_name(object, name, &header);
	place(object, header, contents);
}

static Elf64_Ehdr
make_header(uint16_t machine, size_t section_count, uint64_t sections_at)
{
	return (Elf64_Ehdr){
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			EV_CURRENT },
		.e_type = ET_REL,
		.e_machine = machine,
		.e_version = EV_CURRENT,
		.e_shoff = sections_at,
		/* Objects that pass numbers in other registers are not linked together. */
		.e_flags = machine == EM_RISCV ? EF_RISCV_FLOAT_ABI_DOUBLE : 0,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = (Elf64_Half)section_count,
		.e_shstrndx = (Elf64_Half)(section_count - 1),
	};
}

void
elf_object_finish(struct elf_object *object, uint16_t machine, struct strbuf *ret_file)
{
	struct strbuf file = { 0 };
	Elf64_Shdr names = { .sh_type = SHT_STRTAB, .sh_addralign = 1 };
	Elf64_Ehdr header;

	add_name(object, ".shstrtab", &names);
	place(object, names, strbuf_str(&object->names));
	align(&object->contents);
	header = make_header(machine, object->count + 1, sizeof header + object->contents.len);
	strbuf_add(&file, &header, sizeof header);
	strbuf_add(&file, object->contents.at, object->contents.len);
	strbuf_add(&file, object->sections, (object->count + 1) * sizeof object->sections[0]);
	strbuf_free(&object->contents);
	strbuf_free(&object->names);
	*object = (struct elf_object){ 0 };
	*ret_file = file;
}
