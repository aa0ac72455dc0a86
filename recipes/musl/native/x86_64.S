/* SPDX-License-Identifier: MIT */
/* What musl's own assembly for x86-64 does not have: constants and names. */
	.macro constant name, value
	.globl \name
	.hidden \name
	.set \name, \value
	.endm

	constant __weld_tp_adjust, 0
	constant __weld_tls_gap, 1
	constant __weld_context_pc, 168 /* uc_mcontext.gregs[REG_RIP] */
	constant __weld_context_mask, 296 /* uc_sigmask */

	.section .rodata, "a"
	.globl __weld_vdso_version
	.hidden __weld_vdso_version
__weld_vdso_version:
	.asciz "LINUX_2.6"
	.globl __weld_vdso_clock_gettime
	.hidden __weld_vdso_clock_gettime
__weld_vdso_clock_gettime:
	.asciz "__vdso_clock_gettime"

	.section .note.GNU-stack, "", %progbits
