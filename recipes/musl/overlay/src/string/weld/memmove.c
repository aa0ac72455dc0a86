/* SPDX-License-Identifier: MIT */
/*
 * Up to 128 bytes everything is read before anything is written, so that
 * overlap does not matter; more is copied in the direction that keeps it.
 */
#include <string.h>
#include "wide.h"

static void *copy_small(unsigned char *d, const unsigned char *s, size_t n)
{
	if (n >= 8) {
		uint64_t first = LOAD_64(s), last = LOAD_64(s + n - 8);
		STORE_64(d, first);
		STORE_64(d + n - 8, last);
	} else if (n >= 4) {
		uint32_t first = LOAD_32(s), last = LOAD_32(s + n - 4);
		STORE_32(d, first);
		STORE_32(d + n - 4, last);
	} else if (n >= 2) {
		uint16_t first = LOAD_16(s), last = LOAD_16(s + n - 2);
		STORE_16(d, first);
		STORE_16(d + n - 2, last);
	} else if (n) {
		*d = *s;
	}
	return d;
}

/* The last 64 bytes are read first: the loop may overwrite them. */
static void *copy_forward(unsigned char *d, const unsigned char *s, size_t n)
{
	wide first = LOAD_WIDE(s);
	wide last_1 = LOAD_WIDE(s + n - 2 * WIDE), last_2 = LOAD_WIDE(s + n - WIDE);
	unsigned char *end = d + n, *at = d;
	size_t skip = WIDE - (uintptr_t)d % WIDE;

	at += skip;
	s += skip;
	while (end - at > 2 * WIDE) {
		wide a = LOAD_WIDE(s), b = LOAD_WIDE(s + WIDE);
		*(wide *)at = a;
		*(wide *)(at + WIDE) = b;
		at += 2 * WIDE;
		s += 2 * WIDE;
	}
	STORE_WIDE(end - 2 * WIDE, last_1);
	STORE_WIDE(end - WIDE, last_2);
	STORE_WIDE(d, first);
	return d;
}

static void *copy_backward(unsigned char *d, const unsigned char *s, size_t n)
{
	wide first_1 = LOAD_WIDE(s), first_2 = LOAD_WIDE(s + WIDE);
	wide last = LOAD_WIDE(s + n - WIDE);
	unsigned char *end = d + n, *at = end;
	size_t skip = (uintptr_t)end % WIDE;

	at -= skip;
	s += n - skip;
	while (at - d > 2 * WIDE) {
		wide b = LOAD_WIDE(s - WIDE), a = LOAD_WIDE(s - 2 * WIDE);
		*(wide *)(at - WIDE) = b;
		*(wide *)(at - 2 * WIDE) = a;
		at -= 2 * WIDE;
		s -= 2 * WIDE;
	}
	STORE_WIDE(d, first_1);
	STORE_WIDE(d + WIDE, first_2);
	STORE_WIDE(end - WIDE, last);
	return d;
}

void *memmove(void *dest, const void *src, size_t n)
{
	unsigned char *d = dest;
	const unsigned char *s = src;

	if (n < 16)
		return copy_small(d, s, n);
	if (n <= 32) {
		half first = LOAD_HALF(s), last = LOAD_HALF(s + n - 16);
		STORE_HALF(d, first);
		STORE_HALF(d + n - 16, last);
		return dest;
	}
	if (n <= 64) {
		wide first = LOAD_WIDE(s), last = LOAD_WIDE(s + n - WIDE);
		STORE_WIDE(d, first);
		STORE_WIDE(d + n - WIDE, last);
		return dest;
	}
	if (n <= 128) {
		wide a = LOAD_WIDE(s), b = LOAD_WIDE(s + WIDE);
		wide c = LOAD_WIDE(s + n - 2 * WIDE), e = LOAD_WIDE(s + n - WIDE);
		STORE_WIDE(d, a);
		STORE_WIDE(d + WIDE, b);
		STORE_WIDE(d + n - 2 * WIDE, c);
		STORE_WIDE(d + n - WIDE, e);
		return dest;
	}
	if ((uintptr_t)d - (uintptr_t)s >= n)
		return copy_forward(d, s, n);
	return copy_backward(d, s, n);
}

void *memcpy(void *restrict dest, const void *restrict src, size_t n)
	__attribute__((alias("memmove")));
