/* SPDX-License-Identifier: MIT */
/*
 * Where a section of the object stands in the image is known by the symbols in it. Sections that
 * the linker left out have no address: what refers to them gets 0, as from any linker.
 *
 * (I1) Code is equal but for the fields that relocations of the object fill in.
 */
#include "linker/debug/dwarf.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "linker/elf/elf_file.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define DEBUG_PREFIX ".debug_"

struct placing {
	struct arena *arena;
	struct elf_file image;
	struct elf_file object;
	struct map symbols; /* of the image, by name */
	struct map
		sized; /* the same, by name and size: functions of two units may share a name */
	bool *is_placed; /* by the object's section */
	uint64_t *address;
};

static int
fail_different(const char *name)
{
	return err_set(ERR_DIGEST,
		"%s: the code with debug information is not that of the image", name);
}

static bool
is_debug(const struct elf_section *section)
{
	return str_has_prefix(section->name, DEBUG_PREFIX) && section->type == SHT_PROGBITS;
}

static bool
is_named(const struct elf_symbol *symbol)
{
	return symbol->name[0] != '\0' &&
	       (symbol->type == STT_FUNC || symbol->type == STT_OBJECT ||
		       symbol->type == STT_TLS || symbol->type == STT_NOTYPE);
}

static const char *
sized_name(struct arena *arena, const struct elf_symbol *symbol)
{
	return arena_printf(arena, "%s %" PRIu64, symbol->name, symbol->size);
}

static void
gather_symbols(struct placing *placing)
{
	for (size_t i = 0; i < placing->image.symbol_count; i++) {
		const struct elf_symbol *symbol = &placing->image.symbols[i];

		if (!is_named(symbol) || symbol->section == SHN_UNDEF)
			continue;
		map_set(placing->arena, &placing->symbols, symbol->name, (void *)symbol);
		map_set(placing->arena, &placing->sized, sized_name(placing->arena, symbol),
			(void *)symbol);
	}
}

/* Errors: ERR_DIGEST (the image has a function of this name, and another size) */
static int
place_section(struct placing *placing, const struct elf_symbol *symbol)
{
	const struct elf_symbol *found =
		map_get(&placing->sized, sized_name(placing->arena, symbol));

	if (found != NULL && found->section != SHN_ABS && found->type == symbol->type) {
		placing->is_placed[symbol->section] = true;
		placing->address[symbol->section] = found->value - symbol->value;
		return 0;
	}
	found = map_get(&placing->symbols, symbol->name);
	if (symbol->type == STT_FUNC && found != NULL && found->section != SHN_ABS)
		return fail_different(symbol->name);
	return 0;
}

static int
place_sections(struct placing *placing)
{
	const struct elf_file *object = &placing->object;

	for (size_t i = 0; i < object->symbol_count; i++) {
		const struct elf_symbol *symbol = &object->symbols[i];

		if (!is_named(symbol) || symbol->section >= object->section_count ||
			symbol->section == SHN_UNDEF || placing->is_placed[symbol->section] ||
			(object->sections[symbol->section].flags & SHF_ALLOC) == 0)
			continue;
		TRY(place_section(placing, symbol));
	}
	return 0;
}

/* The image's bytes at an address; NULL when they are not all in one section. */
static const char *
bytes_at(const struct elf_file *image, uint64_t address, uint64_t length)
{
	for (size_t i = 0; i < image->section_count; i++) {
		const struct elf_section *section = &image->sections[i];

		if ((section->flags & SHF_ALLOC) != 0 && address >= section->address &&
			address - section->address <= section->contents.len &&
			length <= section->contents.len - (address - section->address))
			return section->contents.at + (address - section->address);
	}
	return NULL;
}

/* How many bytes a relocation of code fills in, at most. */
static uint64_t
field_size(uint16_t machine, uint32_t type)
{
	if (machine == EM_X86_64)
		return type == R_X86_64_64 ? 8 : 4;
	if (machine == EM_AARCH64)
		return type == R_AARCH64_ABS64 ? 8 : 4;
	return type == R_RISCV_64 || type == R_RISCV_CALL || type == R_RISCV_CALL_PLT ? 8 : 4;
}

/* Clear in `code` and `other` what relocations fill in. */
static void
mask_fields(
	const struct placing *placing, size_t number, char *code, char *other, uint64_t length)
{
	const struct elf_file *object = &placing->object;

	for (size_t i = 0; i < object->section_count; i++) {
		const struct elf_section *section = &object->sections[i];
		const Elf64_Rela *relocations = (const void *)section->contents.at;

		if (section->type != SHT_RELA || section->info != number)
			continue;
		for (size_t n = 0; n < section->contents.len / sizeof *relocations; n++) {
			uint64_t size = field_size(
				object->machine, (uint32_t)ELF64_R_TYPE(relocations[n].r_info));
			uint64_t offset = relocations[n].r_offset;

			if (offset > length || size > length - offset)
				continue;
			memset(code + offset, 0, size);
			memset(other + offset, 0, size);
		}
	}
}

static int
compare_code(const struct placing *placing)
{
	const struct elf_file *object = &placing->object;
	size_t equal = 0;

	for (size_t i = 0; i < object->section_count; i++) {
		const struct elf_section *section = &object->sections[i];
		uint64_t length = section->contents.len;
		const char *there;
		char *code, *other;

		if (!placing->is_placed[i] || (section->flags & SHF_EXECINSTR) == 0)
			continue;
		there = bytes_at(&placing->image, placing->address[i], length);
		if (there == NULL)
			return fail_different(section->name);
		code = arena_copy(placing->arena, section->contents.at, length);
		other = arena_copy(placing->arena, there, length);
		mask_fields(placing, i, code, other, length);
		if (memcmp(code, other, length) != 0)
			return fail_different(section->name);
		equal++;
	}
	return equal > 0 ? 0 : fail_different("all of it");
}

/* What a relocation of debug information stands for; false for what was left out. */
static bool
find_value(const struct placing *placing, const struct elf_symbol *symbol, uint64_t *ret_value)
{
	const struct elf_symbol *found;

	if (symbol->section == SHN_UNDEF || symbol->type == STT_TLS) {
		found = map_get(&placing->symbols, symbol->name);
		*ret_value = found == NULL ? 0 : found->value;
		return found != NULL;
	}
	*ret_value = symbol->value;
	if (symbol->section >= placing->object.section_count)
		return symbol->section == SHN_ABS;
	if ((placing->object.sections[symbol->section].flags & SHF_ALLOC) == 0)
		return true;
	*ret_value += placing->address[symbol->section];
	return placing->is_placed[symbol->section];
}

enum action { PUT, ADD, SUBTRACT };

static const struct relocation_row {
	uint16_t machine;
	uint32_t type;
	unsigned size; /* bytes */
	enum action action;
} rows[] = {
	{ EM_X86_64, R_X86_64_64, 8, PUT },
	{ EM_X86_64, R_X86_64_32, 4, PUT },
	{ EM_X86_64, R_X86_64_DTPOFF64, 8, PUT },
	{ EM_X86_64, R_X86_64_DTPOFF32, 4, PUT },
	{ EM_AARCH64, R_AARCH64_ABS64, 8, PUT },
	{ EM_AARCH64, R_AARCH64_ABS32, 4, PUT },
	{ EM_RISCV, R_RISCV_64, 8, PUT },
	{ EM_RISCV, R_RISCV_32, 4, PUT },
	{ EM_RISCV, R_RISCV_SET32, 4, PUT },
	{ EM_RISCV, R_RISCV_SET16, 2, PUT },
	{ EM_RISCV, R_RISCV_SET8, 1, PUT },
	{ EM_RISCV, R_RISCV_ADD64, 8, ADD },
	{ EM_RISCV, R_RISCV_ADD32, 4, ADD },
	{ EM_RISCV, R_RISCV_ADD16, 2, ADD },
	{ EM_RISCV, R_RISCV_ADD8, 1, ADD },
	{ EM_RISCV, R_RISCV_SUB64, 8, SUBTRACT },
	{ EM_RISCV, R_RISCV_SUB32, 4, SUBTRACT },
	{ EM_RISCV, R_RISCV_SUB16, 2, SUBTRACT },
	{ EM_RISCV, R_RISCV_SUB8, 1, SUBTRACT },
};

static int
apply(const struct placing *placing, const Elf64_Rela *relocation, char *bytes, uint64_t length)
{
	const struct elf_file *object = &placing->object;
	uint32_t type = (uint32_t)ELF64_R_TYPE(relocation->r_info);
	size_t symbol = ELF64_R_SYM(relocation->r_info);
	const struct relocation_row *row = rows, *end = rows + sizeof rows / sizeof rows[0];
	uint64_t value = 0, old = 0;

	while (row < end && (row->machine != object->machine || row->type != type))
		row++;
	if (row == end || symbol == 0 || symbol > object->symbol_count ||
		relocation->r_offset > length || row->size > length - relocation->r_offset)
		return err_set(ERR_FORMAT, "debug information has relocation %" PRIu32, type);
	if (find_value(placing, &object->symbols[symbol - 1], &value))
		value += (uint64_t)relocation->r_addend;
	else
		value = 0;
	memcpy(&old, bytes + relocation->r_offset, row->size);
	if (row->action == ADD)
		value = old + value;
	else if (row->action == SUBTRACT)
		value = old - value;
	memcpy(bytes + relocation->r_offset, &value, row->size);
	return 0;
}

static int
relocate(const struct placing *placing, size_t number, char *bytes, uint64_t length)
{
	const struct elf_file *object = &placing->object;

	for (size_t i = 0; i < object->section_count; i++) {
		const struct elf_section *section = &object->sections[i];
		const Elf64_Rela *relocations = (const void *)section->contents.at;

		if (section->type != SHT_RELA || section->info != number)
			continue;
		for (size_t n = 0; n < section->contents.len / sizeof *relocations; n++)
			TRY(apply(placing, &relocations[n], bytes, length));
	}
	return 0;
}

static void
align(struct strbuf *copy)
{
	while (copy->len % 8 != 0)
		strbuf_add_char(copy, '\0');
}

/* Append the contents of a section; the header says where. */
static void
append(struct strbuf *copy, const void *bytes, size_t length, Elf64_Shdr *header)
{
	align(copy);
	header->sh_offset = copy->len;
	header->sh_size = length;
	strbuf_add(copy, bytes, length);
}

/* Copy the section headers, with room for more, and the names of sections. */
static Elf64_Shdr *
copy_headers(const struct placing *placing, struct str image, struct strbuf *names)
{
	const Elf64_Ehdr *header = (const void *)image.at;
	size_t most = (size_t)header->e_shnum + placing->object.section_count;
	Elf64_Shdr *headers = arena_array(placing->arena, most, sizeof *headers);
	struct str old = placing->image.sections[header->e_shstrndx].contents;

	memcpy(headers, image.at + header->e_shoff, header->e_shnum * sizeof *headers);
	strbuf_add(names, old.at, old.len);
	return headers;
}

static int
append_sections(const struct placing *placing, struct str image, struct strbuf *copy)
{
	Elf64_Ehdr header = *(const Elf64_Ehdr *)(const void *)image.at;
	struct strbuf names AUTO(strbuf_free) = { 0 };
	Elf64_Shdr *headers = copy_headers(placing, image, &names);
	const struct elf_file *object = &placing->object;

	strbuf_add(copy, image.at, image.len);
	for (size_t i = 0; i < object->section_count; i++) {
		const struct elf_section *section = &object->sections[i];
		Elf64_Shdr *fresh = &headers[header.e_shnum];
		char *bytes;

		if (!is_debug(section))
			continue;
		bytes = arena_copy(placing->arena, section->contents.at, section->contents.len);
		TRY(relocate(placing, i, bytes, section->contents.len));
		*fresh = (Elf64_Shdr){ .sh_name = (Elf64_Word)names.len,
			.sh_type = SHT_PROGBITS,
			.sh_addralign = 1 };
		append(copy, bytes, section->contents.len, fresh);
		strbuf_add(&names, section->name, strlen(section->name) + 1);
		header.e_shnum++;
	}
	append(copy, names.at, names.len, &headers[header.e_shstrndx]);
	align(copy);
	header.e_shoff = copy->len;
	strbuf_add(copy, headers, header.e_shnum * sizeof *headers);
	memcpy(copy->at, &header, sizeof header);
	return 0;
}

int
dwarf_append(struct arena *arena, struct str image, struct str object, struct strbuf *ret_copy)
{
	struct placing placing = { .arena = arena };
	struct strbuf copy = { 0 };
	int ret;

	TRY(elf_file_read(arena, image, &placing.image));
	TRY(elf_file_read(arena, object, &placing.object));
	placing.is_placed =
		arena_array(arena, placing.object.section_count + 1, sizeof *placing.is_placed);
	placing.address =
		arena_array(arena, placing.object.section_count + 1, sizeof *placing.address);
	gather_symbols(&placing);
	TRY(place_sections(&placing));
	TRY(compare_code(&placing));
	/* (I1) holds from here on. */
	ret = append_sections(&placing, image, &copy);
	if (ret < 0) {
		strbuf_free(&copy);
		return ret;
	}
	*ret_copy = copy;
	return 0;
}
