/* SPDX-License-Identifier: MIT */
#include "rules.h"

const char *
order_name(void)
{
	return "order1";
}

const char *
order1_own(void)
{
	return "own 1";
}
