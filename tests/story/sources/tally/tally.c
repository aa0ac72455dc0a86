/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include "config.h"

#include <lz4.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const char *const tally_version = PACKAGE_VERSION;

void
tally_add(struct tally *tally, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		tally->counts[((const unsigned char *)bytes)[i]]++;
	tally->total += (long)length;
}

double
tally_entropy(const struct tally *tally)
{
	double bits = 0;

	for (int i = 0; i < 256; i++) {
		double share = (double)tally->counts[i] / (double)tally->total;

		if (tally->counts[i] > 0)
			bits -= share * log2(share);
	}
	return bits;
}

int
tally_compressed(const void *bytes, int length)
{
	int room = LZ4_compressBound(length);
	char *out = malloc((size_t)room);
	int size = LZ4_compress_default(bytes, out, length, room);

	free(out);
	return size;
}

int
tally_format(char *text, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, size, format, args);
	va_end(args);
	return length;
}
