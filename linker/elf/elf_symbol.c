/* SPDX-License-Identifier: MIT */
/* A list of names, and one pass over a symbol table. */
#include "linker/elf/elf_symbol.h"

#include "base/arena.h"
#include "base/err.h"
#include "linker/elf/elf_file.h"

#include <string.h>

bool
elf_linker_defines(const char *name)
{
	static const char *const names[] = { "_end", "end", "_etext", "etext", "_edata",
		"edata", "__bss_start", "__ehdr_start", "__executable_start", "_DYNAMIC",
		"_GLOBAL_OFFSET_TABLE_", "__dso_handle", "_start", "_init", "_fini" };
	static const char *const prefixes[] = { "__start_", "__stop_", "__init_array_",
		"__fini_array_", "__preinit_array_", "__weld_" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
		if (str_has_prefix(name, prefixes[i]))
			return true;
	return false;
}

static void
weaken_table(char *at, uint64_t size)
{
	for (uint64_t i = 0; i + sizeof(Elf64_Sym) <= size; i += sizeof(Elf64_Sym)) {
		Elf64_Sym symbol;

		memcpy(&symbol, at + i, sizeof symbol);
		if (ELF64_ST_BIND(symbol.st_info) != STB_GLOBAL || symbol.st_shndx == SHN_UNDEF)
			continue;
		symbol.st_info = ELF64_ST_INFO(STB_WEAK, ELF64_ST_TYPE(symbol.st_info));
		memcpy(at + i, &symbol, sizeof symbol);
	}
}

int
elf_weaken(struct strbuf *object)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct elf_file file;

	TRY(elf_file_read(arena, strbuf_str(object), &file));
	for (size_t i = 0; i < file.section_count; i++) {
		const struct elf_section *section = &file.sections[i];

		if (section->type == SHT_SYMTAB)
			weaken_table(object->at + (section->contents.at - object->at),
				section->contents.len);
	}
	return 0;
}
