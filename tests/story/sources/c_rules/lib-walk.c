/* SPDX-License-Identifier: MIT */
#include "rules.h"

static _Thread_local int depth;

int
walk(int rest, walk_step *step, void *data)
{
	int sum;
	depth++;
	sum = rest == 0 ? 1 : step(rest, data) + walk(rest - 1, step, data);
	depth--;
	return sum;
}

int
walk_depth(void)
{
	return depth;
}
