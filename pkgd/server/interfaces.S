/* SPDX-License-Identifier: MIT */
/* The interface descriptions that pkgd serves and checks against, as text: main.c. */
	.section .rodata, "a"

	.macro embed name, file
	.globl \name\()_text
	.globl \name\()_text_end
\name\()_text:
	.incbin "\file"
\name\()_text_end:
	.byte 0
	.endm

	embed interface, "org.weld.pkgd.varlink"
	embed service, "server/org.varlink.service.varlink"

	.section .note.GNU-stack, "", %progbits
