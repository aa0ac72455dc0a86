/* SPDX-License-Identifier: MIT */
int plus_fast(int a, int b);
int twice(int number);

#ifndef WITH_ASSEMBLY
__attribute__((visibility("hidden"))) int
plus_fast(int a, int b)
{
	return a + b;
}
#endif

/* The program's function, and the machine code beside this unit. */
int
plus(int a, int b)
{
	return plus_fast(twice(a), twice(b));
}
