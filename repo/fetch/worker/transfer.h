/* SPDX-License-Identifier: MIT */
/*
 * transfer: http and https by libcurl, in a process that has locked itself in.
 */
#ifndef REPO_FETCH_WORKER_TRANSFER_H
#define REPO_FETCH_WORKER_TRANSFER_H

#include "repo/fetch.h"

#include <stdbool.h>
#include <stddef.h>

struct transfer_ends { /* told while it goes on */
	void (*progress)(
		void *data, uint64_t received); /* of all items, at least every second */
	void (*ended)(void *data, size_t index, const struct fetch_item *item);
	void *data;
};

/*
 * Prepare libcurl: what it reads for all transfers is read here.
 *
 * Errors: ERR_FETCH
 */
int transfer_prepare(void);

/* Fetch items, as fetch_files() promises; progress in the options is not told. */
int transfer_run(const struct fetch_options *options, struct fetch_item *items, size_t count,
	const struct transfer_ends *ends);

#endif
