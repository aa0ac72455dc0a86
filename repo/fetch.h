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
	unsigned
		low_speed_bytes; /* a second, for low_speed_seconds: slower is an error; 0: 256 */
	unsigned low_speed_seconds; /* 0: 30 */
	unsigned connect_seconds; /* 0: 20 */
	void (*progress)(void *data, uint64_t received_bytes); /* of all items; may be NULL */
	void *data;
};

/*
 * Fetch several files at once.
 *
 * Fails with the first item that fails; what the others wrote is worthless then. When it returns, nobody
 * else can write to the descriptors any more.
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
