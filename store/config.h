/* SPDX-License-Identifier: MIT */
/*
 * config: configuration files: the user's copies, the packages' versions, and bringing them together.
 *
 * ROOT/state/config/PATH is the user's. ROOT/state/base/PATH is the version of the package that it
 * derives from: what both changed since then is what merging has to decide.
 */
#ifndef STORE_CONFIG_H
#define STORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct store;

enum config_state {
	CONFIG_SAME, /* as the package has it */
	CONFIG_CHANGED, /* by the user, from the version that the package has now */
	CONFIG_PENDING, /* from another version than that: to be merged */
	CONFIG_ODD, /* no file that can be read */
};

struct config_file {
	const char *path; /* in a generation: "etc/x.conf" */
	const char *package; /* "jq-1.6-1" */
	enum config_state state;
	const char *yours; /* relative to the root, as the next: "state/config/etc/x.conf" */
	const char *theirs; /* the package's, in the store */
	const char *base; /* "state/base/etc/x.conf"; NULL: it is not known */
};

/*
 * The configuration files of the current generation, by path.
 *
 * Owner:  the arena
 * Errors: as generation_read_current()
 */
int config_list(struct arena *arena, const struct store *store, struct config_file **ret_files,
	size_t *ret_count);

enum config_choice {
	CONFIG_MERGE, /* both; what does not merge is written beside, as PATH.weld-merge */
	CONFIG_OURS, /* what the user has is right */
	CONFIG_THEIRS, /* the package's; the user's is kept as PATH.weld-old */
};

/*
 * Bring the user's copy and the package's version together.
 *
 * Repeating it after a crash completes it. Needs the lock.
 *
 * Errors: ERR_FINDINGS (it does not merge: nothing but PATH.weld-merge is written), ERR_NOT_FOUND (no
 *         version to merge from), ERR_IO, ERR_NO_SPACE
 */
int
config_resolve(struct store *store, const struct config_file *file, enum config_choice choice);

/* Forget a copy and all that lies beside it. Needs the lock. Errors: ERR_IO */
int config_forget(struct store *store, const char *path);

#endif
