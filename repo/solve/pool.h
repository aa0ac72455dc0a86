/* SPDX-License-Identifier: MIT */
/*
 * pool: what pool.c and explain.c share of libsolv; private to repo/solve/.
 */
#ifndef REPO_SOLVE_POOL_H
#define REPO_SOLVE_POOL_H

#include "repo/solve/solution.h"

#include <solv/pool.h>
#include <solv/solver.h>

struct pool { /* the packages of a request in libsolv's terms */
	struct resolving *it;
	Pool *solv;
	const struct solve_package **packages; /* by solvable id */
};

/* Say in words why there is no solution; sets the problems. */
void pool_explain(struct pool *pool, Solver *solver);

#endif
