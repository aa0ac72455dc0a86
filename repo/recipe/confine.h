/* SPDX-License-Identifier: MIT */
/*
 * confine: what a build may not do: use the network, or write outside its directory.
 */
#ifndef REPO_RECIPE_CONFINE_H
#define REPO_RECIPE_CONFINE_H

struct confinement {
	const char *directory; /* may be written below */
};

/*
 * Lock the calling process in, for good; all that it starts inherits it.
 *
 * Sockets of other families than AF_UNIX cannot be made (EAFNOSUPPORT), and
 * where the kernel allows it there is no network to reach either. Files can be
 * changed below the directory, /tmp, /var/tmp and /dev only, where the kernel
 * has Landlock. For process.before_exec: data is a struct confinement.
 *
 * Errors: ERR_IO (the filter cannot be set)
 * Source: seccomp(2), landlock(7), network_namespaces(7)
 */
int confine_build(void *data);

#endif
