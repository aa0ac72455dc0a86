/* SPDX-License-Identifier: MIT */
/* A library calls the program, which calls the library, and sometimes leaves by longjmp(). */
#include "rules.h"
#include <setjmp.h>

static jmp_buf out;

static int
step(int depth, void *data)
{
	int *calls = data;
	++*calls;
	if (depth == 9)
		longjmp(out, walk_depth());
	return depth < 2 ? walk_depth() : walk(depth - 2, step, data);
}

static int
compare(const void *a, const void *b)
{
	int calls = 0;
	return walk(3, step, &calls) * 0 + *(const int *)a - *(const int *)b;
}

int
main(void)
{
	int calls = 0, numbers[] = { 3, 1, 2 };
	volatile int sum = walk(7, step, &calls);
	printf("%d in %d calls, depth %d\n", sum, calls, walk_depth());
	qsort(numbers, 3, sizeof numbers[0], compare);
	printf("%d %d %d\n", numbers[0], numbers[1], numbers[2]);
	sum = setjmp(out);
	if (sum == 0)
		walk(12, step, &calls);
	printf("left at depth %d\n", sum);
	return 0;
}
