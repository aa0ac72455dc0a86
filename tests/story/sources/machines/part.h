/* SPDX-License-Identifier: MIT */
/* What the two libraries offer. */
#ifndef PART_H
#define PART_H

#include <complex.h>
#include <setjmp.h>

struct part_large {
	double d;
	long l;
	char text[20];
};

extern int part_order[4]; /* who began, in order */
extern int part_begun;
extern const char *const part_names[3];

void part_begin(int who);
int part_twice(int value);
int (*part_twice_address(void))(int);
double part_sum(const char *types, ...); /* i, d, L (long double), l, S (struct part_large) */
struct part_large part_make(double d, long l);
long double part_precise(long double x, int n);
double complex part_turn(double complex z);
int part_call_back(int (*function)(void *data, int i), void *data);
void part_jump(jmp_buf buffer, int value);
unsigned part_compare_calls(void);
void part_sort(double *values, int count, int is_down);

int perthread_add(int value); /* returns the sum of this thread */
int *perthread_place(void);

#endif
