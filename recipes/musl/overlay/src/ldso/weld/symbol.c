/* SPDX-License-Identifier: MIT */
/*
 * Symbols by name and by address, from the symbol table in an image's file: nothing of it is
 * in memory before the first question. What images bind to each other stands in it
 * as absolute symbols: those are not its own.
 */
#include <elf.h>
#include <string.h>
#include "image.h"

#define ENTRY_PREFIX "__weld_entry." /* a function that outgrew its room left a jump there */

static const Elf64_Shdr *section_at(const struct file *file, const Elf64_Ehdr *header, size_t i)
{
	return (const Elf64_Shdr *)(file->at + header->e_shoff) + i;
}

static int is_inside(const struct file *file, const Elf64_Shdr *section)
{
	return section->sh_offset <= file->size && section->sh_size <= file->size - section->sh_offset;
}

/* Find .symtab; an image without one has no symbols. */
static void read_table(struct image *image)
{
	const struct file *file = &image->file;
	const Elf64_Ehdr *header = (const void *)file->at;

	if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shoff % 8
	    || header->e_shoff > file->size
	    || header->e_shnum * sizeof(Elf64_Shdr) > file->size - header->e_shoff)
		return;
	for (size_t i = 0; i < header->e_shnum; i++) {
		const Elf64_Shdr *table = section_at(file, header, i), *names;
		if (table->sh_type != SHT_SYMTAB || table->sh_link >= header->e_shnum
		    || table->sh_offset % 8 || !is_inside(file, table))
			continue;
		names = section_at(file, header, table->sh_link);
		if (!is_inside(file, names) || !names->sh_size
		    || file->at[names->sh_offset + names->sh_size - 1])
			continue;
		image->symbols = (const void *)(file->at + table->sh_offset);
		image->symbol_count = table->sh_size / sizeof *image->symbols;
		image->names = (const char *)file->at + names->sh_offset;
		image->names_size = names->sh_size;
		return;
	}
}

static int is_same_image(struct image *image)
{
	struct image other = { 0 };

	return !__weld_check_file(image->file, &other) && image->note
		&& other.note->kind == image->note->kind
		&& !memcmp(other.note->layout_id, image->note->layout_id,
			sizeof other.note->layout_id);
}

/* Read the table of symbols when it was not read before. A file that was replaced does not count. */
static void need_symbols(struct image *image)
{
	const char *path = image->map.l_name;
	const struct image *program = __weld_program();

	if (image->symbols) return;
	if (!image->file.at) {
		if (image == program) path = "/proc/self/exe";
		if (__weld_map_file(path, &image->file) < 0)
			for (uint32_t i = 0; i < image_slots(program); i++)
				if (program->needs[i] == image)
					__weld_map_file(image_note_string(program->note,
						program->note->slots[i].exact_path), &image->file);
		if (!image->file.at) return;
		if (!is_same_image(image)) {
			__weld_unmap_file(&image->file);
			return;
		}
	}
	read_table(image);
}

static const char *name_of(const struct image *image, const Elf64_Sym *symbol)
{
	return symbol->st_name < image->names_size ? image->names + symbol->st_name : "";
}

static int is_own(const Elf64_Sym *symbol)
{
	unsigned type = symbol->st_info & 15;
	return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS
		&& (type == STT_FUNC || type == STT_OBJECT || type == STT_NOTYPE);
}

static int is_export(const Elf64_Sym *symbol)
{
	return is_own(symbol) && symbol->st_info >> 4 != STB_LOCAL
		&& (symbol->st_other & 3) != STV_HIDDEN && (symbol->st_other & 3) != STV_INTERNAL;
}

void *__weld_find_symbol(struct image *image, const char *name)
{
	size_t prefix = sizeof ENTRY_PREFIX - 1;
	void *found = 0;

	/* A program that loads no plug-ins keeps nothing for others. */
	if (image_kind(image) == IMAGE_PROGRAM && !__weld_program_loads()) return 0;
	need_symbols(image);
	for (size_t i = 0; i < image->symbol_count; i++) {
		const Elf64_Sym *symbol = &image->symbols[i];
		const char *own;
		if (!is_export(symbol)) continue;
		own = name_of(image, symbol);
		if (!strcmp(own, name))
			found = (void *)(uintptr_t)symbol->st_value;
		/* Others are bound to the jump: pointers to it must compare equal. */
		else if (own[0] == '_' && !strncmp(own, ENTRY_PREFIX, prefix)
			 && !strcmp(own + prefix, name))
			return (void *)(uintptr_t)symbol->st_value;
	}
	return found;
}

void *__weld_find_hidden(const char *name)
{
	struct image *program = __weld_program();

	need_symbols(program);
	for (size_t i = 0; i < program->symbol_count; i++)
		if (is_own(&program->symbols[i]) && !strcmp(name_of(program, &program->symbols[i]), name))
			return (void *)(uintptr_t)program->symbols[i].st_value;
	return 0;
}

const Elf64_Sym *__weld_find_nearest(struct image *image, uintptr_t address)
{
	const Elf64_Sym *best = 0;

	need_symbols(image);
	for (size_t i = 0; i < image->symbol_count; i++) {
		const Elf64_Sym *symbol = &image->symbols[i];
		if (!is_own(symbol) || !*name_of(image, symbol) || symbol->st_value > address
		    || (symbol->st_size && address - symbol->st_value >= symbol->st_size))
			continue;
		/* Of two names of one place the one that others see. */
		if (!best || symbol->st_value > best->st_value
		    || (symbol->st_value == best->st_value && symbol->st_info >> 4 != STB_LOCAL))
			best = symbol;
	}
	return best;
}
