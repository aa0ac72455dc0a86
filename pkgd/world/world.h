/* SPDX-License-Identifier: MIT */
/*
 * world: what a person wants of a root, in one file that is written by hand.
 *
 *     packages = [ jq, "lua5.4 >= 5.4.4" ]
 *     hold = [ jq ]
 *     policy { sharing = always }
 *
 * weld-world(5) has the form.
 */
#ifndef PKGD_WORLD_WORLD_H
#define PKGD_WORLD_WORLD_H

#include "base/str.h"
#include "repo/relation.h"

#include <stddef.h>

struct arena;

#define WORLD_SIZE_MAX ((size_t)1 << 20) /* bytes of a file */
#define WORLD_PACKAGES_MAX ((size_t)100000)

struct world_package {
	const char *text; /* as it was written: "lua5.4 >= 5.4.4" */
	struct relation relation;
};

struct world_policy {
	const char *key; /* as of weld-policy(1); not looked at here */
	const char *value;
};

struct world {
	struct world_package *packages;
	size_t package_count;
	char **holds; /* names */
	size_t hold_count;
	struct world_policy *policy; /* sorted by key */
	size_t policy_count;
};

/*
 * Read a world file.
 *
 * Owner:  the arena; nothing is borrowed from the text
 * Errors: ERR_FORMAT (names line or key), ERR_LIMIT
 */
int world_read(struct arena *arena, struct str text, struct world *ret_world);

#endif
