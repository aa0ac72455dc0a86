/* SPDX-License-Identifier: MIT */
	.hidden features
	.comm features, 16, 4

	.text
	.globl ask
	.type ask, @function
ask:
	leaq features(%rip), %rax
	movslq %edi, %rdi
	movl (%rax,%rdi,4), %edi
	jmp twice
	.size ask, . - ask

	.section .note.GNU-stack, "", @progbits
