/* SPDX-License-Identifier: MIT */
/*
 * policy: what the owner of a root decided about linking, in ROOT/state/policy.json.
 */
#ifndef PKGD_POLICY_H
#define PKGD_POLICY_H

#include "linker/link.h"

struct arena;
struct store;

struct policy {
	enum link_sharing sharing;
	enum lower_tier tier;
	enum arch arch; /* that the root is for */
	const char *cpu; /* LOWER_NATIVE, or LLVM's name. Owner: the arena */
};

/*
 * Read the policy; a root without one has the standard one: this machine, or what every CPU of
 * the root's architecture can run when that is another.
 *
 * Errors: ERR_FORMAT (names the key), ERR_IO
 */
int policy_read(struct arena *arena, const struct store *store, struct policy *ret_policy);

/*
 * Change one key. Needs the lock; `arch` may change only while nothing is installed, which the
 * caller sees to.
 *
 * Errors: ERR_USAGE (no such key or value: lists them, or names one that is near), ERR_WORKER,
 *         ERR_NO_SPACE, ERR_IO
 */
int policy_set(struct arena *arena, struct store *store, const char *key, const char *value);

/* The word for a value: "auto", "always", "never". */
const char *policy_sharing_name(enum link_sharing sharing);

/* The word for a value: "instant", "fast", "full". */
const char *policy_tier_name(enum lower_tier tier);

#endif
