/* SPDX-License-Identifier: MIT */
/*
 * arch_riscv64_call: one system call of the RISC-V kernel, with its own number.
 */
#ifndef KERNEL_IFACE_MAPPER_ARCH_RISCV64_CALL_H
#define KERNEL_IFACE_MAPPER_ARCH_RISCV64_CALL_H

#if defined(__riscv)

__attribute__((unused)) static inline long
kernel_call(long number, long a, long b, long c, long d, long e, long f)
{
	register long r_number __asm__("a7") = number;
	register long r_a __asm__("a0") = a;
	register long r_b __asm__("a1") = b;
	register long r_c __asm__("a2") = c;
	register long r_d __asm__("a3") = d;
	register long r_e __asm__("a4") = e;
	register long r_f __asm__("a5") = f;

	__asm__ volatile("ecall"
			 : "+r"(r_a)
			 : "r"(r_number), "r"(r_b), "r"(r_c), "r"(r_d), "r"(r_e), "r"(r_f)
			 : "memory");
	return r_a;
}

#endif

#endif
