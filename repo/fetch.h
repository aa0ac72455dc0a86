/* SPDX-License-Identifier: MIT */
/*
 * fetch: bytes from file, http and https URLs.
 *
 * The transport is hostile: the caller gives a limit for every file and
 * verifies what came. No user's configuration, credentials or cookies are
 * used; redirects are few and never leave http and https. Who talks to a server is a
 * process that has locked itself in (weld-fetch); local files are read in this one.
 */
#ifndef REPO_FETCH_H
#define REPO_FETCH_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FETCH_LOW_SPEED_BYTES 256 /* a second */
#define FETCH_LOW_SPEED_SECONDS 30
#define FETCH_CONNECT_SECONDS 20

struct fetch_item {
	const char *url;
	uint64_t limit; /* bytes: a longer answer is an error */
	int fd; /* open for writing: the body goes here from its offset on */
	bool may_be_missing; /* a missing file is no error: ret_missing */
	bool ret_missing;
	uint64_t ret_size; /* bytes received */
};

struct fetch_options { /* { 0 } is valid */
	unsigned connections; /* at once; 0: 6 */
	/* Slower than so much a second, for so long, is an error; 0: FETCH_LOW_SPEED_... */
	unsigned low_speed_bytes;
	unsigned low_speed_seconds;
	unsigned connect_seconds; /* 0: FETCH_CONNECT_SECONDS */
	void (*progress)(void *data, uint64_t received_bytes); /* of all items; may be NULL */
	void *data;
};

/*
 * Fetch several files at once.
 *
 * Fails with the first item that fails; what the others wrote is worthless then. When it returns, nobody
 * else can write to the descriptors any more. It returns in the end: nobody can be slower than low_speed_bytes on
 * the whole, but for a minute an item.
 *
 * Errors: ERR_FETCH (names the URL and the reason), ERR_LIMIT, ERR_NOT_FOUND (the server has no
 * such file), ERR_WORKER (weld-fetch cannot be run, died or hung), ERR_NO_SPACE, ERR_IO
 */
int fetch_files(const struct fetch_options *options, struct fetch_item *items, size_t count);

/*
 * Fetch one short file to memory.
 *
 * Owner:  the caller frees ret_bytes
 * Errors: as fetch_files()
 */
int fetch_bytes(const struct fetch_options *options, const char *url, uint64_t limit,
	struct strbuf *ret_bytes);

#endif
