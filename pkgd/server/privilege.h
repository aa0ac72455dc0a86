/* SPDX-License-Identifier: MIT */
/*
 * privilege: what the daemon gives up before it serves anybody.
 */
#ifndef PKGD_SERVER_PRIVILEGE_H
#define PKGD_SERVER_PRIVILEGE_H

/*
 * Keep only what making a root needs: of the capabilities those over files and their owners, no
 * way to get others, an environment of our own, few descriptors, no core files.
 *
 * Errors: ERR_IO
 * Source: capabilities(7), prctl(2)
 */
int privilege_drop(void);

#endif
