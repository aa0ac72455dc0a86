/* SPDX-License-Identifier: MIT */
#include "sum.h"
#include <stdlib.h>

#ifdef SUM_ASM
long sum_fast(const int *values, long count);

/* As upstreams do that let people choose: the neutral unit has nothing to ask for. */
const char *
sum_how(void)
{
	return getenv("SUM_QUIET") != NULL ? "quiet" : "assembly";
}

long
sum(const int *values, long count)
{
	return count > 0 ? sum_fast(values, count) : 0;
}
#else
const char *
sum_how(void)
{
	return "C";
}

long
sum(const int *values, long count)
{
	long total = 0;

	for (long i = 0; i < count; i++)
		total += values[i];
	return total;
}
#endif

/* Called by the assembly, too: for one value there is nothing to gain. */
__attribute__((visibility("hidden"))) long
sum_one(const int *values)
{
	return values[0];
}
