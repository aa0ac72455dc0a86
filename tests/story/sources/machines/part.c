/* SPDX-License-Identifier: MIT */
/* A library with what crosses the border between images: data, pointers, structures, jumps. */
#include "part.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int part_order[4];
int part_begun;
const char *const part_names[3] = { "north", "east", "south" };
static unsigned compare_calls;

void
part_begin(int who)
{
	part_order[part_begun++] = who;
}

__attribute__((constructor)) static void
begin(void)
{
	part_begin(1);
}

__attribute__((destructor)) static void
end(void)
{
	printf("part ends\n");
	fflush(stdout);
}

int
part_twice(int value)
{
	return 2 * value;
}

int (*part_twice_address(void))(int)
{
	return part_twice;
}

double
part_sum(const char *types, ...)
{
	double total = 0;
	struct part_large large;
	va_list args;

	va_start(args, types);
	for (; *types; types++)
		switch (*types) {
		case 'i':
			total += va_arg(args, int);
			break;
		case 'd':
			total += va_arg(args, double);
			break;
		case 'L':
			total += (double)va_arg(args, long double);
			break;
		case 'l':
			total += (double)va_arg(args, long);
			break;
		default:
			large = va_arg(args, struct part_large);
			total += large.d + (double)large.l + large.text[19];
		}
	va_end(args);
	return total;
}

struct part_large
part_make(double d, long l)
{
	struct part_large large = { d, l, { 0 } };

	snprintf(large.text, sizeof large.text, "%g/%ld", d, l);
	return large;
}

long double
part_precise(long double x, int n)
{
	long double sum = 0;

	for (int i = 1; i <= n; i++)
		sum += x / i;
	return sqrtl(sum) * 3;
}

double complex
part_turn(double complex z)
{
	return z * I;
}

int
part_call_back(int (*function)(void *data, int i), void *data)
{
	int sum = 0;

	for (int i = 0; i < 5; i++)
		sum += function(data, i);
	return sum;
}

void
part_jump(jmp_buf buffer, int value)
{
	longjmp(buffer, value);
}

static int
compare_up(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	compare_calls++;
	return (left > right) - (left < right);
}

static int
compare_down(const void *a, const void *b)
{
	return compare_up(b, a);
}

unsigned
part_compare_calls(void)
{
	return compare_calls;
}

void
part_sort(double *values, int count, int is_down)
{
	qsort(values, (size_t)count, sizeof *values, is_down ? compare_down : compare_up);
}
