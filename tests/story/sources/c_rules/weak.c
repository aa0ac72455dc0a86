/* SPDX-License-Identifier: MIT */
#include "rules.h"

int weak_number = 5;

int
weak_hook(int n)
{
	return n + weak_number;
}

int
weak_value(void)
{
	return 2;
}

const char *
weak_name(void)
{
	return "program";
}

int
main(void)
{
	printf("%s; %s\n", weak_report(), weak_name());
	return 0;
}
