/* SPDX-License-Identifier: MIT */
/* One row an architecture. */
#include "linker/image/target.h"

#include <elf.h>

static const struct {
	uint16_t machine;
	const char *emulation;
	unsigned page_size;
} targets[ARCH_COUNT] = {
	[ARCH_X86_64] = { EM_X86_64, "elf_x86_64", 4096 },
	[ARCH_AARCH64] = { EM_AARCH64, "aarch64elf", 65536 },
	[ARCH_RISCV64] = { EM_RISCV, "elf64lriscv", 4096 },
};

uint16_t
target_machine(enum arch arch)
{
	return targets[arch].machine;
}

const char *
target_emulation(enum arch arch)
{
	return targets[arch].emulation;
}

uint64_t
target_page_size(enum arch arch)
{
	return targets[arch].page_size;
}
