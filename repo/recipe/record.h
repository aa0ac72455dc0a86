/* SPDX-License-Identifier: MIT */
/*
 * record: what was built before, from what.
 */
#ifndef REPO_RECIPE_RECORD_H
#define REPO_RECIPE_RECORD_H

#include "base/vec.h"
#include "repo/recipe/job.h"

struct made { /* packages of one recipe */
	VEC(struct build_package) all;
};

/*
 * Where the record of a build stands, whether it exists or not.
 *
 * Owner:  the job's arena
 * Errors: ERR_IO (an input package)
 */
int
record_find(const struct job *job, char *const *inputs, size_t input_count, char **ret_path);

/*
 * Record what was made, and keep a copy of each package.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int record_write(const struct job *job, const char *path, const struct made *made);

/*
 * Whether there is a record and all its packages stand in the output directory.
 *
 * For a recipe that is only required the copies will do: they are put there.
 * What was asked for is built when it is not there, or when that is forced.
 */
bool record_check(const struct job *job, const char *path, struct made *ret_kept);

#endif
