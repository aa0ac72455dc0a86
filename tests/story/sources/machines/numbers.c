/* SPDX-License-Identifier: MIT */
/* Numbers, arguments, jumps and threads: what every machine must print alike. */
#include "part.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Thread_local long double own = 1.25L;
static _Thread_local int own_zero;

__attribute__((constructor)) static void
begin(void)
{
	part_begin(2);
}

__attribute__((destructor)) static void
end(void)
{
	printf("program ends\n");
	fflush(stdout);
}

static void
at_end(void)
{
	printf("atexit\n");
}

static int
add_index(void *data, int i)
{
	*(int *)data += part_twice(i);
	return i;
}

static void
test_floats(void)
{
	volatile double tiny = DBL_MIN, zero = 0, big = DBL_MAX;
	volatile float third = 1.0f / 3;
	float narrow = (float)(1e40 * third);
	double x = 0.1;

	printf("%a %a %a\n", tiny / 3, zero / 1, big * 2);
	printf("%g %g %g\n", sqrt(2), pow(2, 0.5), exp2(-1074));
	printf("%.17g %.17g %.9g %g\n", x * 3, sin(1e22), (double)third, (double)narrow);
	printf("%.17g %.17g %.17g\n", tgamma(4.5), log1p(1e-10), atan2(-1, -2));
	printf("%ld %ld %lld\n", lrint(2.5), lround(-2.5), llrint(-3.5));
	printf("%d %d %d\n", isnan(zero / zero) != 0, signbit(-zero) != 0,
		fpclassify(tiny / 2) == FP_SUBNORMAL);
	/* A product and a sum that one instruction would round once are rounded twice everywhere. */
	printf("%a\n", x * x - 0.01);
	printf("%d %u %ld\n", (int)third, (unsigned)3.99, (long)-7.9);
}

static void
test_long_double(void)
{
	long double third = 1.0L / 3,
		    value = strtold("1.1897314953572317650857593266280070162e+4932", NULL);
	char text[80];

	printf("%.36Lg %La %d %d\n", third, third, LDBL_MANT_DIG, (int)sizeof third);
	printf("%Lg %.36Lg %.20Lf\n", value, part_precise(2, 50), fmodl(10.25L, 3));
	printf("%.34Lg %.34Lg\n", expl(1), (long double)0.1);
	snprintf(text, sizeof text, "%Lf|%5.2Lf|%Le", 1.5L, third, -2e-4000L);
	printf("%s %lld %llu\n", text, (long long)-1e18L, (unsigned long long)1.5e19L);
}

static void
test_integers(void)
{
	volatile __int128 a = (__int128)1 << 100, b = 12345;
	volatile uint64_t wide = UINT64_C(0xfedcba9876543210);
	volatile int shift = 37;
	volatile signed char c = -1;
	char plain = (char)200;

	printf("%d %d %llu\n", a / b * b + a % b == a, (int)(a % b),
		(unsigned long long)(a / b));
	printf("%llx %d %d\n", (unsigned long long)(wide >> shift), __builtin_popcountll(wide),
		__builtin_clzll(wide >> shift));
	printf("%d %d %u\n", c, plain, (unsigned char)c);
	printf("%x %llx\n", __builtin_bswap32(0x12345678),
		(unsigned long long)__builtin_bswap64(wide));
	printf("%d %d\n", (int)sizeof(wchar_t), (wchar_t)-1 < 0);
}

static void
test_borders(void)
{
	struct part_large large = part_make(2.5, 7);
	double values[] = { 3, -1, 2.5, 1e10, -7, 0.5, 2, 8 };
	double complex z = part_turn(3 + 4 * I);
	static jmp_buf buffer;
	volatile int tries = 0;
	int sum = 0, called, jumped;

	printf("%g %ld %s\n", large.d, large.l, large.text);
	large.text[19] = 3;
	printf("%g\n", part_sum("idLlSidddddddddd", 1, 2.5, 3.5L, 4L, large, 5, 0.5, 1., 2., 3.,
			       4., 5., 6., 7., 8., 9.));
	printf("%g %g %s\n", creal(z), cimag(z), part_names[2]);
	printf("address %s\n", part_twice_address() == part_twice ? "equal" : "differs");
	called = part_call_back(add_index, &sum);
	printf("%d %d\n", called, sum);
	jumped = setjmp(buffer);
	if (jumped < 3) {
		tries++;
		part_jump(buffer, jumped + 1);
	}
	printf("jumped %d %d\n", jumped, tries);
	part_sort(values, 8, 0);
	printf("%g %g %g\n", values[0], values[4], values[7]);
	part_sort(values, 8, 1);
	printf("%g %g %d\n", values[0], values[7], part_compare_calls() > 10);
	printf("order %d %d %d\n", part_begun, part_order[0], part_order[1]);
}

static void *
run(void *argument)
{
	int number = (int)(intptr_t)argument;
	static char text[4][100];

	own += number;
	own_zero += number;
	*perthread_place() += number;
	perthread_add(number);
	snprintf(text[number], sizeof text[number], "%d: %Lg %d %d %d %d", number, own,
		own_zero, perthread_add(1), *perthread_place(),
		(int)((uintptr_t)perthread_place() % 64));
	return text[number];
}

static void
test_threads(void)
{
	pthread_t threads[4];
	void *text;

	for (int i = 1; i < 4; i++)
		if (pthread_create(&threads[i], NULL, run, (void *)(intptr_t)i) != 0)
			printf("no thread\n");
	for (int i = 1; i < 4; i++) {
		pthread_join(threads[i], &text);
		printf("%s\n", (char *)text);
	}
	printf("%s\n", (char *)run(NULL));
}

int
main(void)
{
	atexit(at_end);
	test_floats();
	test_long_double();
	test_integers();
	test_borders();
	test_threads();
	fflush(stdout);
	return 3;
}
