/* SPDX-License-Identifier: MIT */
/*
 * arch_aarch64: entry point and system calls of the mapper on AArch64.
 */
#ifndef KERNEL_IFACE_MAPPER_ARCH_AARCH64_H
#define KERNEL_IFACE_MAPPER_ARCH_AARCH64_H

#include "kernel-iface/mapper/arch_aarch64_call.h"

#define ELF_MACHINE 183 /* EM_AARCH64 */

#define NUMBER_OPENAT 56
#define NUMBER_CLOSE 57
#define NUMBER_LSEEK 62
#define NUMBER_READ 63
#define NUMBER_WRITE 64
#define NUMBER_PREAD64 67
#define NUMBER_EXIT_GROUP 94
#define NUMBER_MMAP 222

#if defined(__aarch64__)

__asm__(".pushsection .text._start,\"ax\",%progbits\n"
	".globl _start\n"
	".type _start, %function\n"
	"_start:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined x30\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x0, sp\n"
	"	and sp, x0, #-16\n"
	"	b weld_start\n"
	"	.cfi_endproc\n"
	".size _start, . - _start\n"
	".popsection\n");

#endif

#endif
