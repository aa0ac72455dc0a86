/* SPDX-License-Identifier: MIT */
/* A list of names, and one pass over a symbol table. */
#include "linker/elf/elf_symbol.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
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

/* Whether an entry of a symbol table is a definition that other objects see. */
static bool
is_global(const Elf64_Sym *symbol)
{
	return ELF64_ST_BIND(symbol->st_info) != STB_LOCAL && symbol->st_shndx != SHN_UNDEF;
}

static void
weaken(Elf64_Sym *symbol)
{
	if (is_global(symbol) && ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL)
		symbol->st_info = ELF64_ST_INFO(STB_WEAK, ELF64_ST_TYPE(symbol->st_info));
}

/* Change the symbols of an object; those in `visible`, when that is given, stay as they are. */
static int
change(struct strbuf *object, const struct map *visible, void (*change_symbol)(Elf64_Sym *))
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct elf_file file;
	size_t table = 0;

	TRY(elf_file_read(arena, strbuf_str(object), &file));
	while (table < file.section_count && file.sections[table].type != SHT_SYMTAB)
		table++;
	for (size_t i = 0; i < file.symbol_count; i++) {
		/* The first entry, which is no symbol, is not among the file's. */
		char *entry = object->at + (file.sections[table].contents.at - object->at) +
			      (i + 1) * sizeof(Elf64_Sym);
		Elf64_Sym symbol;

		if (visible != NULL && map_has(visible, file.symbols[i].name))
			continue;
		memcpy(&symbol, entry, sizeof symbol);
		change_symbol(&symbol);
		memcpy(entry, &symbol, sizeof symbol);
	}
	return 0;
}

int
elf_weaken(struct strbuf *object)
{
	return change(object, NULL, weaken);
}

static void
hide(Elf64_Sym *symbol)
{
	if (is_global(symbol) && ELF64_ST_VISIBILITY(symbol->st_other) == STV_DEFAULT)
		symbol->st_other |= STV_HIDDEN;
}

int
elf_hide(struct strbuf *object, const struct map *visible)
{
	return change(object, visible, hide);
}
