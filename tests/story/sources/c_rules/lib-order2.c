/* SPDX-License-Identifier: MIT */
#include "rules.h"

const char *
order_name(void)
{
	return "order2";
}

const char *
order2_own(void)
{
	return "own 2";
}
