/* SPDX-License-Identifier: MIT */
#include "rules.h"

static int state;

void
above_say(const char *text)
{
	printf("above (%d): %s\n", state, text);
}

static void
at_exit(void)
{
	above_say("atexit");
}

__attribute__((constructor)) static void
begin(void)
{
	state = 1;
	above_say("constructor");
	below_say("for above");
	atexit(at_exit);
}

__attribute__((destructor)) static void
end(void)
{
	above_say("destructor");
	state = 2;
}
