/* SPDX-License-Identifier: MIT */
#include <string.h>
#include "wide.h"

static void *set_small(unsigned char *d, int c, size_t n)
{
	uint64_t word = (unsigned char)c * 0x0101010101010101u;

	if (n >= 8) {
		STORE_64(d, word);
		STORE_64(d + n - 8, word);
	} else if (n >= 4) {
		STORE_32(d, (uint32_t)word);
		STORE_32(d + n - 4, (uint32_t)word);
	} else if (n >= 2) {
		STORE_16(d, (uint16_t)word);
		STORE_16(d + n - 2, (uint16_t)word);
	} else if (n) {
		*d = c;
	}
	return d;
}

void *memset(void *dest, int c, size_t n)
{
	unsigned char *d = dest, *end = d + n, *at;
	wide value;

	if (n < 16)
		return set_small(d, c, n);
	value = wide_of(c);
	if (n <= 32) {
		half part = __builtin_shufflevector(value, value,
			0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
		STORE_HALF(d, part);
		STORE_HALF(end - 16, part);
		return dest;
	}
	STORE_WIDE(d, value);
	STORE_WIDE(end - WIDE, value);
	if (n <= 64)
		return dest;
	at = d + (WIDE - (uintptr_t)d % WIDE);
	for (; end - at > 2 * WIDE; at += 2 * WIDE) {
		*(wide *)at = value;
		*(wide *)(at + WIDE) = value;
	}
	if (end - at > WIDE)
		*(wide *)at = value;
	return dest;
}
