/* SPDX-License-Identifier: MIT */
/*
 * elf_constant: what nobody writes to once it is linked.
 */
#ifndef LINKER_ELF_ELF_CONSTANT_H
#define LINKER_ELF_ELF_CONSTANT_H

#include "base/str.h"

/*
 * Make the sections of a relocatable object that are writable only for a dynamic linker
 * read-only, in place: lists of constructors and destructors, constants that hold addresses. An image
 * is linked at its addresses, so nothing is left to be written.
 *
 * Errors: ERR_FORMAT
 */
int elf_make_constant(struct strbuf *object);

#endif
