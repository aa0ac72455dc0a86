/* SPDX-License-Identifier: MIT */
/* The start and support objects of every architecture, as bytes: objects.c. */
	.section .rodata, "a"

	.macro embed name, file
	.balign 16
	.globl kernel_\name
	.globl kernel_\name\()_end
kernel_\name:
	.incbin "\file"
kernel_\name\()_end:
	.endm

	embed start_x86_64, "start-x86_64.o"
	embed start_aarch64, "start-aarch64.o"
	embed start_riscv64, "start-riscv64.o"
	embed support_x86_64, "support-x86_64.o"
	embed support_aarch64, "support-aarch64.o"
	embed support_riscv64, "support-riscv64.o"

	.section .note.GNU-stack, "", %progbits
