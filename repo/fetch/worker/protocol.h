/* SPDX-License-Identifier: MIT */
/*
 * protocol: what weld and weld-fetch hand each other.
 *
 * `weld-fetch JOB` has the number of an inherited descriptor: a memory file with one JSON object,
 * "connections", "low_speed_bytes", "low_speed_seconds", "connect_seconds", "environment" (object of texts) and
 * "items", an array of "url", "limit", "may_be_missing" and "fd", an inherited descriptor that the
 * body is written to. On standard output it says, a line each:
 *
 *	progress BYTES		received so far, of all items; at least every other second
 *	done INDEX BYTES	an item is complete
 *	missing INDEX		the server has no such file
 *
 * A failure is reported as base/worker.h says, and then what was received is worthless.
 */
#ifndef REPO_FETCH_WORKER_PROTOCOL_H
#define REPO_FETCH_WORKER_PROTOCOL_H

#include <stddef.h>
#include <stdint.h>

#define FETCH_PROGRAM "weld-fetch"
#define FETCH_JOB_MAX ((size_t)64 << 20) /* bytes */
#define FETCH_LINE_MAX 64 /* bytes */
#define FETCH_MEMORY \
	((uint64_t)2 \
		<< 30) /* bytes of address space: each thread that resolves a name has a stack */

#endif
