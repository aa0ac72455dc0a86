/* SPDX-License-Identifier: MIT */
/*
 * ld.lld puts a thunk behind the input section that needs it, one for each symbol, and uses one
 * that is near again: so what is counted here is never too little.
 */
#include "linker/image/thunks.h"

#include "base/arena.h"
#include "linker/image/target.h"

#define SLOT_SPAN ((uint64_t)32 << 20) /* bytes: a call may stand that far behind the base */

void
thunks_list_far(struct arena *arena, enum arch arch, uint64_t base, const struct elf_file *file,
	struct map *far)
{
	uint64_t reach = target_call_reach(arch);

	for (size_t i = 0; i < file->symbol_count && reach != UINT64_MAX; i++) {
		const struct elf_symbol *symbol = &file->symbols[i];
		uint64_t distance =
			symbol->value > base ? symbol->value - base : base - symbol->value;

		if (symbol->section == SHN_ABS && symbol->type == STT_FUNC &&
			distance > reach - SLOT_SPAN)
			map_set(arena, far, symbol->name, NULL);
	}
}

uint64_t
thunks_measure(
	struct arena *arena, const struct map *far, const struct elf_file *file, size_t section)
{
	struct map called = { 0 };

	for (size_t i = 0; i < file->section_count && far->len > 0; i++) {
		struct str contents = file->sections[i].contents;
		const Elf64_Rela *relocations = (const void *)contents.at;

		if (file->sections[i].type != SHT_RELA || (uintptr_t)contents.at % 8 != 0 ||
			file->sections[i].info != section)
			continue;
		for (size_t n = 0; n < contents.len / sizeof *relocations; n++) {
			size_t symbol = ELF64_R_SYM(relocations[n].r_info);

			if (symbol > 0 && symbol <= file->symbol_count &&
				map_has(far, file->symbols[symbol - 1].name))
				map_set(arena, &called, file->symbols[symbol - 1].name, NULL);
		}
	}
	return called.len * TARGET_THUNK_SIZE;
}
