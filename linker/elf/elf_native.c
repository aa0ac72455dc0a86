/* SPDX-License-Identifier: MIT */
/* Sections, then relocations, then symbols; each rule is one line of a table or one question. */
#include "linker/elf/elf_native.h"

#include "base/err.h"
#include "kernel-iface/image_note.h"

#include <string.h>

static bool
is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* What a section does that it may not; NULL when nothing. */
static const char *
section_fault(const struct elf_section *section)
{
	uint64_t both = SHF_WRITE | SHF_EXECINSTR;

	if (strcmp(section->name, ".note.GNU-stack") == 0)
		return (section->flags & SHF_EXECINSTR) != 0 ? "asks for an executable stack"
							     : NULL;
	if ((section->flags & SHF_ALLOC) == 0)
		return NULL;
	if ((section->flags & both) == both)
		return "is writable and executable";
	if ((section->flags & SHF_TLS) != 0)
		return "has thread-local variables (they belong into the IR)";
	if (strcmp(section->name, IMAGE_NOTE_SECTION) == 0)
		return "is weld's own";
	switch (section->type) {
	case SHT_PROGBITS:
	case SHT_NOBITS:
	case SHT_NOTE:
	case SHT_X86_64_UNWIND:
		break;
	default:
		return "is of a kind that native objects do not have (constructors belong into "
		       "the IR)";
	}
	/* By name, too: that is what the static linker goes by. */
	if (str_has_prefix(section->name, ".init") || str_has_prefix(section->name, ".fini") ||
		str_has_prefix(section->name, ".ctors") ||
		str_has_prefix(section->name, ".dtors") ||
		str_has_prefix(section->name, ".preinit"))
		return "runs when a program starts or ends (that belongs into the IR)";
	return NULL;
}

static int
check_relocations(const struct elf_file *file, const struct elf_section *section)
{
	const struct elf_section *target;

	if (section->type == SHT_REL)
		return err_set(ERR_FORMAT, "section %s: has relocations without addends",
			section->name);
	if (section->type != SHT_RELA)
		return 0;
	if (section->info == 0 || section->info >= file->section_count ||
		section->contents.len % sizeof(Elf64_Rela) != 0)
		return err_set(ERR_FORMAT, "section %s: is not for a section of the object",
			section->name);
	target = &file->sections[section->info];
	for (size_t i = 0; i < section->contents.len / sizeof(Elf64_Rela); i++) {
		Elf64_Rela relocation;

		memcpy(&relocation, section->contents.at + i * sizeof relocation,
			sizeof relocation);
		if (relocation.r_offset >= target->contents.len ||
			ELF64_R_SYM(relocation.r_info) > file->symbol_count)
			return err_set(ERR_FORMAT,
				"section %s: relocation %zu leads outside the object",
				section->name, i);
	}
	return 0;
}

static int
check_symbol(const struct elf_file *file, const struct elf_symbol *symbol)
{
	static const char *const own[] = { "_start", "main", "__libc_start_main", "weld_start",
		IMAGE_NOTE_SYMBOL };
	bool is_defined = symbol->section != SHN_UNDEF;

	if (symbol->type == STT_GNU_IFUNC)
		return err_set(ERR_FORMAT,
			"symbol %s: is chosen when a program starts (IFUNC), which images "
			"cannot do (choose in C)",
			symbol->name);
	if (symbol->type == STT_TLS)
		return err_set(
			ERR_FORMAT, "symbol %s: is a thread-local variable", symbol->name);
	if (strchr(symbol->name, '@') != NULL)
		return err_set(ERR_FORMAT,
			"symbol %s: has a version, which weld does not know (assemble without "
			".symver)",
			symbol->name);
	if (is_defined && symbol->section < SHN_LORESERVE &&
		symbol->section >= file->section_count)
		return err_set(ERR_FORMAT, "symbol %s: stands in no section", symbol->name);
	if (is_defined && symbol->binding != STB_LOCAL &&
		is_one_of(symbol->name, own, sizeof own / sizeof own[0]))
		return err_set(ERR_FORMAT, "symbol %s: is not a native object's to define",
			symbol->name);
	return 0;
}

bool
elf_native_needs(const struct elf_symbol *symbol)
{
	return symbol->binding != STB_LOCAL && symbol->name[0] != '\0' &&
	       (symbol->section == SHN_UNDEF || symbol->section == SHN_COMMON);
}

int
elf_native_check(const struct elf_file *file, uint16_t machine)
{
	if (file->type != ET_REL)
		return err_set(ERR_FORMAT, "is not a relocatable object");
	if (file->machine != machine)
		return err_set(ERR_FORMAT, "is for another machine (ELF number %u, not %u)",
			file->machine, machine);
	for (size_t i = 0; i < file->section_count; i++) {
		const char *fault = section_fault(&file->sections[i]);

		if (fault != NULL)
			return err_set(
				ERR_FORMAT, "section %s: %s", file->sections[i].name, fault);
		TRY(check_relocations(file, &file->sections[i]));
	}
	for (size_t i = 0; i < file->symbol_count; i++)
		TRY(check_symbol(file, &file->symbols[i]));
	return 0;
}
