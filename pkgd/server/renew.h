/* SPDX-License-Identifier: MIT */
/*
 * renew: a daemon whose own program was replaced goes on as the new one, in the same process.
 *
 *     same --> trying --> ready --> the new program, which takes what handover.h has
 *       ^         |          |
 *       +---------+----------+ it does not start: the old one goes on, until the file is another again
 *
 * Clients that are connected, their calls that are not begun, and changes that are done stay. No
 * operation is ended for it: it waits until no change is under way.
 */
#ifndef PKGD_SERVER_RENEW_H
#define PKGD_SERVER_RENEW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct server;

#define RENEW_TRIAL "--try" /* the option with which a program shows that it would start */
#define RENEW_TRIAL_S 10 /* how long that may take */

struct renew_file { /* which file stands at a path */
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct renew {
	char **argv; /* with which this program was started */
	char *path; /* absolute; where it stood, and where the next one will */
	struct renew_file own; /* that runs, or would not have started */
	struct renew_file next; /* that is tried */
	pid_t trial; /* process; 0: none */
	int handed; /* what the trial reads; -1: none */
	bool is_ready; /* the trial went well */
};

/*
 * Begin to watch the program that runs.
 *
 * Owner:  argv is borrowed for ever
 * Errors: ERR_IO
 */
int renew_watch(struct renew *renew, char **argv);

/* Look at the file and at the trial; does not wait. */
void renew_check(struct server *server);

/* Whether calls are to wait, because only answers that are under way keep the new program from starting. */
bool renew_is_near(const struct server *server);

/* Become the new program where it is time; what comes back goes on as before. */
void renew_become(struct server *server);

#endif
