/* SPDX-License-Identifier: MIT */
/* Symbols come in the order of the bindings, behind that of the note. */
#include "linker/elf/elf_binding.h"

#include "base/err.h"
#include "kernel-iface/image_note.h"
#include "linker/elf/elf_object.h"

#include <elf.h>
#include <string.h>

enum { SECTION_NULL, SECTION_NOTE, SECTION_FILL, SECTION_SYMTAB, SECTION_STRTAB };

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
	struct elf_object object = { 0 };
	struct strbuf symbols AUTO(strbuf_free) = { 0 };
	struct strbuf names AUTO(strbuf_free) = { 0 };

	make_symbols(bindings, binding_count, &symbols, &names);
	elf_object_add(&object, IMAGE_NOTE_SECTION,
		(Elf64_Shdr){ .sh_type = SHT_NOTE, .sh_flags = SHF_ALLOC }, note);
	elf_object_add(&object, ELF_BINDING_FILL,
		(Elf64_Shdr){ .sh_type = SHT_PROGBITS,
			.sh_flags = SHF_ALLOC | SHF_WRITE,
			.sh_addralign = 1 },
		(struct str){ "", 1 });
	elf_object_add(&object, ".symtab",
		(Elf64_Shdr){ .sh_type = SHT_SYMTAB,
			.sh_link = SECTION_STRTAB,
			.sh_info = 1, /* the first global symbol */
			.sh_entsize = sizeof(Elf64_Sym) },
		strbuf_str(&symbols));
	elf_object_add(
		&object, ".strtab", (Elf64_Shdr){ .sh_type = SHT_STRTAB }, strbuf_str(&names));
	elf_object_finish(&object, machine, ret_object);
}
