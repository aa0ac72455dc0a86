/* SPDX-License-Identifier: MIT */
#include "rules.h"

static int state;

void
below_say(const char *text)
{
	printf("below (%d): %s\n", state, text);
}

static void
at_exit(void)
{
	below_say("atexit");
}

__attribute__((constructor)) static void
begin(void)
{
	state = 1;
	below_say("constructor");
	atexit(at_exit);
}

__attribute__((destructor)) static void
end(void)
{
	below_say("destructor");
	state = 2;
}
