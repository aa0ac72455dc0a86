/* SPDX-License-Identifier: MIT */
	.text
	.globl sum_fast
	.hidden sum_fast
	.type sum_fast, @function
sum_fast:
	cmpq $1, %rsi
	je sum_one
	xorl %eax, %eax
	leaq (%rdi,%rsi,4), %rdx
1:	movslq (%rdi), %rcx
	addq %rcx, %rax
	addq $4, %rdi
	cmpq %rdx, %rdi
	jne 1b
	ret
	.size sum_fast, . - sum_fast

	.section .note.GNU-stack, "", @progbits
