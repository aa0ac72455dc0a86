/* SPDX-License-Identifier: MIT */
/* Common symbols, aliases, visibility, versions, tables, and addresses of functions. */
#include "rules.h"

int names_common[4]; /* compiled with -fcommon */
int names_data = 10;

__attribute__((visibility("hidden"))) int
hidden_add(int n)
{
	return n + names_data;
}

/* Hidden by the version script. */
int
local_add(int n)
{
	return hidden_add(n) + 1;
}

__attribute__((noinline)) int
names_twice(int n)
{
	return 2 * n;
}

int names_alias(int n) __attribute__((alias("names_twice")));

/* Its own library calls this one, whoever else defines the name. */
__attribute__((visibility("protected"), noinline)) int
names_guarded(int n)
{
	return n + 1;
}

static names_function *const table[] = { names_twice, names_guarded, hidden_add, local_add };

int
names_via_table(int n)
{
	int sum = 0;
	for (unsigned i = 0; i < 4; i++)
		sum = sum * 10 + table[i](n);
	return sum;
}

int
names_sum(void)
{
	int sum = names_data + names_guarded(100) + names_twice(1000);
	for (int i = 0; i < 4; i++)
		sum += names_common[i];
	return sum;
}

names_function *
names_get(const char *which)
{
	return strcmp(which, "twice") == 0 ? names_twice : names_via_table;
}

void *(*names_libc(void))(size_t)
{
	return malloc;
}
