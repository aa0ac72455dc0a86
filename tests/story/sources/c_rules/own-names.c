/* SPDX-License-Identifier: MIT */
/* A program that defines what the library defines and calls: C takes the program's. */
#include "rules.h"

int names_data = 500;

int
names_twice(int n)
{
	return 3 * n;
}

/* This one is protected there. */
int
names_guarded(int n)
{
	return 7 * n;
}

int
main(void)
{
	printf("%d %d %d %d\n", names_twice(3), names_guarded(3), names_via_table(3),
		names_sum());
	printf("same functions: %d\n", names_get("twice") == names_twice);
	return 0;
}
