/* SPDX-License-Identifier: MIT */
/*
 * build: from recipes to packages.
 *
 * Fetches, verifies, unpacks, builds without network in a directory of its own,
 * runs upstream's tests and packs. What a recipe requires is built first.
 */
#ifndef REPO_BUILD_H
#define REPO_BUILD_H

#include "repo/manifest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum build_step { /* in this order */
	BUILD_FETCH,
	BUILD_UNPACK,
	BUILD_SYSROOT,
	BUILD_PREPARE,
	BUILD_COMPILE,
	BUILD_CHECK,
	BUILD_INSTALL,
	BUILD_PACK,
	BUILD_KEPT, /* nothing to do: the package in the output directory is up to date */
	BUILD_FAILED, /* a step failed: text is the end of the log */
	BUILD_WARNING, /* text says of what */
	BUILD_DONE,
};

struct build_event {
	const char *name; /* of the recipe */
	const char *version;
	enum build_step step; /* begins now */
	double seconds; /* of the whole recipe, for BUILD_DONE */
	const char *text; /* the tests' summary for BUILD_DONE; as above; otherwise "" */
};

struct build_options { /* { 0 } with recipes_dir and output_dir set is valid */
	const char *recipes_dir; /* where names are looked up; may be NULL if none is */
	const char *output_dir; /* where packages are found and put; made if missing */
	const char *cache_dir; /* NULL: $XDG_CACHE_HOME/weld or $HOME/.cache/weld */
	enum manifest_check_level check;
	const char *const *patches; /* more patches, for the recipes that were asked for */
	size_t patch_count;
	int64_t release; /* for the recipes that were asked for; 0: their own */
	unsigned jobs; /* compilers at a time; 0: one a CPU */
	bool with_debug; /* also make NAME-debug packages of what was asked for */
	bool is_forced; /* build what was asked for also when it is up to date */
	bool is_offline; /* use the cache only */
	bool keep_build; /* keep the build directory also after success */
	void (*report)(void *data, const struct build_event *event); /* may be NULL */
	void *data;
};

#define BUILD_DEBUG_UNITS "lib/debug/weld" /* in a debug package: DIGEST.bc for each unit */

struct build_package { /* one that was asked for or had to be built first */
	const char *path; /* of the .weld file */
	const struct manifest *manifest;
	bool is_new; /* built now; false: it was up to date */
};

/*
 * Build recipes, and before them those that they require and whose packages are
 * missing or not up to date.
 *
 * A wanted thing is a recipe's folder when it has a slash in it, otherwise the name
 * of a recipe or package; none at all means every recipe of recipes_dir. A
 * package file appears complete or not at all; other versions of it stay.
 * On failure the build directory stays, and the message names its log.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND, ERR_FORMAT (recipe), ERR_FETCH, ERR_DIGEST (source), ERR_BUILD (a step
 * failed, or its result cannot be packed), ERR_SYMBOL (nobody exports a symbol), ERR_IO
 */
int build_recipes(struct arena *arena, const struct build_options *options,
	const char *const *wanted, size_t wanted_count, struct build_package **ret_packages,
	size_t *ret_count);

/* One word for a step, as people see it: "fetch". */
const char *build_step_name(enum build_step step);

#endif
