/* SPDX-License-Identifier: MIT */
/*
 * elf_object: writing a small relocatable object, section by section.
 */
#ifndef LINKER_ELF_ELF_OBJECT_H
#define LINKER_ELF_ELF_OBJECT_H

#include "base/str.h"

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#define ELF_OBJECT_SECTIONS_MAX 8 /* without the null section and that of the names */

struct elf_object { /* open; begin with { 0 } */
	struct strbuf contents; /* of the sections */
	struct strbuf names;
	Elf64_Shdr sections[ELF_OBJECT_SECTIONS_MAX + 2];
	size_t count; /* of sections added */
};

/*
 * Append a section; the first one has index 1, the next 2.
 *
 * Shape: of the header, name, offset and size are filled in, and an alignment of 8 where none
 * is given; a section of type SHT_NOBITS keeps its size and has no contents
 */
void elf_object_add(
	struct elf_object *object, const char *name, Elf64_Shdr header, struct str contents);

/*
 * Write the whole: header, contents, names of sections, section headers.
 *
 * Owner:  the caller frees ret_file with strbuf_free(); object is empty then
 * Source: System V Application Binary Interface, chapter 4
 */
void elf_object_finish(struct elf_object *object, uint16_t machine, struct strbuf *ret_file);

#endif
