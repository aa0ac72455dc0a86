/* SPDX-License-Identifier: MIT */
/*
 * arch_aarch64_call: one system call of the AArch64 kernel, with its own number.
 */
#ifndef KERNEL_IFACE_MAPPER_ARCH_AARCH64_CALL_H
#define KERNEL_IFACE_MAPPER_ARCH_AARCH64_CALL_H

#if defined(__aarch64__)

__attribute__((unused)) static inline long
kernel_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r_number __asm__("x8") = number;
	register long r_a __asm__("x0") = a;
	register long r_b __asm__("x1") = b;
	register long r_c __asm__("x2") = c;
	register long r_d __asm__("x3") = d;
	register long r_e __asm__("x4") = e;
	register long r_f __asm__("x5") = f;

	__asm__ volatile("svc #0"
			 : "+r"(r_a)
			 : "r"(r_number), "r"(r_b), "r"(r_c), "r"(r_d), "r"(r_e), "r"(r_f)
			 : "memory");
	return r_a;
}

#endif

#endif
