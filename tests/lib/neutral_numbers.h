/* SPDX-License-Identifier: MIT */
/*
 * neutral_numbers: system call numbers as the kernel's asm-generic header has them.
 *
 * A file of its own, because that header and the machine's own define the same names.
 */
#ifndef TESTS_LIB_NEUTRAL_NUMBERS_H
#define TESTS_LIB_NEUTRAL_NUMBERS_H

struct neutral_number {
	const char *name;
	int number;
};

/* The end is a NULL name. */
extern const struct neutral_number neutral_numbers[];

/* Above every number of the header. */
extern const int neutral_numbers_limit;

#endif
