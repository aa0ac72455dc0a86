/* SPDX-License-Identifier: MIT */
/*
 * serve: a small web server for a repository, for trials and small networks.
 *
 * GET and HEAD of plain files below metadata/ and targets/, nothing else. The server is a program of its
 * own, weld-serve: its library brings eight others, which every start of weld would load.
 */
#ifndef REPO_SERVE_H
#define REPO_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#define SERVE_PROGRAM "weld-serve"

struct serve_options {
	const char *directory; /* of the repository */
	const char *address; /* to listen on, numeric; NULL: 127.0.0.1 */
	uint16_t port; /* 0: any free one */
};

struct serve { /* open: what the server will work on */
	int directory;
	int socket; /* listening */
	uint16_t port;
};

/*
 * Open a repository and the port that it is to be served at: who connects from now on waits.
 *
 * Owner:  the caller closes it with serve_close()
 * Errors: ERR_NOT_FOUND (no repository there), ERR_FORMAT (the address), ERR_IO (the port is
 * taken, or not allowed)
 */
int serve_open(const struct serve_options *options, struct serve *ret_serve);

/*
 * Become weld-serve, which serves until SIGINT or SIGTERM and then ends with status 0; it says
 * each answer in a line on standard error when it is verbose. Returns only when it fails.
 *
 * Errors: ERR_NOT_FOUND (no such program), ERR_IO
 */
int serve_run(const struct serve *serve, bool is_verbose);

/* Close what serve_open() opened: for AUTO(). */
void serve_close(struct serve *serve);

#endif
