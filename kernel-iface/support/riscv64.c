/* SPDX-License-Identifier: MIT */
/*
 * The RISC-V kernel takes neutral calls as they are; only the old renameat is not there.
 *
 * QEMU's user mode takes a restorer before the mask of a signal action, which the kernel does not
 * have, and returns one: the mask stands in both places, so that it is right for either.
 */
#include "kernel-iface/mapper/arch_riscv64_call.h"
#include "kernel-iface/support/support.h"

struct padded_sigaction {
	struct neutral_sigaction kernel;
	uint64_t mask; /* where QEMU looks for it */
};

static long
call_sigaction(long number, long signal, const struct neutral_sigaction *new,
	struct neutral_sigaction *old, long size)
{
	struct padded_sigaction padded_new, padded_old;
	long ret;

	if (new != NULL) {
		padded_new.kernel = *new;
		padded_new.mask = new->mask;
	}
	ret = kernel_call(number, signal, (long)(new != NULL ? &padded_new : NULL),
		(long)(old != NULL ? &padded_old : NULL), size, 0, 0);
	if (ret == 0 && old != NULL)
		*old = padded_old.kernel;
	return ret;
}

long
__weld_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	if (number == RENAMEAT)
		return kernel_call(RENAMEAT2, a, b, c, d, 0, 0);
	if (number == RT_SIGACTION)
		return call_sigaction(number, a, (const struct neutral_sigaction *)b,
			(struct neutral_sigaction *)c, d);
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
