/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "wide.h"

void *memchr(const void *src, int c, size_t n)
{
	const unsigned char *s = hide(src);
	size_t offset = (uintptr_t)s % WIDE, at;
	const wide *block = (const wide *)(s - offset);
	wide value = wide_of(c);
	uint32_t mask;

	if (!n) return 0;
	mask = wide_equal(*block, value) >> offset;
	at = 0;
	if (!mask) {
		for (at = WIDE - offset; at < n; at += WIDE) {
			mask = wide_equal(*++block, value);
			if (mask) break;
		}
		if (at >= n) return 0;
	}
	at += __builtin_ctz(mask);
	return at < n ? (void *)((const unsigned char *)src + at) : 0;
}
