/* SPDX-License-Identifier: MIT */
/*
 * elf_native: what a package's native object may be.
 *
 * It comes from outside, and the static linker believes what it reads: so everything that could
 * change how an image is laid out, started or protected is refused before.
 */
#ifndef LINKER_ELF_ELF_NATIVE_H
#define LINKER_ELF_ELF_NATIVE_H

#include "linker/elf/elf_file.h"

#include <stdbool.h>

/*
 * Whether the unit beside a native object may define a symbol for it: one that it only uses, and
 * one that it leaves to whoever has a definition (a common symbol).
 */
bool elf_native_needs(const struct elf_symbol *symbol);

/*
 * Check a native object.
 *
 * Refused are: other files than relocatable ones, other machines, sections that are both writable and
 * executable, an executable stack, thread-local variables, constructors and destructors,
 * functions that are chosen when the program starts (IFUNC), versions of symbols (.symver), weld's own note
 * and start code, and relocations that lie outside their section or the symbol table.
 *
 * Errors: ERR_FORMAT: names section or symbol
 */
int elf_native_check(const struct elf_file *file, uint16_t machine);

#endif
