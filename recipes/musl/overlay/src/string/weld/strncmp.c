/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "wide.h"

static inline int is_safe(const unsigned char *p)
{
	return (uintptr_t)p % PAGE <= PAGE - WIDE;
}

int strncmp(const char *left, const char *right, size_t n)
{
	const unsigned char *a = hide(left), *b = hide(right);

	while (n) {
		size_t step = n < WIDE ? n : WIDE;
		if (is_safe(a) && is_safe(b)) {
			wide x = LOAD_WIDE(a), y = LOAD_WIDE(b);
			uint32_t mask = ~wide_equal(x, y) | wide_zero(x);
			if (mask) {
				size_t i = __builtin_ctz(mask);
				return i < step ? a[i] - b[i] : 0;
			}
		} else {
			for (size_t i = 0; i < step; i++)
				if (a[i] != b[i] || !a[i]) return a[i] - b[i];
		}
		a += step;
		b += step;
		n -= step;
	}
	return 0;
}
