/* SPDX-License-Identifier: MIT */
/* Of two libraries that define a name the first that was named is meant. */
#include "rules.h"

int
main(void)
{
	printf("%s, %s, %s\n", order_name(), order1_own(), order2_own());
	return 0;
}
