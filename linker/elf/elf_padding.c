/* SPDX-License-Identifier: MIT */
/* What stands first has its zeros in the file; what stands behind needs none. */
#include "linker/elf/elf_padding.h"

#include "base/err.h"
#include "linker/elf/elf_object.h"

#include <elf.h>

#ifndef SHF_GNU_RETAIN
#define SHF_GNU_RETAIN (1 << 21)
#endif

void
elf_padding_write(
	uint16_t machine, const struct elf_padding *padding, struct strbuf *ret_object)
{
	struct elf_object object = { 0 };
	struct strbuf zeros AUTO(strbuf_free) = { 0 };

	for (uint64_t i = 0; padding->is_first && i < padding->size; i++)
		strbuf_add_char(&zeros, '\0');
	elf_object_add(&object, padding->is_first ? ".tdata" : ".tbss",
		(Elf64_Shdr){ .sh_type = padding->is_first ? SHT_PROGBITS : SHT_NOBITS,
			.sh_flags = SHF_ALLOC | SHF_WRITE | SHF_TLS | SHF_GNU_RETAIN,
			.sh_size = padding->size,
			.sh_addralign = padding->align },
		strbuf_str(&zeros));
	elf_object_finish(&object, machine, ret_object);
}
