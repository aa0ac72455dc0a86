/* SPDX-License-Identifier: MIT */
/*
 * elf_symbol: symbols that no unit defines, and symbols that give way.
 */
#ifndef LINKER_ELF_ELF_SYMBOL_H
#define LINKER_ELF_ELF_SYMBOL_H

#include "base/str.h"

#include <stdbool.h>

struct map;

/* Whether the static linker, or an object that every image is linked with, defines a symbol. */
bool elf_linker_defines(const char *name);

/*
 * Make the global definitions of a relocatable object weak, in place: a definition of another
 * object takes their place instead of a clash.
 *
 * Errors: ERR_FORMAT
 */
int elf_weaken(struct strbuf *object);

/*
 * Hide the global definitions of a relocatable object, in place, but those that are keys of the map.
 *
 * Errors: ERR_FORMAT
 */
int elf_hide(struct strbuf *object, const struct map *visible);

#endif
