/* SPDX-License-Identifier: MIT */
/*
 * elf_relocate: writing an address where a linked image refers to it.
 *
 * Only the kinds of relocation that refer to a fixed address outside the image are known; what
 * is not known, or does not reach, is the static linker's business.
 */
#ifndef LINKER_ELF_ELF_RELOCATE_H
#define LINKER_ELF_ELF_RELOCATE_H

#include <stddef.h>
#include <stdint.h>

#define ELF_RELOCATE_SIZE_MAX 8 /* bytes, of a site */

/* How many bytes a relocation is about; 0: this kind is not known. */
size_t elf_relocate_size(uint16_t machine, uint32_t type);

/*
 * Write a relocation.
 *
 * `site` is what elf_relocate_size() says and keeps what is not part of the address, such as an
 * opcode; it is not changed on failure.
 *
 * Units:  target is the symbol's address plus the addend, place the address of the site
 * Errors: ERR_RANGE (the target does not fit, or is not aligned as it must be)
 * Source: System V ABI, supplements for x86-64, AArch64 and RISC-V
 */
int elf_relocate(
	uint16_t machine, uint32_t type, uint64_t target, uint64_t place, unsigned char *site);

#endif
