/* SPDX-License-Identifier: MIT */
/*
 * arch_riscv64: entry point and system calls of the mapper on RISC-V.
 */
#ifndef KERNEL_IFACE_MAPPER_ARCH_RISCV64_H
#define KERNEL_IFACE_MAPPER_ARCH_RISCV64_H

#include "kernel-iface/mapper/arch_riscv64_call.h"

#define ELF_MACHINE 243 /* EM_RISCV */

#define NUMBER_OPENAT 56
#define NUMBER_CLOSE 57
#define NUMBER_LSEEK 62
#define NUMBER_READ 63
#define NUMBER_WRITE 64
#define NUMBER_PREAD64 67
#define NUMBER_EXIT_GROUP 94
#define NUMBER_MMAP 222

#if defined(__riscv)

__asm__(".pushsection .text._start,\"ax\",%progbits\n"
	".globl _start\n"
	".type _start, %function\n"
	"_start:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined ra\n"
	"	mv a0, sp\n"
	"	andi sp, sp, -16\n"
	"	tail weld_start\n"
	"	.cfi_endproc\n"
	".size _start, . - _start\n"
	".popsection\n");

#endif

#endif
