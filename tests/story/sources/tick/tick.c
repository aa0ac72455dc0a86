/* SPDX-License-Identifier: MIT */
#include "tick.h"

static int grand_total;

int
tick_scale(int value)
{
	return value * FACTOR + 1;
}

int
tick_total(const int *values, int count)
{
	for (int i = 0; i < count; i++)
		grand_total += values[i] * WEIGHT;
	return grand_total;
}
