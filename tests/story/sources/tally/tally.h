/* SPDX-License-Identifier: MIT */
#ifndef TALLY_H
#define TALLY_H

#include <stdarg.h>
#include <stddef.h>

struct tally {
	long counts[256];
	long total;
};

extern const char *const tally_version;
void tally_add(struct tally *tally, const void *bytes, size_t length);
double tally_entropy(const struct tally *tally); /* bits a byte */
int tally_compressed(const void *bytes, int length);
int tally_format(char *text, size_t size, const char *format, ...);

#endif
