/* SPDX-License-Identifier: MIT */
#include "rules.h"

/* Names that the library has, too, but does not show. */
int
hidden_add(int n)
{
	return -n;
}

int
local_add(int n)
{
	return -2 * n;
}

static names_function *const own_table[] = { names_twice, names_via_table };
static int *const pointer = &names_common[2];

int
main(void)
{
	names_common[1] = 4;
	*pointer = 5;
	names_data += 2;
	printf("%d %d %d %d %d\n", names_twice(3), names_alias(3), names_guarded(3),
		names_via_table(3), names_sum());
	printf("%d %d\n", hidden_add(1), local_add(1));
	printf("same functions: %d %d %d %d\n", names_get("twice") == names_twice,
		names_get("twice") == own_table[0], names_get("") == own_table[1],
		names_get("twice") == names_alias);
	printf("same libc: %d\n", names_libc() == malloc);
	return 0;
}
