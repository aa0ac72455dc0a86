/* SPDX-License-Identifier: MIT */
/*
 * arch: the CPU architectures that images are made for.
 */
#ifndef KERNEL_IFACE_ARCH_H
#define KERNEL_IFACE_ARCH_H

#include <stdint.h>

enum arch {
	ARCH_X86_64,
	ARCH_AARCH64,
	ARCH_RISCV64,
	ARCH_COUNT,
};

/* The name used in manifests and messages: "x86_64", "aarch64", "riscv64". */
const char *arch_name(enum arch arch);

/* What every CPU of it that weld supports can run, by LLVM's name: "x86-64". */
const char *arch_common_cpu(enum arch arch);

/* The machine number in the header of its ELF files: EM_X86_64 ... */
uint16_t arch_elf_machine(enum arch arch);

/*
 * Find an architecture by name.
 *
 * Errors: ERR_NOT_FOUND
 */
int arch_parse(const char *name, enum arch *ret_arch);

/* The architecture that this program was compiled for. */
enum arch arch_host(void);

#endif
