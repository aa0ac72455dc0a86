/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "wide.h"

/* Whether 32 bytes from here on lie in one page. */
static inline int is_safe(const unsigned char *p)
{
	return (uintptr_t)p % PAGE <= PAGE - WIDE;
}

int strcmp(const char *left, const char *right)
{
	const unsigned char *a = hide(left), *b = hide(right);

	for (;;) {
		if (is_safe(a) && is_safe(b)) {
			wide x = LOAD_WIDE(a), y = LOAD_WIDE(b);
			uint32_t mask = ~wide_equal(x, y) | wide_zero(x);
			if (mask) {
				size_t i = __builtin_ctz(mask);
				return a[i] - b[i];
			}
			a += WIDE;
			b += WIDE;
		} else {
			for (int i = 0; i < WIDE; i++, a++, b++)
				if (*a != *b || !*a) return *a - *b;
		}
	}
}
