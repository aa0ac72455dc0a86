/* SPDX-License-Identifier: MIT */
/*
 * search: what a question's new state is, by libsolv.
 */
#ifndef REPO_SOLVE_WORKER_SEARCH_H
#define REPO_SOLVE_WORKER_SEARCH_H

#include "repo/solve/worker/protocol.h"

/*
 * Find the new state, or what forbids one. Packages count in their order: the same question has the
 * same answer.
 *
 * Owner:  the arena
 * Errors: ERR_FAILED (libsolv compares no versions as RPM does)
 */
int search_run(struct arena *arena, const struct question *question, struct answer *ret_answer);

#endif
