/* SPDX-License-Identifier: MIT */
/*
 * arch_x86_64: entry point and system calls of the mapper on x86-64.
 */
#ifndef KERNEL_IFACE_MAPPER_ARCH_X86_64_H
#define KERNEL_IFACE_MAPPER_ARCH_X86_64_H

#include "kernel-iface/mapper/arch_x86_64_call.h"

#define ELF_MACHINE 62 /* EM_X86_64 */

#define NUMBER_READ 0
#define NUMBER_WRITE 1
#define NUMBER_CLOSE 3
#define NUMBER_LSEEK 8
#define NUMBER_MMAP 9
#define NUMBER_PREAD64 17
#define NUMBER_EXIT_GROUP 231
#define NUMBER_OPENAT 257

#if defined(__x86_64__)

__asm__(".pushsection .text._start,\"ax\",@progbits\n"
	".globl _start\n"
	".type _start, @function\n"
	"_start:\n"
	"	.cfi_startproc\n"
	"	.cfi_undefined rip\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rsp, %rdi\n"
	"	andq $-16, %rsp\n"
	"	call weld_start\n"
	"	.cfi_endproc\n"
	".size _start, . - _start\n"
	".popsection\n");

#endif

#endif
