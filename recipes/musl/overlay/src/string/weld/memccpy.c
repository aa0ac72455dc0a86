/* SPDX-License-Identifier: MIT */
#include <string.h>

void *memccpy(void *restrict dest, const void *restrict src, int c, size_t n)
{
	const char *end = memchr(src, c, n);
	size_t length = end ? end + 1 - (const char *)src : n;

	memcpy(dest, src, length);
	return end ? (char *)dest + length : 0;
}
