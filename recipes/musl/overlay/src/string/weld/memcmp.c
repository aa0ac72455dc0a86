/* SPDX-License-Identifier: MIT */
#define _BSD_SOURCE
#include <string.h>
#include <strings.h>
#include "wide.h"

static int compare_words(uint64_t a, uint64_t b)
{
	a = __builtin_bswap64(a);
	b = __builtin_bswap64(b);
	return (a > b) - (a < b);
}

static int compare_small(const unsigned char *a, const unsigned char *b, size_t n)
{
	if (n >= 8) {
		uint64_t x = LOAD_64(a), y = LOAD_64(b);
		if (x != y) return compare_words(x, y);
		return compare_words(LOAD_64(a + n - 8), LOAD_64(b + n - 8));
	}
	if (n >= 4) {
		uint64_t x = (uint64_t)__builtin_bswap32(LOAD_32(a)) << 32
			| __builtin_bswap32(LOAD_32(a + n - 4));
		uint64_t y = (uint64_t)__builtin_bswap32(LOAD_32(b)) << 32
			| __builtin_bswap32(LOAD_32(b + n - 4));
		return (x > y) - (x < y);
	}
	for (size_t i = 0; i < n; i++)
		if (a[i] != b[i]) return a[i] - b[i];
	return 0;
}

static int compare_16(const unsigned char *a, const unsigned char *b)
{
	uint64_t x = LOAD_64(a), y = LOAD_64(b);

	if (x != y) return compare_words(x, y);
	return compare_words(LOAD_64(a + 8), LOAD_64(b + 8));
}

int memcmp(const void *left, const void *right, size_t n)
{
	const unsigned char *a = left, *b = right;
	uint32_t mask;

	if (n < 16)
		return compare_small(a, b, n);
	if (n < WIDE) {
		int ret = compare_16(a, b);
		return ret ? ret : compare_16(a + n - 16, b + n - 16);
	}
	for (; n > WIDE; n -= WIDE, a += WIDE, b += WIDE) {
		mask = ~wide_equal(LOAD_WIDE(a), LOAD_WIDE(b));
		if (mask) goto differ;
	}
	a -= WIDE - n;
	b -= WIDE - n;
	mask = ~wide_equal(LOAD_WIDE(a), LOAD_WIDE(b));
	if (!mask) return 0;
differ:
	n = __builtin_ctz(mask);
	return a[n] - b[n];
}

int bcmp(const void *left, const void *right, size_t n)
	__attribute__((alias("memcmp")));
