/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <string.h>
#include "wide.h"

void *__memrchr(const void *src, int c, size_t n)
{
	const unsigned char *s = src;
	wide value = wide_of(c);

	for (; n >= WIDE; n -= WIDE) {
		uint32_t mask = wide_equal(LOAD_WIDE(s + n - WIDE), value);
		if (mask) return (void *)(s + n - 1 - __builtin_clz(mask));
	}
	while (n--)
		if (s[n] == (unsigned char)c) return (void *)(s + n);
	return 0;
}

extern __typeof(__memrchr) memrchr __attribute__((__weak__, __alias__("__memrchr")));
