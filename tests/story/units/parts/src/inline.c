/* SPDX-License-Identifier: MIT */
#include "parts.h"

/* As neutral code this is compiled with neither macro. */
const char *
how(void)
{
#if defined(__x86_64__)
	const char *text = "C";

	__asm__("leaq %1, %0" : "=r"(text) : "m"("inline assembly"));
	return text;
#else
	return "C";
#endif
}
