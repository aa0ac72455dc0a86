/* SPDX-License-Identifier: MIT */
/*
 * improve: the one process of a root that makes better images, and what others may know of it.
 */
#ifndef PKGD_IMPROVE_H
#define PKGD_IMPROVE_H

#include <stdbool.h>
#include <sys/types.h>

struct arena;
struct store;

#define IMPROVE_COMMAND "weld improve" /* as history shows it */

struct improve_state { /* what is known of the process that works */
	pid_t pid; /* 0: nobody works */
	const char
		*failure; /* why the last one gave up; "" when it did not. Owner: the arena */
};

/*
 * Become the one improver of a root; 0 when another process is.
 *
 * Owner:  the caller closes *ret_fd, which gives that up
 * Errors: ERR_IO, ERR_NO_SPACE
 */
int improve_take(const struct store *store, int *ret_fd);

/* Let others know why this improver gives up; NULL: it did what was to do. */
void improve_report(int fd, const char *failure);

/* Ask who works. Errors: ERR_IO */
int
improve_ask(struct arena *arena, const struct store *store, struct improve_state *ret_state);

/*
 * Start a process of its own that runs `weld improve --idle`, and do not wait for it.
 *
 * It outlives the caller and its terminal, and says nothing.
 *
 * Errors: ERR_NOT_FOUND (no program `weld`), ERR_IO
 */
int improve_start(struct arena *arena, const char *root);

/*
 * End the process that works, if there is one, and wait until it is gone; 1 when there was one.
 *
 * What it made so far stays in the cache.
 *
 * Errors: ERR_LOCKED (it does not end), ERR_IO
 */
int improve_stop(const struct store *store);

#endif
