/* SPDX-License-Identifier: MIT */
/* What a 64-bit architecture with every optional call sees of asm-generic/unistd.h. */
#define __BITS_PER_LONG 64
#define __ARCH_WANT_RENAMEAT
#define __ARCH_WANT_NEW_STAT
#define __ARCH_WANT_SET_GET_RLIMIT
#define __ARCH_WANT_SYS_CLONE3
#define __ARCH_WANT_MEMFD_SECRET
#include <asm-generic/unistd.h>

#include "tests/lib/neutral_numbers.h"

#include "kernel-iface/syscalls/table.h"

#include <stddef.h>

const struct neutral_number neutral_numbers[] = {
#define ROW(neutral, name, x86_64) { #name, __NR_##name },
	SYSCALL_TABLE(ROW)
#undef ROW
		{ NULL, 0 },
};

const int neutral_numbers_limit = __NR_syscalls;
