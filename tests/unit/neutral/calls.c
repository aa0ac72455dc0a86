/* SPDX-License-Identifier: MIT */
/* The cases: calls of variadic functions, and other things that a target could do differently. */
#include <stdarg.h>

#include "tests/unit/neutral/cases.h"
#include "tests/unit/neutral/variadic.h"

#define CASE(name) long case_##name(void);
CASES(CASE)
#undef CASE

long
case_integers(void)
{
	return sum(5, 1, -2, 3, (char)-4, (short)5) + sum(1, 7);
}

long
case_mixed(void)
{
	return sum_kinds("iduDqsl", -4, 2.5, 4000000000u, 3.25L, (__int128)9 << 70, "abc", -1L);
}

long
case_aligned(void)
{
	struct aligned aligned = { 77 };

	return sum_kinds("DqDaq", 1.5L, (__int128)-2, 2.5L, aligned, (__int128)5 << 65);
}

long
case_odd_aligned(void)
{
	struct aligned aligned = { -77 };

	return sum_kinds("iDiqiaiDl", 1, 1.5L, 2, (__int128)-2, 3, aligned, 4, 2.5L, 5L);
}

long
case_structs(void)
{
	struct one one = { 11 };
	struct two two = { 22, 23 };
	struct three three = { 31, 32, 33 };
	struct floats floats = { 1.25f, 2.5f };

	return sum_kinds("1i2i3if1", one, 1, two, 2, three, 3, floats, one);
}

long
case_complex(void)
{
	_Complex double wide = 3.0 + 4.0i;
	_Complex float narrow = 5.0f + 6.0fi;

	return sum_kinds("cCic", wide, narrow, 3, wide);
}

long
case_copy(void)
{
	return sum_twice("idD", 9, 1, 2.0, 3.0L);
}

long
case_pointer_to_list(void)
{
	return sum_by_pointer(4, 4, 3, 2, 1);
}

long
case_function_pointer(void)
{
	long (*volatile pointer)(int, ...) = sum;
	long (*table[2])(int, ...) = { sum, sum_by_pointer };

	return pointer(3, 1, 2, 3) + 2 * table[1](2, 5, 6) + table[0](1, 9);
}

long
case_nested(void)
{
	return sum(3, (int)sum(2, 1, 2), (int)sum(3, 4, (int)sum(1, 5), 6), (int)sum(1, 7));
}

long
case_recursive(void)
{
	return descend(9, 1L);
}

long
case_no_arguments(void)
{
	return optional(4) + 10 * optional(3, 8L) + sum(0);
}

long
case_more_than_given(void)
{
	return greedy(1, 5L) + 100 * greedy(2, 6L, 7L);
}

long
case_many(void)
{
	return sum(20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
}

long
case_through_alias(void)
{
	return sum_alias(3, 4, 5, 6);
}

static long
late(int count, ...)
{
	va_list args;
	long total = count;

	va_start(args, count);
	for (int i = 0; i < count; i++)
		total = total * 3 + va_arg(args, int);
	va_end(args);
	return total;
}

/* The type has no prototype, the function is variadic: it works everywhere, by luck. */
long
case_without_prototype(void)
{
	return ((long (*)())late)(2, 7, 8);
}

static long plain(int a, long b, double c);

long
case_unknown_prototype(void)
{
	long (*pointer)() = (long (*)())plain;

	return pointer(3, 4L, 5.5);
}

static long
plain(int a, long b, double c)
{
	return a + 10 * b + (long)(c * 100);
}

long
case_computed_goto(void)
{
	return interpret(100, 0, 5, 1, 2, 0, 9, 2);
}

long
case_struct_return(void)
{
	struct three three = make_three(3, 1L, 2L);

	return three.a + 10 * three.b + 100 * three.c;
}

static long
forward(const char *kinds, ...)
{
	va_list args;
	long total;

	va_start(args, kinds);
	(void)va_arg(args, long double);
	total = sum_list(kinds + 1, args);
	va_end(args);
	return total;
}

long
case_forwarded(void)
{
	return forward("Didq", 1.0L, 2, 3.0, (__int128)4);
}

long
case_narrow(void)
{
	volatile signed char minus = -100;
	volatile unsigned short large = 60000;

	return narrow_sum(minus, large, minus) + narrow_sum((signed char)large, large, large);
}

long
case_wide_integers(void)
{
	volatile __int128 a = ((__int128)1 << 100) + 12345, b = 987654321;
	volatile unsigned __int128 c = ~(unsigned __int128)0;

	return (long)(a / b) + (long)(a % b) + (long)(c / 1000003) + (long)((a * b) >> 64);
}

long
case_long_double(void)
{
	volatile long double a = 1.5L, b = 1048576.25L;

	return (long)(a * b * 1000 + b / a) + (a < b) + (sizeof(long double) == 16);
}

static _Thread_local long counter = 5;
static _Thread_local long zero;

long
case_thread_local_data(void)
{
	counter += 2;
	zero += counter;
	return counter * 10 + zero;
}

static long order = 1;

__attribute__((constructor(201))) static void
second(void)
{
	order = order * 10 + 2;
}

__attribute__((constructor(200))) static void
first(void)
{
	order = order * 10 + 1;
}

long
case_constructors(void)
{
	return order;
}

long
case_vectors(void)
{
	vector a = { 1, 2, 3, 4 }, b = { 10, 20, 30, 40 };
	vector c = a * b + (a < 3);

	return sum_kinds("vi", c, 5) + c[3];
}

long
case_barrier(void)
{
	long value = 5;

	__asm__ volatile("" : "+r"(value) : : "memory");
	return value;
}

long
case_strings(void)
{
	static const char *const names[] = { "zero", "one", "two" };
	volatile int index = 2;

	return names[index][0] + names[index - 1][2] + (long)__builtin_strlen(names[index - 2]);
}

static long
take(struct three a, struct one b, struct two c, struct three d, _Bool e)
{
	return a.a + 2 * a.c + 3 * b.a + 4 * c.b + 5 * d.b + e;
}

long
case_large_struct(void)
{
	struct three three = { 1, 2, 3 };
	struct one one = { 4 };
	struct two two = { 5, 6 };
	long (*volatile pointer)(struct three, struct one, struct two, struct three, _Bool) =
		take;

	return pointer(three, one, two, three, 1);
}
