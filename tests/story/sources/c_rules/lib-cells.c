/* SPDX-License-Identifier: MIT */
/* Initial values, zeros, and an alignment that no allocator gives by itself. */
#include "rules.h"

static _Thread_local int first = 17;
static _Thread_local _Alignas(64) char wide[100];
static _Thread_local struct {
	char name[5];
	long value;
} cell = { "abcd", -5 };

int
cells_next(int step)
{
	first += step;
	wide[first % 100]++;
	return first;
}

int
cells_check(void)
{
	int sum = 0;
	for (int i = 0; i < 100; i++)
		sum += wide[i];
	return (uintptr_t)wide % 64 == 0 && strcmp(cell.name, "abcd") == 0
		       ? sum * 1000 + (int)cell.value--
		       : -1;
}
