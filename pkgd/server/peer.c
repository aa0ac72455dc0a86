/* SPDX-License-Identifier: MIT */
/* Nothing here comes from the peer itself: neither its text nor what /proc says of its pid. */
#include "pkgd/server/peer.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

int
peer_read(int fd, struct peer *ret_peer)
{
	struct ucred credentials;
	socklen_t length = sizeof credentials;
	gid_t groups[PEER_GROUPS_MAX];
	socklen_t groups_length = sizeof groups;
	struct peer peer;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
		return err_errno("peer: credentials");
	if (length != sizeof credentials || credentials.uid == (uid_t)-1 ||
		credentials.gid == (gid_t)-1)
		return err_set(ERR_IO, "peer: the kernel does not say who it is");
	/* Without the groups there are fewer rights, never more. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &groups_length) < 0)
		groups_length = 0;
	peer = (struct peer){ .pid = credentials.pid,
		.uid = credentials.uid,
		.gid = credentials.gid,
		.groups = groups,
		.group_count = groups_length / sizeof groups[0] };
	*ret_peer = peer_copy(&peer);
	return 0;
}

bool
peer_is_in(const struct peer *peer, gid_t group)
{
	for (size_t i = 0; i < peer->group_count; i++)
		if (peer->groups[i] == group)
			return true;
	return peer->gid == group;
}

struct peer
peer_copy(const struct peer *peer)
{
	struct peer copy = *peer;

	copy.groups = malloc((peer->group_count + 1) * sizeof *copy.groups);
	if (copy.groups == NULL)
		abort();
	if (peer->group_count > 0)
		memcpy(copy.groups, peer->groups, peer->group_count * sizeof *copy.groups);
	return copy;
}

void
peer_free(struct peer *peer)
{
	free(peer->groups);
	*peer = (struct peer){ .uid = (uid_t)-1, .gid = (gid_t)-1 };
}
