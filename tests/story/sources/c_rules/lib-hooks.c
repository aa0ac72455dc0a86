/* SPDX-License-Identifier: MIT */
#include "rules.h"

static int state;

void
hooks_say(const char *text)
{
	printf("hooks (%d): %s\n", state, text);
}

static void
at_exit(void)
{
	hooks_say("atexit");
}

__attribute__((constructor)) static void
begin(void)
{
	state = 1;
	hooks_say("constructor");
	above_say("for hooks");
	below_say("for hooks");
	atexit(at_exit);
}

__attribute__((destructor)) static void
end(void)
{
	hooks_say("destructor");
	state = 2;
}
