/* SPDX-License-Identifier: MIT */
/* The steps of resolving, in order. */
#include "repo/solve.h"

#include "base/arena.h"
#include "base/err.h"
#include "repo/solve/solution.h"

static bool
has_job(const struct solve_request *request, enum solve_verb verb)
{
	for (size_t i = 0; i < request->job_count; i++)
		if (request->jobs[i].verb == verb)
			return true;
	return false;
}

int
solve_run(struct arena *arena, const struct solve_request *request,
	struct solve_result *ret_result, struct solve_problems *ret_problems)
{
	struct resolving it = { .arena = arena, .request = request };
	int ret;

	TRY(jobs_read_packages(&it));
	TRY(jobs_read(&it));
	ret = ask_solver(&it);
	if (ret < 0 && ret_problems != NULL)
		*ret_problems = it.problems;
	TRY(ret);
	index_solution(&it);
	TRY(solution_check(&it));
	/* From here on the new state is right; it can only lose what nothing needs. */
	if (has_job(request, SOLVE_AUTOREMOVE)) {
		solution_autoremove(&it);
		index_solution(&it);
	}
	solution_describe(&it, ret_result);
	return 0;
}
