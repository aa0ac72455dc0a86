/* SPDX-License-Identifier: MIT */
/*
 * An address of a slot comes into an image by a relocation of an object, by the
 * symbol table, and, where a branch does not reach, by a piece of code that
 * the static linker adds. Each relocation against a bound symbol is looked up in
 * the link map; what is not understood ends the search.
 *
 * (I1) A site is kept only if writing its address again changes nothing. So an
 * error in finding one is seen here and not when the image is bound again.
 * (I2) Sections of one name in one object are told apart by their order. So
 * all of them must be in the image, or none.
 */
#include "linker/image/find_sites.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "linker/elf/elf_relocate.h"

#include <stdlib.h>
#include <string.h>

#define THUNK_PREFIX "__AArch64AbsLongThunk_" /* the static linker's name for such a piece */
#define THUNK_ADDRESS 8 /* bytes from its beginning: the address it goes to */

struct search {
	struct arena *arena;
	const struct find_sites_request *request;
	struct sites *sites;
	struct map bindings; /* symbols, to index + 1 */
	VEC(struct site) found;
	VEC(uint64_t) thunks; /* addresses */
};

static bool
find_binding(const struct search *search, const char *symbol, uint32_t *ret_binding)
{
	uintptr_t index = (uintptr_t)map_get(&search->bindings, symbol);

	if (index == 0)
		return false;
	*ret_binding = (uint32_t)(index - 1);
	return true;
}

/* Where in the file an address of the image stands. */
static bool
offset_of(const struct elf_file *file, uint64_t address, size_t size, uint32_t *ret_offset)
{
	for (size_t i = 0; i < file->segment_count; i++) {
		const Elf64_Phdr *segment = &file->segments[i];
		uint64_t inside = address - segment->p_vaddr;

		if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
			inside > segment->p_filesz || size > segment->p_filesz - inside ||
			segment->p_offset + inside > UINT32_MAX - size)
			continue;
		*ret_offset = (uint32_t)(segment->p_offset + inside);
		return true;
	}
	return false;
}

/* (I1) */
static bool
is_right(const struct search *search, const struct site *site, uint64_t place)
{
	const struct elf_file *file = search->request->file;
	size_t size = elf_relocate_size(file->machine, site->type);
	unsigned char bytes[ELF_RELOCATE_SIZE_MAX];

	memcpy(bytes, file->bytes.at + site->offset, size);
	return elf_relocate(file->machine, site->type,
		       search->sites->bindings[site->binding].address + (uint64_t)site->addend,
		       place, bytes) >= 0 &&
	       memcmp(bytes, file->bytes.at + site->offset, size) == 0;
}

/* Whether a branch goes to one of the pieces of code that the static linker added. */
static bool
is_branch_to_thunk(const struct search *search, const struct site *site, uint64_t place)
{
	uint32_t instruction;

	if (search->request->file->machine != EM_AARCH64 ||
		(site->type != R_AARCH64_CALL26 && site->type != R_AARCH64_JUMP26))
		return false;
	memcpy(&instruction, search->request->file->bytes.at + site->offset,
		sizeof instruction);
	for (size_t i = 0; i < search->thunks.len; i++)
		if (((search->thunks.at[i] - place) >> 2 & 0x03ffffff) ==
			(instruction & 0x03ffffff))
			return true;
	return false;
}

static int
add_relocation(
	struct search *search, const Elf64_Rela *relocation, uint32_t binding, uint64_t address)
{
	const struct elf_file *file = search->request->file;
	struct site site = { .type = ELF64_R_TYPE(relocation->r_info),
		.binding = binding,
		.addend = relocation->r_addend };
	uint64_t place = address + relocation->r_offset;
	const char *symbol = search->sites->bindings[binding].symbol;
	size_t size = elf_relocate_size(file->machine, site.type);

	if (size == 0)
		return err_set(ERR_FORMAT, "%s: a relocation of kind %u", symbol, site.type);
	if (!offset_of(file, place, size, &site.offset))
		return err_set(ERR_FORMAT, "%s: a reference that is not in the file", symbol);
	if (is_branch_to_thunk(search, &site, place))
		return 0;
	if (!is_right(search, &site, place))
		return err_set(ERR_FORMAT, "%s: a reference that has another address", symbol);
	vec_push(search->arena, &search->found, site);
	return 0;
}

/* How many sections of a name an object has. */
static size_t
count_sections(const struct elf_file *object, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < object->section_count; i++)
		count += (object->sections[i].flags & SHF_ALLOC) != 0 &&
			 strcmp(object->sections[i].name, name) == 0;
	return count;
}

/* Which of the sections of its name a section is, from 0. */
static size_t
rank_of_section(const struct elf_file *object, size_t section)
{
	size_t rank = 0;

	for (size_t i = 0; i < section; i++)
		rank += (object->sections[i].flags & SHF_ALLOC) != 0 &&
			strcmp(object->sections[i].name, object->sections[section].name) == 0;
	return rank;
}

/* Where a section stands in the image; *ret_is_there is false when it was left out. */
static int
find_place(const struct search *search, const char *path, const struct elf_file *object,
	size_t section, uint64_t *ret_address, bool *ret_is_there)
{
	const char *name = object->sections[section].name;
	size_t count = link_map_count(search->arena, search->request->map, path, name);

	if ((object->sections[section].flags & SHF_ALLOC) == 0) {
		if (elf_file_find_section(search->request->file, name) != NULL)
			return err_set(ERR_FORMAT, "%s: refers to slots", name);
		*ret_is_there = false;
		return 0;
	}
	*ret_is_there = count > 0;
	if (count == 0)
		return 0;
	if (count != count_sections(object, name)) /* (I2) */
		return err_set(ERR_FORMAT, "%s: more than one section has this name", name);
	*ret_address = link_map_find(search->arena, search->request->map, path, name,
		rank_of_section(object, section));
	return 0;
}

static int
search_section(struct search *search, const char *path, const struct elf_file *object,
	const struct elf_section *relocations)
{
	bool is_there = false, is_looked_up = false;
	uint64_t address = 0;

	for (size_t i = 0; i < relocations->contents.len / sizeof(Elf64_Rela); i++) {
		Elf64_Rela relocation;
		uint32_t binding;
		size_t symbol;

		memcpy(&relocation, relocations->contents.at + i * sizeof relocation,
			sizeof relocation);
		symbol = ELF64_R_SYM(relocation.r_info);
		if (symbol == 0 || symbol > object->symbol_count ||
			object->symbols[symbol - 1].binding == STB_LOCAL ||
			!find_binding(search, object->symbols[symbol - 1].name, &binding))
			continue;
		if (!is_looked_up)
			TRY(find_place(
				search, path, object, relocations->info, &address, &is_there));
		is_looked_up = true;
		if (!is_there)
			return 0;
		TRY(add_relocation(search, &relocation, binding, address));
	}
	return 0;
}

static int
search_object(struct search *search, const struct record_object *given)
{
	struct elf_file object;

	TRY(elf_file_read(search->arena, given->bytes, &object));
	for (size_t i = 0; i < object.section_count; i++) {
		const struct elf_section *section = &object.sections[i];

		if (section->type == SHT_REL && section->contents.len > 0)
			return err_set(
				ERR_FORMAT, "%s: relocations without addends", section->name);
		if (section->type == SHT_RELA && section->info < object.section_count)
			TRY(search_section(search, given->path, &object, section));
	}
	return 0;
}

/* Code that the static linker added holds the address as a word. */
static int
search_thunks(struct search *search)
{
	const struct elf_file *file = search->request->file;

	for (size_t i = 0; i < file->symbol_count && file->machine == EM_AARCH64; i++) {
		const struct elf_symbol *symbol = &file->symbols[i];
		struct site site = { .type = R_AARCH64_ABS64 };

		if (!str_has_prefix(symbol->name, THUNK_PREFIX) ||
			!find_binding(
				search, symbol->name + sizeof THUNK_PREFIX - 1, &site.binding))
			continue;
		if (!offset_of(file, symbol->value + THUNK_ADDRESS, sizeof(uint64_t),
			    &site.offset) ||
			!is_right(search, &site, symbol->value + THUNK_ADDRESS))
			return err_set(ERR_FORMAT, "%s: has another form", symbol->name);
		vec_push(search->arena, &search->found, site);
		vec_push(search->arena, &search->thunks, symbol->value);
	}
	return 0;
}

/* A word of the machine, as a relocation. */
static uint32_t
word_of(uint16_t machine)
{
	return machine == EM_X86_64    ? R_X86_64_64
	       : machine == EM_AARCH64 ? R_AARCH64_ABS64
				       : R_RISCV_64;
}

/* The symbol table has the bindings as absolute symbols. */
static int
search_symbols(struct search *search)
{
	const struct elf_file *file = search->request->file;
	const struct elf_section *table = elf_file_find_section(file, ".symtab");

	for (size_t i = 0; i < file->symbol_count && table != NULL; i++) {
		struct site site = { .type = word_of(file->machine) };
		uint64_t offset = (uint64_t)(table->contents.at - file->bytes.at) +
				  (i + 1) * sizeof(Elf64_Sym) + offsetof(Elf64_Sym, st_value);

		if (file->symbols[i].section != SHN_ABS ||
			!find_binding(search, file->symbols[i].name, &site.binding))
			continue;
		site.offset = (uint32_t)offset;
		if (offset > UINT32_MAX || !is_right(search, &site, 0))
			return err_set(ERR_FORMAT, "%s: a symbol that has another address",
				file->symbols[i].name);
		vec_push(search->arena, &search->found, site);
	}
	return 0;
}

static int
compare_sites(const void *a, const void *b)
{
	const struct site *left = a;
	const struct site *right = b;

	return left->offset < right->offset ? -1 : left->offset > right->offset;
}

static int
check_overlap(const struct search *search)
{
	for (size_t i = 1; i < search->found.len; i++)
		if (search->found.at[i].offset - search->found.at[i - 1].offset <
			elf_relocate_size(search->sites->machine, search->found.at[i - 1].type))
			return err_set(ERR_FORMAT, "two references overlap");
	return 0;
}

int
find_sites(struct arena *arena, const struct find_sites_request *request, struct sites *sites)
{
	struct search search = { .arena = arena, .request = request, .sites = sites };

	sites->machine = request->file->machine;
	for (size_t i = 0; i < sites->binding_count; i++)
		map_set(arena, &search.bindings, sites->bindings[i].symbol,
			(void *)(uintptr_t)(i + 1));
	TRY(search_thunks(&search));
	for (size_t i = 0; i < request->object_count; i++)
		TRY(search_object(&search, &request->objects[i]));
	TRY(search_symbols(&search));
	if (search.found.len > 0)
		qsort(search.found.at, search.found.len, sizeof *search.found.at,
			compare_sites);
	TRY(check_overlap(&search));
	sites->sites = search.found.at;
	sites->site_count = search.found.len;
	return 0;
}
