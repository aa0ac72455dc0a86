/* SPDX-License-Identifier: MIT */
/* Does not know the small function. */
#include <stdio.h>
#include <tick.h>

int
main(void)
{
	static const int values[] = { 1, 2, 3 };

	printf("%d\n", tick_total(values, 3));
	return 0;
}
