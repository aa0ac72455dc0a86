/* SPDX-License-Identifier: MIT */
/* A thread ends the process: everything is torn down all the same. */
#include "rules.h"
#include <pthread.h>

static void
at_exit(void)
{
	hooks_say("program's atexit");
}

static void *
run(void *data)
{
	hooks_say("thread");
	exit(4);
	return data;
}

int
main(void)
{
	pthread_t thread;
	atexit(at_exit);
	pthread_create(&thread, NULL, run, NULL);
	pthread_join(thread, NULL);
	return 5;
}
