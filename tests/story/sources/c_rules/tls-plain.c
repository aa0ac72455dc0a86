/* SPDX-License-Identifier: MIT */
/* A program without thread-local variables of its own, with threads on stacks of its own. */
#include "rules.h"
#include <pthread.h>

static void *
run(void *data)
{
	cells_next(*(int *)data);
	counts_text("+");
	*(int *)data = cells_next(1) * 100 + counts_add(1);
	return counts_text("") == NULL ? NULL : data;
}

int
main(void)
{
	static _Alignas(4096) char stack[1 << 16];
	pthread_attr_t attributes;
	pthread_t thread;
	int data[2] = { 3, 4 };
	memset(stack, 0xff, sizeof stack);
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, stack, sizeof stack);
	pthread_create(&thread, &attributes, run, &data[0]);
	pthread_join(thread, NULL);
	run(&data[1]);
	printf("%d %d %d %s\n", data[0], data[1], cells_check(), counts_text(""));
	return 0;
}
