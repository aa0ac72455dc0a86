/* SPDX-License-Identifier: MIT */
/*
 * variadic: the functions of variadic.c, called from another unit.
 */
#ifndef TESTS_UNIT_NEUTRAL_VARIADIC_H
#define TESTS_UNIT_NEUTRAL_VARIADIC_H

#include <stdarg.h>

struct one {
	int a;
};

struct two {
	long a, b;
};

struct three {
	long a, b, c;
};

struct floats {
	float a, b;
};

struct aligned {
	__int128 wide;
};

typedef int vector __attribute__((vector_size(16)));

/* Each folds its arguments into one number, so that order and size matter. */
long sum(int count, ...);
long sum_alias(int count, ...);
long sum_list(const char *kinds, va_list args);
long sum_kinds(const char *kinds, ...);
long sum_twice(const char *kinds, ...);
long sum_by_pointer(int count, ...);
long optional(int flags, ...);
long greedy(int count, ...);
long descend(int depth, ...);
long interpret(int count, ...);
struct three make_three(int count, ...);
int narrow_sum(signed char a, unsigned short b, ...);

#endif
