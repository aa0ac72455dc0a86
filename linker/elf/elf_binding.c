/* SPDX-License-Identifier: MIT */
/*
 * Writing one small ELF object by hand. The order in the file is: header,
 * note, the byte of data, symbols, symbol names, section names, section headers; each part is
 * aligned by 8.
 */
#include "linker/elf/elf_binding.h"

#include "kernel-iface/image_note.h"

#include <elf.h>
#include <string.h>

enum {
	SECTION_NULL,
	SECTION_NOTE,
	SECTION_FILL,
	SECTION_SYMTAB,
	SECTION_STRTAB,
	SECTION_SHSTRTAB,
	SECTION_COUNT
};

static const char section_names[] =
	"\0" IMAGE_NOTE_SECTION "\0" ELF_BINDING_FILL "\0.symtab\0.strtab\0.shstrtab";
static const Elf64_Half section_name_at[SECTION_COUNT] = { 0, 1, 12, 23, 31, 39 };

static void
align(struct strbuf *buf)
{
	while (buf->len % 8 != 0)
		strbuf_add_char(buf, '\0');
}

/* Append a part and describe it as a section. */
static void
add_section(struct strbuf *object, struct str contents, Elf64_Shdr *ret_header)
{
	align(object);
	ret_header->sh_offset = object->len;
	ret_header->sh_size = contents.len;
	ret_header->sh_addralign = 8;
	strbuf_add(object, contents.at, contents.len);
}

static void
add_symbol(struct strbuf *symbols, struct strbuf *names, const char *name, Elf64_Sym symbol)
{
	symbol.st_name = (Elf64_Word)names->len;
	strbuf_add(names, name, strlen(name) + 1);
	strbuf_add(symbols, &symbol, sizeof symbol);
}

static void
make_symbols(const struct elf_binding *bindings, size_t count, struct strbuf *symbols,
	struct strbuf *names)
{
	add_symbol(symbols, names, "", (Elf64_Sym){ 0 });
	add_symbol(symbols, names, IMAGE_NOTE_SYMBOL,
		(Elf64_Sym){ .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
			.st_shndx = SECTION_NOTE });
	for (size_t i = 0; i < count; i++)
		add_symbol(symbols, names, bindings[i].name,
			(Elf64_Sym){ .st_info = ELF64_ST_INFO(STB_GLOBAL,
					     bindings[i].is_function ? STT_FUNC : STT_OBJECT),
				.st_shndx = SHN_ABS,
				.st_value = bindings[i].address });
}

void
elf_binding_write(uint16_t machine, struct str note, const struct elf_binding *bindings,
	size_t binding_count, struct strbuf *ret_object)
{
	struct strbuf object = { 0 };
	struct strbuf symbols = { 0 };
	struct strbuf names = { 0 };
	Elf64_Shdr sections[SECTION_COUNT] = { 0 };
	Elf64_Ehdr header = { .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
				      ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_REL,
		.e_machine = machine,
		.e_version = EV_CURRENT,
		/* Such objects are not linked with others: they say how numbers are passed. */
		.e_flags = machine == EM_RISCV ? EF_RISCV_FLOAT_ABI_DOUBLE : 0,
		.e_ehsize = sizeof header,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = SECTION_COUNT,
		.e_shstrndx = SECTION_SHSTRTAB };

	make_symbols(bindings, binding_count, &symbols, &names);
	strbuf_add(&object, &header, sizeof header);
	sections[SECTION_NOTE] = (Elf64_Shdr){ .sh_type = SHT_NOTE, .sh_flags = SHF_ALLOC };
	add_section(&object, note, &sections[SECTION_NOTE]);
	sections[SECTION_FILL] =
		(Elf64_Shdr){ .sh_type = SHT_PROGBITS, .sh_flags = SHF_ALLOC | SHF_WRITE };
	add_section(&object, (struct str){ "", 1 }, &sections[SECTION_FILL]);
	sections[SECTION_FILL].sh_addralign = 1;
	sections[SECTION_SYMTAB] = (Elf64_Shdr){ .sh_type = SHT_SYMTAB,
		.sh_link = SECTION_STRTAB,
		.sh_info = 1, /* the first global symbol */
		.sh_entsize = sizeof(Elf64_Sym) };
	add_section(&object, strbuf_str(&symbols), &sections[SECTION_SYMTAB]);
	sections[SECTION_STRTAB].sh_type = SHT_STRTAB;
	add_section(&object, strbuf_str(&names), &sections[SECTION_STRTAB]);
	sections[SECTION_SHSTRTAB].sh_type = SHT_STRTAB;
	add_section(&object, (struct str){ section_names, sizeof section_names },
		&sections[SECTION_SHSTRTAB]);
	for (size_t i = 0; i < SECTION_COUNT; i++)
		sections[i].sh_name = section_name_at[i];
	align(&object);
	header.e_shoff = object.len;
	strbuf_add(&object, sections, sizeof sections);
	memcpy(object.at, &header, sizeof header);
	strbuf_free(&symbols);
	strbuf_free(&names);
	*ret_object = object;
}
