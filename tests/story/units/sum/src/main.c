/* SPDX-License-Identifier: MIT */
#include "sum.h"
#include <stdio.h>

int
main(void)
{
	int values[] = { 1, 2, 3, 4, -5, 2000000000, 2000000000 };

	printf("%ld %ld %ld %s\n", sum(values, 7), sum(values, 1), sum(values, 0), sum_how());
	return 0;
}
