/* SPDX-License-Identifier: MIT */
/*
 * policy: what the owner of a root decided about linking, in ROOT/state/policy.json.
 */
#ifndef PKGD_POLICY_H
#define PKGD_POLICY_H

#include "base/json.h"
#include "linker/link.h"
#include "repo/manifest_list.h"
#include "store/generation.h"

#include <stdbool.h>

struct arena;
struct store;

enum policy_improve { /* whether better images are made in the background */
	POLICY_IMPROVE_AUTO, /* after a change that somebody waited for at a terminal */
	POLICY_IMPROVE_ALWAYS, /* after each change */
	POLICY_IMPROVE_NEVER,
};

enum policy_accounts { /* whether users and groups that packages declare are made */
	POLICY_ACCOUNTS_AUTO, /* by root, for the system's own root */
	POLICY_ACCOUNTS_MAKE, /* by root */
	POLICY_ACCOUNTS_TELL, /* it is said which are missing */
};

enum policy_services { /* which services start where weld makes that: in images */
	POLICY_SERVICES_ASKED, /* those of packages that were asked for */
	POLICY_SERVICES_ALL,
	POLICY_SERVICES_NAMED,
};

struct policy {
	enum link_sharing sharing;
	bool is_tier_auto; /* pkgd/tier.h chooses */
	enum lower_tier tier; /* LOWER_FULL when it is chosen */
	enum arch arch; /* that the root is for */
	enum policy_improve improve;
	enum policy_accounts accounts;
	enum policy_services services;
	struct manifest_list service_names; /* with POLICY_SERVICES_NAMED */
	uint64_t memory; /* bytes that a worker may use */
	const char *cpu; /* LOWER_NATIVE, or LLVM's name. Owner: the arena */
	const struct digest *builders; /* ids of the keys of trusted builders */
	size_t builder_count;
	unsigned harden; /* set of enum harden */
	uint64_t gc_keep; /* generations that are kept after a change; 0: no number is said */
	uint64_t gc_days; /* and those so young; 0 with gc_keep 0: all are kept */
	unsigned trigger_seconds; /* how long a trigger may run */
	bool inlines; /* small functions of slots are copied into their users */
};

#define POLICY_INLINE_STANDARD false /* also of what builders lower */

/*
 * Read the policy; a root without one has the standard one: this machine, or what every CPU of
 * the root's architecture can run when that is another.
 *
 * Errors: ERR_FORMAT (names the key), ERR_IO
 */
int policy_read(struct arena *arena, const struct store *store, struct policy *ret_policy);

/*
 * As policy_read(), as if the keys in `changes` had been set already; NULL: none. What it has must
 * have passed policy_check().
 */
int policy_read_with(struct arena *arena, const struct store *store, const json_t *changes,
	struct policy *ret_policy);

/*
 * Check keys that are to be set together.
 *
 * Errors: as policy_set()
 */
int policy_check(struct arena *arena, const struct store *store, const json_t *changes);

/*
 * The file of the policy as it is with these keys set, which have passed policy_check().
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT, ERR_IO
 */
int policy_file_with(struct arena *arena, const struct store *store, const json_t *changes,
	struct generation_state_file *ret_file);

/*
 * Change one key. Needs the lock; `arch` may change only while nothing is installed, which the
 * caller sees to.
 *
 * Errors: ERR_USAGE (no such key or value: lists them, or names one that is near), ERR_WORKER,
 *         ERR_NO_SPACE, ERR_IO
 */
int policy_set(struct arena *arena, struct store *store, const char *key, const char *value);

/*
 * Add each key with its value as text to an object, what was not set included.
 *
 * Errors: as policy_read()
 */
int policy_list(struct arena *arena, const struct store *store, json_t *ret_values);

/* The whole policy as one text: equal ones are the same policy. Errors: as policy_read() */
int policy_text(struct arena *arena, const struct store *store, const char **ret_text);

#endif
