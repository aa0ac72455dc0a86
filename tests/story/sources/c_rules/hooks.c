/* SPDX-License-Identifier: MIT */
#include "rules.h"

__attribute__((constructor(200))) static void
second(void)
{
	hooks_say("program's second constructor");
}

__attribute__((constructor(150))) static void
first(void)
{
	hooks_say("program's first constructor");
}

__attribute__((destructor)) static void
end(void)
{
	hooks_say("program's destructor");
}

static void
later(void)
{
	hooks_say("program's atexit, of another");
}

static void
at_exit(void)
{
	hooks_say("program's atexit");
	atexit(later);
}

int
main(void)
{
	atexit(at_exit);
	puts("main");
	return 3;
}
