/* SPDX-License-Identifier: MIT */
/* Has a function of that name itself. */
#include <stdio.h>
#include <tick.h>

int
tick_scale(int value)
{
	static const int values[] = { 1, 2, 3 };

	return value - tick_total(values, 3);
}

int (*volatile scale)(int) = tick_scale;

int
main(int argc, char **argv)
{
	(void)argv;
	printf("%d %d %d\n", tick_scale(argc), scale(argc), scale == tick_scale);
	return 0;
}
