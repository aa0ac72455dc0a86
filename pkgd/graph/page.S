/* SPDX-License-Identifier: MIT */
/* The parts of the page that weld graph --format html writes, as text: write_html.c. */
	.section .rodata, "a"

	.macro embed name, file
	.globl page_\name
	.globl page_\name\()_end
page_\name:
	.incbin "\file"
page_\name\()_end:
	.endm

	embed html, "page.html"
	embed css, "page.css"
	embed model, "model.js"
	embed layout, "layout.js"
	embed draw, "draw.js"
	embed page, "page.js"

	.section .note.GNU-stack, "", %progbits
