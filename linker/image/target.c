/* SPDX-License-Identifier: MIT */
/* One row an architecture. */
#include "linker/image/target.h"

#include <elf.h>

static const struct {
	uint16_t machine;
	const char *emulation;
	const char *page_option;
} targets[ARCH_COUNT] = {
	[ARCH_X86_64] = { EM_X86_64, "elf_x86_64", "max-page-size=4096" },
	[ARCH_AARCH64] = { EM_AARCH64, "aarch64elf", "max-page-size=65536" },
	[ARCH_RISCV64] = { EM_RISCV, "elf64lriscv", "max-page-size=4096" },
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

const char *
target_page_option(enum arch arch)
{
	return targets[arch].page_option;
}
