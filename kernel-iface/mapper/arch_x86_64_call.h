/* SPDX-License-Identifier: MIT */
/*
 * arch_x86_64_call: one system call of the x86-64 kernel, with its own number.
 */
#ifndef KERNEL_IFACE_MAPPER_ARCH_X86_64_CALL_H
#define KERNEL_IFACE_MAPPER_ARCH_X86_64_CALL_H

#if defined(__x86_64__)

__attribute__((unused)) static inline long
kernel_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#endif

#endif
