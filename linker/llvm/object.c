/* SPDX-License-Identifier: MIT */
/*
 * object: references to symbols of other objects, direct and yet ordinary.
 *
 * Everything is linked statically, so an outside symbol can be addressed
 * without a table of addresses. LLVM's C interface can say so only by making the symbol
 * hidden, which would hide it in the linked image, too. So declarations are made
 * hidden before code is generated, and the object's undefined symbols are
 * given their ordinary visibility back.
 */
#include "linker/llvm/module.h"

#include <elf.h>
#include <string.h>

static void
hide(LLVMValueRef global)
{
	/* A weak symbol may be missing: its address is 0, which a direct reference may not reach. */
	if (LLVMIsDeclaration(global) && LLVMGetLinkage(global) == LLVMExternalLinkage &&
		!str_has_prefix(module_value_name(global), "llvm."))
		LLVMSetVisibility(global, LLVMHiddenVisibility);
}

void
module_address_directly(struct neutral *module)
{
	EACH_FUNCTION (function, module->module)
		hide(function);
	EACH_GLOBAL (global, module->module)
		hide(global);
}

static void
show_undefined(struct strbuf *object, const Elf64_Shdr *section)
{
	for (uint64_t at = 0; section->sh_size - at >= sizeof(Elf64_Sym);
		at += sizeof(Elf64_Sym)) {
		Elf64_Sym symbol;

		memcpy(&symbol, object->at + section->sh_offset + at, sizeof symbol);
		if (symbol.st_shndx != SHN_UNDEF)
			continue;
		symbol.st_other = STV_DEFAULT;
		memcpy(object->at + section->sh_offset + at, &symbol, sizeof symbol);
	}
}

int
module_show_undefined(struct strbuf *object)
{
	Elf64_Ehdr header;
	Elf64_Shdr section;

	if (object->len < sizeof header)
		return err_set(ERR_FORMAT, "code generation gave no object");
	memcpy(&header, object->at, sizeof header);
	if (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_shoff > object->len ||
		header.e_shentsize != sizeof section ||
		(object->len - header.e_shoff) / sizeof section < header.e_shnum)
		return err_set(ERR_FORMAT, "code generation gave a damaged object");
	if (header.e_shnum ==
		0) { /* too many for the header: the first section has the count */
		if (object->len - header.e_shoff < sizeof section)
			return err_set(ERR_FORMAT, "code generation gave a damaged object");
		memcpy(&section, object->at + header.e_shoff, sizeof section);
	} else {
		section.sh_size = header.e_shnum;
	}
	for (uint64_t i = 0, count = section.sh_size; i < count; i++) {
		uint64_t at = header.e_shoff + i * sizeof section;

		if (i > object->len / sizeof section || at + sizeof section > object->len)
			return err_set(ERR_FORMAT, "code generation gave a damaged object");
		memcpy(&section, object->at + at, sizeof section);
		if (section.sh_type == SHT_SYMTAB && section.sh_offset <= object->len &&
			section.sh_size <= object->len - section.sh_offset)
			show_undefined(object, &section);
	}
	return 0;
}
