/* SPDX-License-Identifier: MIT */
/* Variable arguments of every kind that the front end knows. */
#include <stdarg.h>

#include "tests/unit/neutral/variadic.h"

long
sum(int count, ...)
{
	va_list args;
	long total = 0;

	va_start(args, count);
	for (int i = 0; i < count; i++)
		total = total * 3 + va_arg(args, int);
	va_end(args);
	return total;
}

long sum_alias(int count, ...) __attribute__((alias("sum")));

long
sum_list(const char *kinds, va_list args)
{
	long total = 0;

	for (; *kinds != '\0'; kinds++)
		switch (*kinds) {
		case 'i':
			total = total * 3 + va_arg(args, int);
			break;
		case 'u':
			total = total * 3 + (long)va_arg(args, unsigned);
			break;
		case 'l':
			total = total * 3 + va_arg(args, long);
			break;
		case 'd':
			total = total * 3 + (long)(va_arg(args, double) * 8);
			break;
		case 'D':
			total = total * 3 + (long)(va_arg(args, long double) * 8);
			break;
		case 'q': {
			__int128 wide = va_arg(args, __int128);

			total = total * 3 + (long)wide + (long)(wide >> 64);
			break;
		}
		case 's':
			total = total * 3 + va_arg(args, const char *)[1];
			break;
		case '1':
			total = total * 3 + va_arg(args, struct one).a;
			break;
		case '2': {
			struct two two = va_arg(args, struct two);

			total = total * 3 + two.a + 5 * two.b;
			break;
		}
		case '3': {
			struct three three = va_arg(args, struct three);

			total = total * 3 + three.a + 5 * three.b + 7 * three.c;
			break;
		}
		case 'f': {
			struct floats floats = va_arg(args, struct floats);

			total = total * 3 + (long)(floats.a * 4 + floats.b * 16);
			break;
		}
		case 'a':
			total = total * 3 + (long)va_arg(args, struct aligned).wide;
			break;
		case 'c': {
			_Complex double complex = va_arg(args, _Complex double);

			total = total * 3 + (long)(__real__ complex + 9 * __imag__ complex);
			break;
		}
		case 'C': {
			_Complex float complex = va_arg(args, _Complex float);

			total = total * 3 + (long)(__real__ complex + 9 * __imag__ complex);
			break;
		}
		case 'v':
			total = total * 3 + va_arg(args, vector)[2];
			break;
		}
	return total;
}

long
sum_kinds(const char *kinds, ...)
{
	va_list args;
	long total;

	va_start(args, kinds);
	total = sum_list(kinds, args);
	va_end(args);
	return total;
}

long
sum_twice(const char *kinds, ...)
{
	va_list args, again;
	long total;

	va_start(args, kinds);
	(void)va_arg(args, int);
	va_copy(again, args);
	total = sum_list(kinds, args);
	total = total * 11 + sum_list(kinds, again);
	va_end(again);
	va_end(args);
	return total;
}

static long
next_of(va_list *args)
{
	return va_arg(*args, int);
}

long
sum_by_pointer(int count, ...)
{
	va_list args;
	long total = 0;

	va_start(args, count);
	for (int i = 0; i < count; i++)
		total = total * 3 + next_of(&args);
	va_end(args);
	return total;
}

/* Like open(): the second argument is looked at only sometimes, but read always. */
long
optional(int flags, ...)
{
	va_list args;
	long mode;

	va_start(args, flags);
	mode = va_arg(args, long);
	va_end(args);
	return flags & 1 ? mode : flags;
}

long
greedy(int count, ...)
{
	va_list args;
	long values[6];

	va_start(args, count);
	for (int i = 0; i < 6; i++)
		values[i] = va_arg(args, long);
	va_end(args);
	return count > 1 ? values[0] + values[1] : values[0];
}

long
descend(int depth, ...)
{
	va_list args;
	long value;

	va_start(args, depth);
	value = va_arg(args, long);
	va_end(args);
	return depth == 0 ? value : descend(depth - 1, value * 3 + depth) + value;
}

/* A table of labels holds addresses inside the function, which the rewrite replaces. */
long
interpret(int count, ...)
{
	static const void *const labels[] = { &&add, &&subtract, &&end };
	va_list args;
	long total = 0;

	va_start(args, count);
	goto *labels[va_arg(args, int)];
add:
	total += va_arg(args, int);
	goto *labels[va_arg(args, int)];
subtract:
	total -= va_arg(args, int);
	goto *labels[va_arg(args, int)];
end:
	va_end(args);
	return total + count;
}

struct three
make_three(int count, ...)
{
	va_list args;
	struct three three;

	va_start(args, count);
	three.a = va_arg(args, long);
	three.b = va_arg(args, long);
	three.c = count;
	va_end(args);
	return three;
}

int
narrow_sum(signed char a, unsigned short b, ...)
{
	va_list args;
	int total;

	va_start(args, b);
	total = a + b + va_arg(args, int);
	va_end(args);
	return total;
}
