/* SPDX-License-Identifier: MIT */
/*
 * elf_padding: a relocatable object that takes up thread-local storage.
 */
#ifndef LINKER_ELF_ELF_PADDING_H
#define LINKER_ELF_ELF_PADDING_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct elf_padding {
	uint64_t size; /* bytes of zeros */
	uint64_t align; /* bytes, a power of two */
	bool is_first; /* it stands before other variables, and so in the file; else behind them */
};

/*
 * Write the object.
 *
 * Shape:  ET_REL with the section .tdata or .tbss, which is never dropped, and .shstrtab
 * Owner:  the caller frees ret_object with strbuf_free()
 */
void elf_padding_write(
	uint16_t machine, const struct elf_padding *padding, struct strbuf *ret_object);

#endif
