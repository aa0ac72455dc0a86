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
 * Record what was made from these input packages, and keep a copy of each package.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int record_write(const struct job *job, char *const *inputs, size_t input_count,
	const struct made *made);

/*
 * Whether there is a record, at this level of checking or a higher one, and all its
 * packages stand in the output directory: 1 or 0.
 *
 * For a recipe that is only required the copies will do: they are put there.
 * What was asked for is built when it is not there, or when that is forced.
 *
 * Errors: ERR_IO (an input package)
 */
int record_check(
	const struct job *job, char *const *inputs, size_t input_count, struct made *ret_kept);

#endif
