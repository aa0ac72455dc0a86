/* SPDX-License-Identifier: MIT */
/* What musl's own assembly for x86-64 does not have: constants and names, and
   what src/execinfo needs to know of the CPU: struct frame, and the frame of a signal. */
	.macro constant name, value
	.globl \name
	.hidden \name
	.set \name, \value
	.endm

	constant __weld_tp_adjust, 0
	constant __weld_tls_gap, 1
	constant __weld_context_pc, 168 /* uc_mcontext.gregs[REG_RIP] */
	constant __weld_context_mask, 296 /* uc_sigmask */
	constant __weld_unwind_sp, 7
	constant __weld_signal_pc, 168
	constant __weld_signal_code_size, 9

	.text
	.globl __weld_get_registers
	.hidden __weld_get_registers
	.type __weld_get_registers, @function
__weld_get_registers:
	mov %rbx, 24(%rdi)
	mov %rbp, 48(%rdi)
	lea 8(%rsp), %rax
	mov %rax, 56(%rdi)
	mov %r12, 96(%rdi)
	mov %r13, 104(%rdi)
	mov %r14, 112(%rdi)
	mov %r15, 120(%rdi)
	mov (%rsp), %rax
	mov %rax, 264(%rdi)
	ret
	.size __weld_get_registers, . - __weld_get_registers

	.section .rodata, "a"
	.globl __weld_signal_code
	.hidden __weld_signal_code
__weld_signal_code:
	.byte 0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05
	.balign 2
	.globl __weld_signal_registers
	.hidden __weld_signal_registers
__weld_signal_registers: /* from sp, by DWARF number */
	.short 144, 136, 152, 128, 112, 104, 120, 160, 40, 48, 56
	.short 64, 72, 80, 88, 96, 0, 0, 0, 0, 0, 0
	.short 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
	.globl __weld_vdso_version
	.hidden __weld_vdso_version
__weld_vdso_version:
	.asciz "LINUX_2.6"
	.globl __weld_vdso_clock_gettime
	.hidden __weld_vdso_clock_gettime
__weld_vdso_clock_gettime:
	.asciz "__vdso_clock_gettime"

	.section .note.GNU-stack, "", %progbits
