/* SPDX-License-Identifier: MIT */
#include <string.h>

char *__stpcpy(char *restrict d, const char *restrict s)
{
	size_t length = strlen(s);
	return (char *)memcpy(d, s, length + 1) + length;
}

extern __typeof(__stpcpy) stpcpy __attribute__((__weak__, __alias__("__stpcpy")));
