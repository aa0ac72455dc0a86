/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <string.h>
#include "wide.h"

char *__strchrnul(const char *s, int c)
{
	const unsigned char *p = hide(s);
	size_t offset = (uintptr_t)p % WIDE;
	const wide *block = (const wide *)(p - offset);
	wide value = wide_of(c);
	uint32_t mask = (wide_zero(*block) | wide_equal(*block, value)) >> offset;

	if (mask)
		return (char *)p + __builtin_ctz(mask);
	do {
		block++;
		mask = wide_zero(*block) | wide_equal(*block, value);
	} while (!mask);
	return (char *)block + __builtin_ctz(mask);
}

extern __typeof(__strchrnul) strchrnul __attribute__((__weak__, __alias__("__strchrnul")));
