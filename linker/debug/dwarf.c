/* SPDX-License-Identifier: MIT */
/*
 * Where a section of an object stands in the image is known by the symbols in it. Sections that
 * the linker left out have no address: what refers to them gets 0, as from any linker. Debug sections
 * of one name are put behind each other, and what refers to one counts from there.
 *
 * (I1) Code is equal but for the fields that relocations of the objects fill in.
 */
#include "linker/debug/dwarf.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "linker/elf/elf_file.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define DEBUG_PREFIX ".debug_"

struct object {
	struct elf_file file;
	bool *is_placed; /* by section */
	uint64_t *address; /* of those that are placed */
	uint64_t *offset; /* of debug sections, among those of the name */
};

struct joined { /* debug sections of one name */
	const char *name;
	uint64_t size; /* bytes */
	char *bytes;
};

struct placing {
	struct arena *arena;
	struct elf_file image;
	struct object *objects;
	size_t object_count;
	VEC(struct joined) joined;
	struct map symbols; /* of the image, by name */
	struct map
		sized; /* the same, by name and size: functions of two units may share a name */
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
place_section(struct placing *placing, struct object *object, const struct elf_symbol *symbol)
{
	const struct elf_symbol *found =
		map_get(&placing->sized, sized_name(placing->arena, symbol));

	if (found != NULL && found->section != SHN_ABS && found->type == symbol->type) {
		object->is_placed[symbol->section] = true;
		object->address[symbol->section] = found->value - symbol->value;
		return 0;
	}
	found = map_get(&placing->symbols, symbol->name);
	if (symbol->type == STT_FUNC && found != NULL && found->section != SHN_ABS)
		return fail_different(symbol->name);
	return 0;
}

static int
place_sections(struct placing *placing, struct object *object)
{
	const struct elf_file *file = &object->file;

	for (size_t i = 0; i < file->symbol_count; i++) {
		const struct elf_symbol *symbol = &file->symbols[i];

		if (!is_named(symbol) || symbol->section >= file->section_count ||
			symbol->section == SHN_UNDEF || object->is_placed[symbol->section] ||
			(file->sections[symbol->section].flags & SHF_ALLOC) == 0)
			continue;
		TRY(place_section(placing, object, symbol));
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
	const struct elf_file *object, size_t number, char *code, char *other, uint64_t length)
{
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

/* Compare what is placed of an object; how many sections of code that is. */
static int
compare_code(const struct placing *placing, const struct object *object, size_t *ret_count)
{
	const struct elf_file *file = &object->file;

	for (size_t i = 0; i < file->section_count; i++) {
		const struct elf_section *section = &file->sections[i];
		uint64_t length = section->contents.len;
		const char *there;
		char *code, *other;

		if (!object->is_placed[i] || (section->flags & SHF_EXECINSTR) == 0)
			continue;
		there = bytes_at(&placing->image, object->address[i], length);
		if (there == NULL)
			return fail_different(section->name);
		code = arena_copy(placing->arena, section->contents.at, length);
		other = arena_copy(placing->arena, there, length);
		mask_fields(file, i, code, other, length);
		if (memcmp(code, other, length) != 0)
			return fail_different(section->name);
		(*ret_count)++;
	}
	return 0;
}

static struct joined *
find_joined(struct placing *placing, const char *name)
{
	VEC_EACH (struct joined, joined, &placing->joined)
		if (strcmp(joined->name, name) == 0)
			return joined;
	vec_push(placing->arena, &placing->joined, (struct joined){ .name = name });
	return &placing->joined.at[placing->joined.len - 1];
}

/* Say where each debug section stands among those of its name: without gaps, as readers go on from one to the next. */
static void
join_sections(struct placing *placing, struct object *object)
{
	for (size_t i = 0; i < object->file.section_count; i++) {
		const struct elf_section *section = &object->file.sections[i];
		struct joined *joined;

		if (!is_debug(section))
			continue;
		joined = find_joined(placing, section->name);
		object->offset[i] = joined->size;
		joined->size += section->contents.len;
	}
}

/* What a relocation of debug information stands for; false for what was left out. */
static bool
find_value(const struct placing *placing, const struct object *object,
	const struct elf_symbol *symbol, uint64_t *ret_value)
{
	const struct elf_symbol *found;
	uint16_t section = symbol->section;

	if (section == SHN_UNDEF || symbol->type == STT_TLS) {
		found = map_get(&placing->symbols, symbol->name);
		*ret_value = found == NULL ? 0 : found->value;
		return found != NULL;
	}
	*ret_value = symbol->value;
	if (section >= object->file.section_count)
		return section == SHN_ABS;
	if ((object->file.sections[section].flags & SHF_ALLOC) == 0) {
		*ret_value += object->offset[section];
		return true;
	}
	*ret_value += object->address[section];
	return object->is_placed[section];
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
apply(const struct placing *placing, const struct object *object, const Elf64_Rela *relocation,
	char *bytes, uint64_t length)
{
	const struct elf_file *file = &object->file;
	uint32_t type = (uint32_t)ELF64_R_TYPE(relocation->r_info);
	size_t symbol = ELF64_R_SYM(relocation->r_info);
	const struct relocation_row *row = rows, *end = rows + sizeof rows / sizeof rows[0];
	uint64_t value = 0, old = 0;

	while (row < end && (row->machine != file->machine || row->type != type))
		row++;
	if (row == end || symbol == 0 || symbol > file->symbol_count ||
		relocation->r_offset > length || row->size > length - relocation->r_offset)
		return err_set(ERR_FORMAT, "debug information has relocation %" PRIu32, type);
	if (find_value(placing, object, &file->symbols[symbol - 1], &value))
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
relocate(const struct placing *placing, const struct object *object, size_t number, char *bytes)
{
	const struct elf_file *file = &object->file;

	for (size_t i = 0; i < file->section_count; i++) {
		const struct elf_section *section = &file->sections[i];
		const Elf64_Rela *relocations = (const void *)section->contents.at;

		if (section->type != SHT_RELA || section->info != number)
			continue;
		for (size_t n = 0; n < section->contents.len / sizeof *relocations; n++)
			TRY(apply(placing, object, &relocations[n], bytes,
				file->sections[number].contents.len));
	}
	return 0;
}

/* Put each debug section of an object where it belongs, with addresses of the image. */
static int
fill_sections(struct placing *placing, const struct object *object)
{
	for (size_t i = 0; i < object->file.section_count; i++) {
		const struct elf_section *section = &object->file.sections[i];
		char *bytes;

		if (!is_debug(section))
			continue;
		bytes = find_joined(placing, section->name)->bytes + object->offset[i];
		memcpy(bytes, section->contents.at, section->contents.len);
		TRY(relocate(placing, object, i, bytes));
	}
	return 0;
}

static int
join_objects(struct placing *placing)
{
	for (size_t i = 0; i < placing->object_count; i++)
		join_sections(placing, &placing->objects[i]);
	VEC_EACH (struct joined, joined, &placing->joined)
		joined->bytes = arena_alloc(placing->arena, joined->size + 1);
	/* From here on sections have their places. */
	for (size_t i = 0; i < placing->object_count; i++)
		TRY(fill_sections(placing, &placing->objects[i]));
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
	size_t most = (size_t)header->e_shnum + placing->joined.len;
	Elf64_Shdr *headers = arena_array(placing->arena, most, sizeof *headers);
	struct str old = placing->image.sections[header->e_shstrndx].contents;

	memcpy(headers, image.at + header->e_shoff, header->e_shnum * sizeof *headers);
	strbuf_add(names, old.at, old.len);
	return headers;
}

static void
append_sections(const struct placing *placing, struct str image, struct strbuf *copy)
{
	Elf64_Ehdr header = *(const Elf64_Ehdr *)(const void *)image.at;
	struct strbuf names AUTO(strbuf_free) = { 0 };
	Elf64_Shdr *headers = copy_headers(placing, image, &names);

	strbuf_add(copy, image.at, image.len);
	VEC_EACH (const struct joined, joined, &placing->joined) {
		Elf64_Shdr *fresh = &headers[header.e_shnum++];

		*fresh = (Elf64_Shdr){ .sh_name = (Elf64_Word)names.len,
			.sh_type = SHT_PROGBITS,
			.sh_addralign = 1 };
		append(copy, joined->bytes, joined->size, fresh);
		strbuf_add(&names, joined->name, strlen(joined->name) + 1);
	}
	append(copy, names.at, names.len, &headers[header.e_shstrndx]);
	align(copy);
	header.e_shoff = copy->len;
	strbuf_add(copy, headers, header.e_shnum * sizeof *headers);
	memcpy(copy->at, &header, sizeof header);
}

static int
read_object(struct arena *arena, struct str bytes, struct object *ret_object)
{
	struct object object = { 0 };
	size_t count;

	TRY(elf_file_read(arena, bytes, &object.file));
	count = object.file.section_count + 1;
	object.is_placed = arena_array(arena, count, sizeof *object.is_placed);
	object.address = arena_array(arena, count, sizeof *object.address);
	object.offset = arena_array(arena, count, sizeof *object.offset);
	*ret_object = object;
	return 0;
}

static int
place_objects(struct placing *placing)
{
	size_t equal = 0;

	for (size_t i = 0; i < placing->object_count; i++) {
		TRY(place_sections(placing, &placing->objects[i]));
		TRY(compare_code(placing, &placing->objects[i], &equal));
	}
	return equal > 0 ? 0 : fail_different("all of it");
}

int
dwarf_append(struct arena *arena, struct str image, const struct str *objects, size_t count,
	struct strbuf *ret_copy)
{
	struct placing placing = { .arena = arena, .object_count = count };
	struct strbuf copy = { 0 };

	TRY(elf_file_read(arena, image, &placing.image));
	placing.objects = arena_array(arena, count, sizeof *placing.objects);
	for (size_t i = 0; i < count; i++)
		TRY(read_object(arena, objects[i], &placing.objects[i]));
	gather_symbols(&placing);
	TRY(place_objects(&placing));
	/* (I1) holds from here on. */
	TRY(join_objects(&placing));
	append_sections(&placing, image, &copy);
	*ret_copy = copy;
	return 0;
}
