/* SPDX-License-Identifier: MIT */
/* What musl's own assembly for AArch64 does not have: vfork, constants and names, and
   what src/execinfo needs to know of the CPU: struct frame, and the frame of a signal. */
	.macro constant name, value
	.globl \name
	.hidden \name
	.set \name, \value
	.endm

	constant __weld_tp_adjust, 632
	constant __weld_tls_gap, 17
	constant __weld_context_pc, 440 /* uc_mcontext.pc */
	constant __weld_context_mask, 40 /* uc_sigmask */
	constant __weld_unwind_sp, 31
	constant __weld_signal_pc, 568
	constant __weld_signal_code_size, 8

	.text
	.globl __weld_get_registers
	.hidden __weld_get_registers
	.type __weld_get_registers, %function
__weld_get_registers:
	stp x19, x20, [x0, #152]
	stp x21, x22, [x0, #168]
	stp x23, x24, [x0, #184]
	stp x25, x26, [x0, #200]
	stp x27, x28, [x0, #216]
	stp x29, x30, [x0, #232]
	mov x1, sp
	str x1, [x0, #248]
	str x30, [x0, #264]
	ret
	.size __weld_get_registers, . - __weld_get_registers

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
	.globl __weld_signal_code
	.hidden __weld_signal_code
__weld_signal_code:
	.byte 0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4
	.balign 2
	.globl __weld_signal_registers
	.hidden __weld_signal_registers
__weld_signal_registers: /* from sp, by DWARF number */
	.short 312, 320, 328, 336, 344, 352, 360, 368, 376, 384, 392
	.short 400, 408, 416, 424, 432, 440, 448, 456, 464, 472, 480
	.short 488, 496, 504, 512, 520, 528, 536, 544, 552, 560, 0
	.globl __weld_vdso_version
	.hidden __weld_vdso_version
__weld_vdso_version:
	.asciz "LINUX_2.6.39"
	.globl __weld_vdso_clock_gettime
	.hidden __weld_vdso_clock_gettime
__weld_vdso_clock_gettime:
	.asciz "__kernel_clock_gettime"

	.section .note.GNU-stack, "", %progbits
