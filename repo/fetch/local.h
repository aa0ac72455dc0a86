/* SPDX-License-Identifier: MIT */
/*
 * fetch/local: file URLs.
 */
#ifndef REPO_FETCH_LOCAL_H
#define REPO_FETCH_LOCAL_H

#include "repo/fetch.h"

/*
 * Copy a local file to an item's descriptor.
 *
 * Errors: ERR_FETCH (not a URL of a local file, or it cannot be read), ERR_LIMIT,
 * ERR_NOT_FOUND (unless it may be missing), ERR_NO_SPACE, ERR_IO
 * Source: RFC 8089
 */
int local_fetch(struct fetch_item *item);

#endif
