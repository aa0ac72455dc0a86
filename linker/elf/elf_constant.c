/* SPDX-License-Identifier: MIT */
/* One flag of some section headers. */
#include "linker/elf/elf_constant.h"

#include "base/arena.h"
#include "base/err.h"
#include "linker/elf/elf_file.h"

#include <string.h>

static bool
is_constant(const char *name)
{
	static const char *const names[] = { ".preinit_array", ".init_array", ".fini_array",
		".data.rel.ro" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t length = strlen(names[i]);

		if (strncmp(name, names[i], length) == 0 &&
			(name[length] == '\0' || name[length] == '.'))
			return true;
	}
	return false;
}

int
elf_make_constant(struct strbuf *object)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct elf_file file;
	Elf64_Ehdr header;

	TRY(elf_file_read(arena, strbuf_str(object), &file));
	memcpy(&header, object->at, sizeof header);
	for (size_t i = 0; i < file.section_count; i++) {
		char *at = object->at + header.e_shoff + i * sizeof(Elf64_Shdr);
		Elf64_Shdr section;

		if (!is_constant(file.sections[i].name))
			continue;
		memcpy(&section, at, sizeof section);
		section.sh_flags &= ~(Elf64_Xword)SHF_WRITE;
		memcpy(at, &section, sizeof section);
	}
	return 0;
}
