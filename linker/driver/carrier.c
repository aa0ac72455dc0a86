/* SPDX-License-Identifier: MIT */
/* .weld.link is one line of canonical JSON. */
#include "linker/driver/carrier.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "kernel-iface/arch.h"
#include "linker/elf/elf_file.h"
#include "linker/elf/elf_object.h"

#include <elf.h>
#include <string.h>

static void
write_link(const struct carrier_link *link, struct strbuf *ret_text)
{
	json_t *value AUTO(json_release) = json_object();
	json_t *imports = json_array();

	for (size_t i = 0; i < link->import_count; i++)
		json_array_append_new(imports, json_string(link->imports[i]));
	json_object_set_new(
		value, "kind", json_string(link->is_program ? "program" : "library"));
	json_object_set_new(value, "soname",
		link->soname != NULL ? json_string(link->soname) : json_null());
	json_object_set_new(value, "imports", imports);
	json_write(value, ret_text);
}

void
carrier_write(struct str bitcode, struct str native, const struct carrier_link *link,
	struct strbuf *ret_object)
{
	const Elf64_Shdr header = { .sh_type = SHT_PROGBITS,
		.sh_flags = link->is_program ? 0 : SHF_EXCLUDE };
	struct elf_object object = { 0 };
	struct strbuf text AUTO(strbuf_free) = { 0 };

	write_link(link, &text);
	if (bitcode.len > 0)
		elf_object_add(&object, CARRIER_IR_SECTION, header, bitcode);
	if (native.len > 0)
		elf_object_add(&object, CARRIER_NATIVE_SECTION, header, native);
	elf_object_add(&object, CARRIER_LINK_SECTION, header, strbuf_str(&text));
	elf_object_finish(&object, arch_elf_machine(arch_host()), ret_object);
}

int
carrier_read(struct arena *arena, const struct elf_file *file, struct carrier_link *ret_link)
{
	const struct elf_section *section = elf_file_find_section(file, CARRIER_LINK_SECTION);
	json_t *value AUTO(json_release) = NULL;
	struct carrier_link link = { 0 };
	const char *kind;
	char **imports;

	if (section == NULL)
		return err_set(ERR_NOT_FOUND, "section " CARRIER_LINK_SECTION " is missing");
	TRY(err_context(json_read(section->contents, &value), CARRIER_LINK_SECTION));
	TRY(json_get_string(value, "kind", &kind));
	TRY(json_get_strings(arena, value, "imports", &imports, &link.import_count));
	link.imports = (const char *const *)imports;
	link.is_program = strcmp(kind, "program") == 0;
	if (json_is_string(json_object_get(value, "soname")))
		link.soname = arena_string(
			arena, json_string_value(json_object_get(value, "soname")));
	*ret_link = link;
	return 0;
}

static bool
is_order_section(const char *name)
{
	return strcmp(name, ".init_array") == 0 || strcmp(name, ".fini_array") == 0;
}

/* Write the object with a longer table of section names at its end, and return where they are. */
static void
append_names(const struct elf_file *file, struct str object, unsigned priority, size_t table,
	struct strbuf *ret_object)
{
	Elf64_Ehdr header;
	Elf64_Shdr *sections;
	struct str old = file->sections[table].contents;
	struct strbuf names_now AUTO(strbuf_free) = { 0 };

	strbuf_add(&names_now, old.at, old.len);
	strbuf_add(ret_object, object.at, object.len);
	memcpy(&header, object.at, sizeof header);
	sections = (Elf64_Shdr *)(void *)(ret_object->at + header.e_shoff);
	for (size_t i = 0; i < file->section_count; i++) {
		if (!is_order_section(file->sections[i].name))
			continue;
		sections[i].sh_name = (Elf64_Word)names_now.len;
		strbuf_printf(&names_now, "%s.%05u", file->sections[i].name, priority);
		strbuf_add_char(&names_now, '\0');
	}
	sections[table].sh_offset = ret_object->len;
	sections[table].sh_size = names_now.len;
	strbuf_add(ret_object, names_now.at, names_now.len);
}

int
carrier_order(struct str object, unsigned priority, struct strbuf *ret_object)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct elf_file file;
	Elf64_Ehdr header;
	bool has_any = false;

	TRY(elf_file_read(arena, object, &file));
	for (size_t i = 0; i < file.section_count; i++)
		has_any = has_any || is_order_section(file.sections[i].name);
	if (!has_any)
		return 0;
	memcpy(&header, object.at, sizeof header);
	if (header.e_shstrndx >= file.section_count || header.e_shoff % 8 != 0)
		return err_set(ERR_FORMAT, "section headers are damaged");
	append_names(&file, object, priority, header.e_shstrndx, ret_object);
	return 0;
}
