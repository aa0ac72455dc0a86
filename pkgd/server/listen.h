/* SPDX-License-Identifier: MIT */
/*
 * listen: the socket that clients connect to.
 */
#ifndef PKGD_SERVER_LISTEN_H
#define PKGD_SERVER_LISTEN_H

#include <stdbool.h>

/*
 * Take the socket that was handed over, or make one at a path, for every user to connect to.
 *
 * A path where another daemon answers is refused; what a dead one left is replaced.
 *
 * Owner:  the caller closes *ret_fd, and *ret_lock when nobody listens any more; -1: it was handed over
 * Errors: ERR_EXISTS (another daemon, or something that is no socket), ERR_USAGE (what was handed
 *         over is no listening Unix socket), ERR_RANGE (path), ERR_IO
 * Source: sd_listen_fds(3)
 */
int listen_open(const char *path, int *ret_fd, int *ret_lock);

/* Whether a socket was handed over. */
bool listen_is_activated(void);

#endif
