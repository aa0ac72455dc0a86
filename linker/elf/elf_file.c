/* SPDX-License-Identifier: MIT */
/*
 * Reading ELF64. The tables are reached through table_at(), which alone turns
 * an offset from the file into a pointer, and names through name_at(), which
 * checks that the string ends inside its table.
 */
#include "linker/elf/elf_file.h"

#include "base/arena.h"
#include "base/err.h"

#include <string.h>

/* `count` records of `size` bytes at `offset`, NULL when they do not lie in the file, aligned by 8. */
static const void *
table_at(struct str bytes, uint64_t offset, uint64_t count, uint64_t size)
{
	uint64_t length;
	uint64_t end;

	if (__builtin_mul_overflow(count, size, &length) ||
		__builtin_add_overflow(offset, length, &end) || end > bytes.len ||
		offset % 8 != 0)
		return NULL;
	return bytes.at + offset;
}

static const char *
name_at(struct str names, uint32_t offset)
{
	if (offset >= names.len || memchr(names.at + offset, '\0', names.len - offset) == NULL)
		return NULL;
	return names.at + offset;
}

static int
read_header(struct str bytes, const Elf64_Ehdr **ret_header)
{
	const Elf64_Ehdr *header = (const void *)bytes.at;

	if (bytes.len < sizeof *header || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return err_set(ERR_FORMAT, "not an ELF file");
	if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(ERR_FORMAT, "not a 64-bit little-endian ELF file");
	if ((header->e_phnum != 0 && header->e_phentsize != sizeof(Elf64_Phdr)) ||
		(header->e_shnum != 0 && header->e_shentsize != sizeof(Elf64_Shdr)))
		return err_set(ERR_FORMAT, "ELF header has wrong entry sizes");
	*ret_header = header;
	return 0;
}

static int
read_section(struct str bytes, const Elf64_Shdr *header, struct str names,
	struct elf_section *ret_section)
{
	const char *name = name_at(names, header->sh_name);

	if (name == NULL)
		return err_set(ERR_FORMAT, "ELF section without a name");
	*ret_section = (struct elf_section){
		.name = name,
		.type = header->sh_type,
		.flags = header->sh_flags,
		.address = header->sh_addr,
		.size = header->sh_size,
		.align = header->sh_addralign,
		.info = header->sh_info,
	};
	if (header->sh_type == SHT_NOBITS || header->sh_type == SHT_NULL)
		return 0;
	if (header->sh_offset > bytes.len || header->sh_size > bytes.len - header->sh_offset)
		return err_set(ERR_FORMAT, "ELF section %s: outside the file", name);
	ret_section->contents = (struct str){ bytes.at + header->sh_offset, header->sh_size };
	return 0;
}

static int
read_sections(struct arena *arena, const Elf64_Ehdr *header, struct elf_file *file,
	const Elf64_Shdr **ret_headers)
{
	const Elf64_Shdr *headers =
		table_at(file->bytes, header->e_shoff, header->e_shnum, sizeof *headers);
	struct elf_section name_section = { 0 };
	struct str just_nul = { "", 1 };

	if (headers == NULL || (header->e_shnum > 0 && header->e_shstrndx >= header->e_shnum))
		return err_set(ERR_FORMAT, "ELF section headers outside the file");
	file->sections = arena_array(arena, header->e_shnum, sizeof *file->sections);
	file->section_count = header->e_shnum;
	*ret_headers = headers;
	if (header->e_shnum == 0)
		return 0;
	/* The name of the name table itself is read once it is there. */
	Elf64_Shdr nameless = headers[header->e_shstrndx];
	nameless.sh_name = 0;
	TRY(read_section(file->bytes, &nameless, just_nul, &name_section));
	for (size_t i = 0; i < header->e_shnum; i++)
		TRY(read_section(
			file->bytes, &headers[i], name_section.contents, &file->sections[i]));
	return 0;
}

static int
read_symbol(const Elf64_Sym *symbol, struct str names, struct elf_symbol *ret_symbol)
{
	const char *name = name_at(names, symbol->st_name);

	if (name == NULL)
		return err_set(ERR_FORMAT, "ELF symbol without a name");
	*ret_symbol = (struct elf_symbol){
		.name = name,
		.value = symbol->st_value,
		.size = symbol->st_size,
		.section = symbol->st_shndx,
		.binding = ELF64_ST_BIND(symbol->st_info),
		.type = ELF64_ST_TYPE(symbol->st_info),
		.visibility = ELF64_ST_VISIBILITY(symbol->st_other),
	};
	return 0;
}

static int
read_symbols(struct arena *arena, struct elf_file *file, const Elf64_Shdr *headers)
{
	for (size_t i = 0; i < file->section_count; i++) {
		struct str contents = file->sections[i].contents;
		const Elf64_Sym *symbols;
		size_t count = contents.len / sizeof *symbols;
		uint32_t names = headers[i].sh_link;

		if (headers[i].sh_type != SHT_SYMTAB)
			continue;
		symbols = table_at(file->bytes, headers[i].sh_offset, count, sizeof *symbols);
		if (symbols == NULL || names >= file->section_count)
			return err_set(ERR_FORMAT, "ELF symbol table outside the file");
		if (count == 0)
			return 0;
		file->symbols = arena_array(arena, count, sizeof *file->symbols);
		for (size_t n = 1; n < count; n++)
			TRY(read_symbol(&symbols[n], file->sections[names].contents,
				&file->symbols[file->symbol_count++]));
		return 0;
	}
	return 0;
}

int
elf_file_read(struct arena *arena, struct str bytes, struct elf_file *ret_file)
{
	struct elf_file file = { .bytes = bytes };
	const Elf64_Ehdr *header = NULL;
	const Elf64_Shdr *headers = NULL;

	TRY(read_header(bytes, &header));
	file.type = header->e_type;
	file.machine = header->e_machine;
	file.segments =
		table_at(bytes, header->e_phoff, header->e_phnum, sizeof *file.segments);
	file.segment_count = header->e_phnum;
	if (file.segments == NULL)
		return err_set(ERR_FORMAT, "ELF program headers outside the file");
	TRY(read_sections(arena, header, &file, &headers));
	TRY(read_symbols(arena, &file, headers));
	*ret_file = file;
	return 0;
}

const struct elf_section *
elf_file_find_section(const struct elf_file *file, const char *name)
{
	for (size_t i = 0; i < file->section_count; i++)
		if (strcmp(file->sections[i].name, name) == 0)
			return &file->sections[i];
	return NULL;
}
