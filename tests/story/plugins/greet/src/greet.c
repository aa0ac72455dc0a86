/* SPDX-License-Identifier: MIT */
/* Two functions for host; zlib comes along, which host does not import. */
#include <host.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int greet_values[] = { 1, 2, 3 };
static int begun, zeros[5000];

__attribute__((constructor)) static void
begin(void)
{
	begun = host_add(1, 1);
}

__attribute__((destructor)) static void
end(void)
{
	host_say("greet: end");
}

static void
at_exit(void)
{
	host_say("greet: atexit");
}

__attribute__((visibility("hidden"))) int
hidden_helper(int a)
{
	return host_add(a, (int)(crc32(0, (const Bytef *)"abc", 3) == 0x352441c2));
}

int
greet(const char *name)
{
	int values[] = { 3, 1, 2 };

	if (name != NULL) {
		if (zeros[4999]++ == 0)
			atexit(at_exit);
		printf("greet: hello %s, %d %d\n", name, begun, zeros[4999]);
		fflush(stdout);
	}
	qsort(values, 3, sizeof values[0], host_compare);
	return hidden_helper(values[2]) + values[0] + values[1] + (begun == 2) - 1;
}

void *
qsort_of(void)
{
	return (void *)qsort;
}

void *
compare_of(void)
{
	return (void *)host_compare;
}

int *
values_of(void)
{
	return greet_values;
}
