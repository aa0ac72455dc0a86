/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <stdio.h>
#include <stdlib.h>

int
main(void)
{
	static char bytes[1 << 20];
	struct tally tally = { 0 };
	size_t length = fread(bytes, 1, sizeof bytes, stdin);
	char text[200];

	tally_add(&tally, bytes, length);
	tally_format(text, sizeof text, "tally %s: %ld bytes, %.4f bits a byte, lz4 %s",
		tally_version, tally.total, tally_entropy(&tally),
		tally_compressed(bytes, (int)length) < (int)length ? "smaller" : "not smaller");
	puts(text);
	return 0;
}
