/* SPDX-License-Identifier: MIT */
/* A library with thread-local variables, one with an alignment of its own. */
#include "part.h"

static _Thread_local int sum = 100;
static _Thread_local char zeros[200];
static _Thread_local int place __attribute__((aligned(64))) = 7;

int
perthread_add(int value)
{
	sum += value + zeros[value % 200];
	return sum;
}

int *
perthread_place(void)
{
	return &place;
}
