/* SPDX-License-Identifier: MIT */
/* What musl's own assembly for AArch64 does not have: vfork, constants and names. */
	.macro constant name, value
	.globl \name
	.hidden \name
	.set \name, \value
	.endm

	constant __weld_tp_adjust, 632
	constant __weld_tls_gap, 17
	constant __weld_context_pc, 440 /* uc_mcontext.pc */
	constant __weld_context_mask, 40 /* uc_sigmask */

	.text
	.globl vfork
	.type vfork, %function
vfork:
	mov x0, #0x4111 // CLONE_VM | CLONE_VFORK | SIGCHLD
	mov x1, #0
	mov x8, #220 // SYS_clone
	svc #0
	.hidden __syscall_ret
	b __syscall_ret
	.size vfork, . - vfork

	.section .rodata, "a"
	.globl __weld_vdso_version
	.hidden __weld_vdso_version
__weld_vdso_version:
	.asciz "LINUX_2.6.39"
	.globl __weld_vdso_clock_gettime
	.hidden __weld_vdso_clock_gettime
__weld_vdso_clock_gettime:
	.asciz "__kernel_clock_gettime"

	.section .note.GNU-stack, "", %progbits
