/* SPDX-License-Identifier: MIT */
/*
 * The RISC-V kernel takes neutral calls as they are; only the old renameat is
 * not there.
 */
#include "kernel-iface/mapper/arch_riscv64_call.h"
#include "kernel-iface/support/support.h"

long
__weld_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number == RENAMEAT)
		return kernel_call(RENAMEAT2, a, b, c, d, 0, 0);
	return kernel_call(number, a, b, c, d, e, f);
}

long
__weld_syscall_begin(long number, long *arguments)
{
	return number;
}

long
__weld_syscall_end(long number, long ret, const long *arguments)
{
	return ret;
}
