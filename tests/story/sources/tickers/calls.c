/* SPDX-License-Identifier: MIT */
/* Calls the small function by name, and by an address that is everybody's. */
#include <stdio.h>
#include <tick.h>

int (*volatile scale)(int) = tick_scale;

int
main(int argc, char **argv)
{
	(void)argv;
	printf("%d %d %d\n", tick_scale(argc), scale(argc), scale == tick_scale);
	return 0;
}
