/* SPDX-License-Identifier: MIT */
/*
 * fetch/remote: http and https URLs, through weld-fetch.
 */
#ifndef REPO_FETCH_REMOTE_H
#define REPO_FETCH_REMOTE_H

#include "repo/fetch.h"

struct arena;

/*
 * Fetch those of the items that `indices` name; `received` bytes of the others are there already, for progress.
 *
 * When it returns nobody else holds the items' descriptors.
 *
 * Errors: as fetch_files(), ERR_WORKER (weld-fetch cannot be run, died or hung)
 */
int remote_fetch(struct arena *arena, const struct fetch_options *options,
	struct fetch_item *items, const size_t *indices, size_t count, uint64_t received);

#endif
