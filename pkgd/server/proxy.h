/* SPDX-License-Identifier: MIT */
/*
 * proxy: by which servers the daemon reaches repositories. Passwords in it are shown to nobody.
 */
#ifndef PKGD_SERVER_PROXY_H
#define PKGD_SERVER_PROXY_H

#include "base/json.h"

#include <stdbool.h>

struct arena;

struct proxy { /* { 0 }: none */
	const char *http; /* URL of the proxy for http URLs; NULL: none */
	const char *https; /* for https URLs */
	const char *except; /* hosts that are reached without, with commas between */
	bool has_password;
};

/*
 * Read the section "proxy" of the configuration; NULL gives none. No message has a value in it.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT
 * Source: weld-pkgd.conf(5)
 */
int proxy_read(struct arena *arena, const json_t *json, struct proxy *ret_proxy);

/*
 * Make it this process's, and that of the operations that it begins from now on: as variables of the
 * environment, which repo/fetch hands to weld-fetch.
 *
 * Errors: ERR_IO
 */
int proxy_use(const struct proxy *proxy);

#endif
