/* SPDX-License-Identifier: MIT */
/*
 * child: the process that carries out one operation.
 *
 * It is a copy of the daemon made when the operation begins, and so works on the very request that
 * was checked. Whatever ends it, a crash or a lack of memory, ends this operation only.
 */
#ifndef PKGD_SERVER_CHILD_H
#define PKGD_SERVER_CHILD_H

#include "pkgd/varlink/interface.h"

#include <stdbool.h>
#include <sys/types.h>

struct child_work {
	const json_t *request; /* NULL: settle what an interrupted change left */
	const char *root;
	bool sends_events; /* as replies that continue; a change's always are */
	bool needs_consent; /* a plan is done only when the request agrees to it */
	const struct interface *checked; /* what is said must fit; NULL: not looked at */
};

/*
 * Begin an operation; its replies, as varlink messages, come out of *ret_fd, and the end of the
 * file is its end.
 *
 * Owner:  the caller closes *ret_fd, then waits for the process
 * Errors: ERR_IO
 */
int child_start(const struct child_work *work, pid_t *ret_pid, int *ret_fd);

#endif
