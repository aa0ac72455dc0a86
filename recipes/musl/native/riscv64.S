/* SPDX-License-Identifier: MIT */
/* What musl's own assembly for RISC-V does not have: vfork, constants and names. */
	.macro constant name, value
	.globl \name
	.hidden \name
	.set \name, \value
	.endm

	constant __weld_tp_adjust, 632
	constant __weld_tls_gap, 1
	constant __weld_context_pc, 176 /* uc_mcontext.__gregs[0] */
	constant __weld_context_mask, 40 /* uc_sigmask */

	.text
	.globl vfork
	.type vfork, %function
vfork:
	li a0, 0x4111 /* CLONE_VM | CLONE_VFORK | SIGCHLD */
	li a1, 0
	li a7, 220 /* SYS_clone */
	ecall
	.hidden __syscall_ret
	tail __syscall_ret
	.size vfork, . - vfork

	.section .rodata, "a"
	.globl __weld_vdso_version
	.hidden __weld_vdso_version
__weld_vdso_version:
	.asciz "LINUX_4.15"
	.globl __weld_vdso_clock_gettime
	.hidden __weld_vdso_clock_gettime
__weld_vdso_clock_gettime:
	.asciz "__vdso_clock_gettime"

	.section .note.GNU-stack, "", %progbits
