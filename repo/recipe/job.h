/* SPDX-License-Identifier: MIT */
/*
 * job: what the steps of building one recipe share.
 */
#ifndef REPO_RECIPE_JOB_H
#define REPO_RECIPE_JOB_H

#include "repo/build.h"
#include "repo/recipe.h"

struct arena;

struct tools { /* absolute paths of weld's own programs */
	const char *cc;
	const char *ar;
	const char *nm;
	const char *ranlib;
	const char *strip;
	const char *ld;
	const char *ir;
	const char *clang_version; /* "22.1.8" */
	struct digest digest; /* of what decides the bytes that they make */
};

struct job {
	struct arena *arena;
	const struct build_options *options;
	const struct recipe *recipe;
	const struct tools *tools;
	const char *cache_dir; /* absolute */
	const char *top; /* the build directory: src build dest sysroot files objects log */
	int64_t epoch; /* of the source, seconds */
	const struct manifest **inputs; /* of the packages in the sysroot */
	size_t input_count;
	enum manifest_check_level check; /* how thoroughly this one is tested */
	bool is_debug; /* built again with debug information, for a package of its own */
	const struct build_package *ordinary; /* then: the packages that it is about */
	size_t ordinary_count;
	bool is_wanted; /* asked for: built here, or found in the output directory */
	bool is_checked; /* check was defined and passed */
	const char *check_summary;
};

/* A path below the build directory. Owner: the job's arena */
char *job_path(const struct job *job, const char *name);

/* Tell the caller that a step begins. */
void job_report(const struct job *job, enum build_step step, const char *text);

/*
 * Find weld's programs and ask them for their version.
 *
 * Errors: ERR_NOT_FOUND, ERR_IO, ERR_BUILD (weld-cc does not answer)
 */
int tools_find(struct arena *arena, struct tools *ret_tools);

/*
 * Run one function of the build file ("prepare", "build", "check" or "package"), in the sandbox.
 *
 * Errors: ERR_BUILD, naming step and log; the end of the log was reported before
 */
int step_run(const struct job *job, const char *name);

/*
 * Prepare the build directory: tools under their usual names, prelude and log.
 *
 * Errors: ERR_IO, ERR_NO_SPACE
 */
int step_prepare(const struct job *job);

/*
 * Fill the sysroot with the packages whose files are given, and set job's inputs.
 *
 * Errors: ERR_FORMAT, ERR_DIGEST (a damaged package), ERR_BUILD (import), ERR_IO
 */
int sysroot_make(struct job *job, const char *const *packages, size_t count);

/* Where debug information says that sources are: below the prefix. Owner: the job's arena */
char *job_debug_sources(const struct job *job);

/*
 * Make the package NAME-debug from what was installed: a unit with debug information beside each
 * unit of the ordinary packages, and the sources.
 *
 * Owner:  the job's arena
 * Errors: ERR_BUILD, ERR_FORMAT, ERR_IO
 */
int pack_debug(const struct job *job, struct build_package **ret_packages, size_t *ret_count);

/* What source a package was built from, and what stood in the sysroot. Errors: ERR_IO */
int pack_describe_origin(const struct job *job, struct manifest *manifest);

/* Write a package in the output directory. Errors: ERR_IO, ERR_NO_SPACE */
int pack_write(const struct job *job, const struct manifest *manifest,
	struct build_package *ret_package);

/*
 * Make the recipe's packages from what was installed, in the output directory.
 *
 * Owner:  the job's arena
 * Errors: ERR_BUILD, ERR_SYMBOL, ERR_FORMAT, ERR_IO
 */
int
pack_packages(const struct job *job, struct build_package **ret_packages, size_t *ret_count);

#endif
