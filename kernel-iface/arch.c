/* SPDX-License-Identifier: MIT */
/* Rows of names and numbers, indexed by enum arch. */
#include "kernel-iface/arch.h"

#include "base/err.h"

#include <elf.h>
#include <string.h>

static const char *const names[ARCH_COUNT] = {
	[ARCH_X86_64] = "x86_64",
	[ARCH_AARCH64] = "aarch64",
	[ARCH_RISCV64] = "riscv64",
};

static const char *const common_cpus[ARCH_COUNT] = {
	[ARCH_X86_64] = "x86-64",
	[ARCH_AARCH64] = "generic",
	[ARCH_RISCV64] = "generic-rv64",
};

static const uint16_t machines[ARCH_COUNT] = {
	[ARCH_X86_64] = EM_X86_64,
	[ARCH_AARCH64] = EM_AARCH64,
	[ARCH_RISCV64] = EM_RISCV,
};

const char *
arch_name(enum arch arch)
{
	return names[arch];
}

const char *
arch_common_cpu(enum arch arch)
{
	return common_cpus[arch];
}

uint16_t
arch_elf_machine(enum arch arch)
{
	return machines[arch];
}

int
arch_parse(const char *name, enum arch *ret_arch)
{
	for (int i = 0; i < ARCH_COUNT; i++) {
		if (strcmp(names[i], name) == 0) {
			*ret_arch = (enum arch)i;
			return 0;
		}
	}
	return err_set(ERR_NOT_FOUND,
		"%s: no such architecture (weld knows x86_64, aarch64 and riscv64)", name);
}

enum arch
arch_host(void)
{
#if defined(__x86_64__)
	return ARCH_X86_64;
#elif defined(__aarch64__)
	return ARCH_AARCH64;
#elif defined(__riscv) && __riscv_xlen == 64
	return ARCH_RISCV64;
#else
#error "weld runs on 64-bit little-endian x86-64, AArch64 and RISC-V machines"
#endif
}
