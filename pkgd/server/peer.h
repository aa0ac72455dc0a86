/* SPDX-License-Identifier: MIT */
/*
 * peer: who is at the other end of a connection, as the kernel said when it was made.
 */
#ifndef PKGD_SERVER_PEER_H
#define PKGD_SERVER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PEER_GROUPS_MAX 1024 /* who is in more counts as in none of them */

struct peer {
	pid_t pid; /* told to people, decides nothing: numbers are used again */
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary ones; peer_free() */
	size_t group_count;
};

/*
 * Ask the kernel.
 *
 * The answer is about the moment of connect(2): a caller that is gone by now is
 * still the one that it was.
 *
 * Errors: ERR_IO (nobody may be served then)
 * Source: unix(7), SO_PEERCRED and SO_PEERGROUPS
 */
int peer_read(int fd, struct peer *ret_peer);

/* Whether the peer is in a group. */
bool peer_is_in(const struct peer *peer, gid_t group);

/* Make a copy that lives by itself. */
struct peer peer_copy(const struct peer *peer);

/* Free what belongs to it. */
void peer_free(struct peer *peer);

#endif
