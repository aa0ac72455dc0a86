/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "wide.h"

size_t strlen(const char *s)
{
	const unsigned char *p = hide(s);
	size_t offset = (uintptr_t)p % WIDE;
	const wide *block = (const wide *)(p - offset);
	uint32_t mask = wide_zero(*block) >> offset;

	if (mask)
		return __builtin_ctz(mask);
	for (;;) {
		mask = wide_zero(*++block);
		if (mask) break;
		mask = wide_zero(*++block);
		if (mask) break;
	}
	return (const unsigned char *)block - p + __builtin_ctz(mask);
}
