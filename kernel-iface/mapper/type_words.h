/* SPDX-License-Identifier: MIT */
/*
 * type_words: what libc calls back, as its checked calls through a pointer want it.
 *
 * In front of a function stands a word for its type (linker/harden.h); the compiler of the
 * mapper knows no such words, so each function that is handed to libc gets an entry here,
 * which is the word and a jump.
 */
#ifndef KERNEL_IFACE_MAPPER_TYPE_WORDS_H
#define KERNEL_IFACE_MAPPER_TYPE_WORDS_H

#define TYPE_WORD_START 0x4a0c5201 /* void (i32, ptr, ptr) */
#define TYPE_WORD_END 0x4b0bdb3f /* void () */

#if defined(__x86_64__)
#define TYPE_JUMP "jmp"
#elif defined(__aarch64__)
#define TYPE_JUMP "b"
#elif defined(__riscv)
#define TYPE_JUMP "tail"
#endif

#define TYPE_TEXT(number) TYPE_TEXT_OF(number)
#define TYPE_TEXT_OF(number) #number

/* Define the hidden function `entry`: what leads to `function`, with a word in front of it. */
#define TYPE_ENTRY(entry, function, word)                                                     \
	__asm__(".pushsection .text." #entry ",\"ax\",%progbits\n"                            \
		".balign 16\n"                                                                \
		"	.skip 12\n"                                                                 \
		"	.4byte " TYPE_TEXT(word) "\n"                                         \
						 ".hidden " #entry "\n"                       \
						 ".globl " #entry "\n"                        \
						 ".type " #entry ", %function\n" #entry ":\n" \
						 "	" TYPE_JUMP " " #function "\n"        \
						 ".size " #entry ", . - " #entry "\n"         \
						 ".popsection\n")

#endif
