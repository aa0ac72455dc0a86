/* SPDX-License-Identifier: MIT */
/* One row an architecture. */
#include "linker/image/target.h"

static const struct {
	const char *emulation;
	unsigned page_size;
} targets[ARCH_COUNT] = {
	[ARCH_X86_64] = { "elf_x86_64", 4096 },
	[ARCH_AARCH64] = { "aarch64elf", 65536 },
	[ARCH_RISCV64] = { "elf64lriscv", 4096 },
};

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
