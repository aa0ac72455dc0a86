/* SPDX-License-Identifier: MIT */
#include "tally.h"

int
main(void)
{
	struct tally tally = { 0 };

	tally_add(&tally, "abab", 4);
	return tally.total == 4 && tally_entropy(&tally) == 1.0 ? 0 : 1;
}
