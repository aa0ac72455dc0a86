/* SPDX-License-Identifier: MIT */
/*
 * On x86-64 a piece of .init is `call FUNCTION`, as OpenSSL's assembly has it: one byte, and four
 * that a relocation fills in. The section stays in the object, marked so that linking leaves it out.
 */
#include "linker/driver/start_up.h"

#include "base/arena.h"
#include "base/err.h"
#include "linker/elf/elf_file.h"
#include "linker/llvm/neutral.h"

#include <elf.h>
#include <string.h>

#define CALL_SIZE 5 /* bytes */
#define CALL_BYTE 0xe8

/* The section with the relocations of another one; NULL when there is none. */
static const struct elf_section *
relocations_of(const struct elf_file *file, const struct elf_section *section)
{
	for (size_t i = 0; i < file->section_count; i++)
		if (file->sections[i].type == SHT_RELA &&
			file->sections[i].info == (uint32_t)(section - file->sections))
			return &file->sections[i];
	return NULL;
}

/* The function that one call is for; NULL when there is something else. */
static const char *
called(const struct elf_file *file, struct str code, size_t at, struct str relocations)
{
	Elf64_Rela relocation;
	size_t symbol;

	if ((unsigned char)code.at[at] != CALL_BYTE)
		return NULL;
	for (size_t i = 0; i + sizeof relocation <= relocations.len; i += sizeof relocation) {
		memcpy(&relocation, relocations.at + i, sizeof relocation);
		symbol = ELF64_R_SYM(relocation.r_info);
		if (relocation.r_offset == at + 1 && relocation.r_addend == -4 && symbol > 0 &&
			symbol <= file->symbol_count &&
			(ELF64_R_TYPE(relocation.r_info) == R_X86_64_PLT32 ||
				ELF64_R_TYPE(relocation.r_info) == R_X86_64_PC32))
			return file->symbols[symbol - 1].name;
	}
	return NULL;
}

/* Mark a section so that no linked file has it. */
static struct str
leave_out(struct arena *arena, const struct elf_file *file, const struct elf_section *section)
{
	char *copy = arena_copy(arena, file->bytes.at, file->bytes.len);
	Elf64_Ehdr header;
	Elf64_Shdr *headers;

	memcpy(&header, copy, sizeof header);
	headers = (Elf64_Shdr *)(void *)(copy + header.e_shoff);
	headers[section - file->sections].sh_flags = SHF_EXCLUDE;
	return (struct str){ copy, file->bytes.len };
}

int
start_up_translate(struct arena *arena, struct native_code *native, struct neutral *module)
{
	const struct elf_section *init, *relocations;
	struct elf_file file;
	size_t size;

	if (native->object.len == 0 || native->arch != ARCH_X86_64)
		return 0;
	TRY(err_context(elf_file_read(arena, native->object, &file), "%s", native->name));
	init = elf_file_find_section(&file, ".init");
	relocations = init == NULL ? NULL : relocations_of(&file, init);
	if (relocations == NULL || init->contents.len % CALL_SIZE != 0)
		return 0;
	size = init->contents.len;
	for (size_t at = 0; at < size; at += CALL_SIZE)
		if (called(&file, init->contents, at, relocations->contents) == NULL)
			return 0;
	/* Each goes to the front: the first one last. */
	for (size_t at = size; at > 0; at -= CALL_SIZE)
		TRY(neutral_add_constructor(module,
			called(&file, init->contents, at - CALL_SIZE, relocations->contents)));
	native->object = leave_out(arena, &file, init);
	return 0;
}
