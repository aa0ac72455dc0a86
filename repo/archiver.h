/* SPDX-License-Identifier: MIT */
/*
 * archiver: weld-archive at work, in whose processes packages are decompressed.
 *
 * Each file has a process of its own, locked in before it reads a byte: of one package's
 * contents nothing comes into another. What it gives is a stream of bytes that
 * the reader of packages compares or hashes, every one.
 */
#ifndef REPO_ARCHIVER_H
#define REPO_ARCHIVER_H

struct archiver; /* opaque: it may serve several threads at once */

/*
 * Start weld-archive; it ends with the thread that started it. Nobody waits longer than `patience_ms` for
 * the next byte of a package, 0: a minute.
 *
 * Owner:  the caller frees it
 * Errors: ERR_WORKER (cannot be run)
 */
int archiver_start(unsigned patience_ms, struct archiver **ret_archiver);

/* End it; NULL is fine. */
void archiver_free(struct archiver **archiver);

#endif
