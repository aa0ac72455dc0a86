/* SPDX-License-Identifier: MIT */
#include "rules.h"

extern void nowhere(void) __attribute__((weak));

int
main(void)
{
	printf("%s; %s; nowhere %d\n", weak_report(), weak_name(), nowhere != NULL);
	return 0;
}
