/* SPDX-License-Identifier: MIT */
/*
 * elf_binding: the relocatable object that binds an image to its slots.
 *
 * It holds the image note and, as absolute symbols, the address of each
 * function and variable of a slot that the image uses. A byte of data, which is dropped unless
 * the link script keeps it, gives zeroed data a place in the file.
 */
#ifndef LINKER_ELF_ELF_BINDING_H
#define LINKER_ELF_ELF_BINDING_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_BINDING_FILL ".weld.fill" /* the section of that byte */

struct elf_binding {
	const char *name; /* the symbol */
	uint64_t address;
	bool is_function;
};

/*
 * Write the object.
 *
 * Shape:  ET_REL with the sections .note.weld, .weld.fill, .symtab, .strtab, .shstrtab
 * Owner:  the caller frees ret_object with strbuf_free()
 */
void elf_binding_write(uint16_t machine, struct str note, const struct elf_binding *bindings,
	size_t binding_count, struct strbuf *ret_object);

#endif
