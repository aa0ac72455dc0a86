/* SPDX-License-Identifier: MIT */
/*
 * serve: a small web server for a repository, for trials and small networks.
 *
 * GET and HEAD of plain files below metadata/ and targets/, nothing else.
 */
#ifndef REPO_SERVE_H
#define REPO_SERVE_H

#include <stdint.h>

struct serve; /* opaque: a running server */

struct serve_options {
	const char *directory; /* of the repository */
	const char *address; /* to listen on, numeric; NULL: 127.0.0.1 */
	uint16_t port; /* 0: any free one */
	/* Told of each answer, from the server's thread; may be NULL. */
	void (*answered)(void *data, const char *method, const char *path, unsigned status,
		uint64_t size);
	void *data;
};

/*
 * Start to serve, in a thread of its own.
 *
 * Owner:  the caller stops it with serve_stop()
 * Errors: ERR_NOT_FOUND (no repository there), ERR_FORMAT (the address), ERR_IO (the port is
 * taken, or not allowed)
 */
int serve_start(const struct serve_options *options, struct serve **ret_serve);

/* The port that it listens on. */
uint16_t serve_port(const struct serve *serve);

/*
 * Wait for SIGINT or SIGTERM.
 *
 * Call serve_block_signals() before serve_start(), so that no other thread gets them.
 *
 * Errors: ERR_IO
 */
int serve_wait(const struct serve *serve);

/* Block the signals that serve_wait() waits for, in this thread and those it starts. */
void serve_block_signals(void);

/* Stop, answering what was begun; NULL is accepted, *serve becomes NULL: for AUTO(). */
void serve_stop(struct serve **serve);

#endif
