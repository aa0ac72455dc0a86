/* SPDX-License-Identifier: MIT */
/*
 * A thread a core, the caller's among them; each takes the next piece until there is none. Messages
 * of failures are kept per thread, so the one that is told is carried over by hand.
 *
 * (I1) Each thread allocates in an arena of its own, which is joined to the caller's at the end.
 */
#include "base/parallel.h"

#include "base/arena.h"
#include "base/err.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#define THREADS_MAX 64

struct work { /* what the threads share */
	parallel_piece *piece;
	void *data;
	size_t count;
	atomic_size_t next;
	atomic_bool has_failed;
};

struct thread {
	struct work *work;
	struct arena *arena; /* (I1) */
	size_t failed; /* index of the piece that failed; SIZE_MAX: none */
	int failure;
	const char *message;
	pthread_t id;
};

static void *
run(void *data)
{
	struct thread *thread = data;
	struct work *work = thread->work;
	size_t i;

	while (!work->has_failed && (i = atomic_fetch_add(&work->next, 1)) < work->count) {
		int ret = work->piece(work->data, i, thread->arena);

		if (ret >= 0)
			continue;
		work->has_failed = true;
		thread->failed = i;
		thread->failure = ret;
		thread->message = arena_string(thread->arena, err_message());
	}
	return NULL;
}

static size_t
count_threads(size_t pieces)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = cores < 1 ? 1 : (size_t)cores;

	if (count > THREADS_MAX)
		count = THREADS_MAX;
	return count < pieces ? count : pieces;
}

int
parallel_run(struct arena *arena, size_t count, parallel_piece *piece, void *data)
{
	struct work work = { .piece = piece, .data = data, .count = count };
	struct thread threads[THREADS_MAX];
	const struct thread *first = NULL;
	size_t wanted = count_threads(count);
	size_t started = 0;

	if (count == 0)
		return 0;
	for (size_t i = 0; i < wanted; i++)
		threads[i] = (struct thread){
			.work = &work, .arena = arena_new(), .failed = SIZE_MAX
		};
	/* Fewer threads than wanted do the same work. */
	while (started + 1 < wanted &&
		pthread_create(&threads[started + 1].id, NULL, run, &threads[started + 1]) == 0)
		started++;
	run(&threads[0]);
	for (size_t i = 1; i <= started; i++)
		pthread_join(threads[i].id, NULL);
	for (size_t i = 0; i < wanted; i++) {
		arena_join(arena, &threads[i].arena);
		if (threads[i].failed != SIZE_MAX &&
			(first == NULL || threads[i].failed < first->failed))
			first = &threads[i];
	}
	return first == NULL ? 0 : err_set((enum err)first->failure, "%s", first->message);
}
