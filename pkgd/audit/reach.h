/* SPDX-License-Identifier: MIT */
/*
 * reach: what one program can get to, through its slots, and how.
 *
 * A search marks places: first what direct calls lead to, then what calls through pointers could.
 * Such a call may reach a function only if its address is taken in code or data that is itself
 * within reach, and if the types fit (call_type.h).
 */
#ifndef PKGD_AUDIT_REACH_H
#define PKGD_AUDIT_REACH_H

#include "pkgd/audit/image.h"

enum reach_mark {
	REACH_DIRECT = 1 << 0, /* by calls alone */
	REACH_POSSIBLE = 1 << 1, /* through a pointer */
	REACH_TAKEN = 1 << 2, /* its address is taken within reach */
	REACH_USED = 1 << 3, /* data that code within reach refers to */
};

struct reach; /* opaque: a search's working memory, used for one after the other */

/* Make a search over images; none may be added from now on. Owner: the arena */
struct reach *reach_new(struct arena *arena, struct audit_images *images);

/*
 * Search from an image: from a program's main, constructors and destructors and those of its
 * slots; from everything that a slot exports. What the plug-ins of a program export is possible;
 * and where dlsym() is within reach, so is everything that any of these images exports.
 *
 * The marks stand in the images that it sees, until the next search.
 */
void reach_search(struct reach *reach, uint32_t image);

/* The images of the last search: that one, then its slots. */
const uint32_t *reach_images(const struct reach *reach, size_t *ret_count);

/* All images, of which the marks are in those of the last search. */
const struct audit_images *reach_all_images(const struct reach *reach);

struct reach_step {
	struct audit_place place;
	struct audit_way way; /* how the step before leads here */
};

/*
 * The way to a marked place, from a root on.
 *
 * Owner: the arena
 */
void reach_chain(const struct reach *reach, struct arena *arena, struct audit_place place,
	struct reach_step **ret_steps, size_t *ret_count);

#endif
