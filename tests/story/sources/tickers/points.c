/* SPDX-License-Identifier: MIT */
/* Only takes the small function's address. */
#include <stdio.h>
#include <tick.h>

int (*volatile scale)(int) = tick_scale;

int
main(int argc, char **argv)
{
	(void)argv;
	printf("%d\n", scale(argc));
	return 0;
}
