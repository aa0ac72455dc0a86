/* SPDX-License-Identifier: MIT */
/* A program and two libraries with thread-local variables, in three threads. */
#include "rules.h"
#include <pthread.h>

static _Thread_local _Alignas(128) long own = 1000;
static _Thread_local int zero[30];

static void *
run(void *name)
{
	static char lines[3][200];
	int next, n = *(char *)name - 'a';
	for (int i = 0; i <= n; i++) {
		own += n;
		zero[i] = (int)own;
		cells_next(n + 1);
		counts_add(i);
		counts_text(name);
	}
	next = cells_next(0);
	snprintf(lines[n], sizeof lines[n],
		"%s: own %ld %d aligned %d, cells %d %d, counts %d %s", (char *)name, own,
		zero[n], (uintptr_t)&own % 128 == 0, next, cells_check(), counts_add(0),
		counts_text(""));
	return lines[n];
}

int
main(void)
{
	static char names[3][2] = { "a", "b", "c" };
	pthread_t threads[3];
	void *line;
	own = 7, cells_next(5), counts_add(9), counts_text("!");
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, run, names[i]);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &line);
		puts(line);
	}
	printf("main: %ld %d %d %s\n", own, cells_next(0), counts_add(0), counts_text(""));
	puts(run(names[2]));
	return 0;
}
