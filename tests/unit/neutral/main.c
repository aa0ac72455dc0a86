/* SPDX-License-Identifier: MIT */
/* Compiled natively: print what each case gives. */
#include "tests/unit/neutral/cases.h"

#include <stdio.h>

#define CASE(name) long case_##name(void);
CASES(CASE)
#undef CASE

int
main(void)
{
#define CASE(name) printf("%s %ld\n", #name, case_##name());
	CASES(CASE)
#undef CASE
	return 0;
}
