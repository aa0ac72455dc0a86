/* SPDX-License-Identifier: MIT */
/* A weak definition, a weak alias, and a reference to what need not be there. */
#include "rules.h"

extern int weak_hook(int n) __attribute__((weak));
extern int weak_number __attribute__((weak));

static const char *
default_name(void)
{
	return "default";
}

const char *weak_name(void) __attribute__((weak, alias("default_name")));

__attribute__((weak, noinline)) int
weak_value(void)
{
	return 1;
}

const char *
weak_report(void)
{
	static char text[100];
	snprintf(text, sizeof text, "%s, value %d, hook %d, number %d", weak_name(),
		weak_value(), weak_hook != NULL ? weak_hook(20) : -1,
		&weak_number != NULL ? weak_number : -1);
	return text;
}
