/* SPDX-License-Identifier: MIT */
/*
 * running: processes whose program stands in the store.
 */
#ifndef STORE_RUNNING_H
#define STORE_RUNNING_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct store;

struct running {
	uint64_t pid;
	const char *store_name; /* directory in ROOT/store that its program is in */
};

/*
 * List those that can be seen: one's own, or all of them for root.
 *
 * Owner:  the arena
 * Errors: ERR_IO
 * Source: proc(5)
 */
int running_list(struct arena *arena, const struct store *store, struct running **ret_processes,
	size_t *ret_count);

#endif
