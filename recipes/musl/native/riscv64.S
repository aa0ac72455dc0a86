/* SPDX-License-Identifier: MIT */
/* What musl's own assembly for RISC-V does not have: vfork, constants and names, and
   what src/execinfo needs to know of the CPU: struct frame, and the frame of a signal. */
	.macro constant name, value
	.globl \name
	.hidden \name
	.set \name, \value
	.endm

	constant __weld_tp_adjust, 632
	constant __weld_tls_gap, 1
	constant __weld_context_pc, 176 /* uc_mcontext.__gregs[0] */
	constant __weld_context_mask, 40 /* uc_sigmask */
	constant __weld_unwind_sp, 2
	constant __weld_signal_pc, 304
	constant __weld_signal_code_size, 8

	.text
	.globl __weld_get_registers
	.hidden __weld_get_registers
	.type __weld_get_registers, %function
__weld_get_registers:
	sd ra, 8(a0)
	sd sp, 16(a0)
	sd s0, 64(a0)
	sd s1, 72(a0)
	sd s2, 144(a0)
	sd s3, 152(a0)
	sd s4, 160(a0)
	sd s5, 168(a0)
	sd s6, 176(a0)
	sd s7, 184(a0)
	sd s8, 192(a0)
	sd s9, 200(a0)
	sd s10, 208(a0)
	sd s11, 216(a0)
	sd ra, 264(a0)
	ret
	.size __weld_get_registers, . - __weld_get_registers

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
	.globl __weld_signal_code
	.hidden __weld_signal_code
__weld_signal_code:
	.byte 0x93, 0x08, 0xb0, 0x08, 0x73, 0, 0, 0
	.balign 2
	.globl __weld_signal_registers
	.hidden __weld_signal_registers
__weld_signal_registers: /* from sp, by DWARF number */
	.short 0, 312, 320, 328, 336, 344, 352, 360, 368, 376, 384
	.short 392, 400, 408, 416, 424, 432, 440, 448, 456, 464, 472
	.short 480, 488, 496, 504, 512, 520, 528, 536, 544, 552, 0
	.globl __weld_vdso_version
	.hidden __weld_vdso_version
__weld_vdso_version:
	.asciz "LINUX_4.15"
	.globl __weld_vdso_clock_gettime
	.hidden __weld_vdso_clock_gettime
__weld_vdso_clock_gettime:
	.asciz "__vdso_clock_gettime"

	.section .note.GNU-stack, "", %progbits
