/* SPDX-License-Identifier: MIT */
/*
 * ask: a question to weld-solve, and what comes of its answer; private to repo/solve/.
 */
#ifndef REPO_SOLVE_ASK_H
#define REPO_SOLVE_ASK_H

#include "repo/solve/solution.h"
#include "repo/solve/worker/protocol.h"

struct asking {
	struct resolving *it;
	struct question question;
	const struct solve_package **packages; /* by number in the question */
	uint32_t *numbers; /* of what is available; SOLVE_NONE: not in the question */
};

/*
 * Make the question of a request whose jobs were read.
 *
 * Owner:  the arena of `it`, which the answer goes into
 * Errors: ERR_NOT_FOUND (what is to be installed again is no longer offered)
 */
int ask_prepare(struct resolving *it, struct asking *ret_asking);

/*
 * Take an answer: it names the new state, which nobody has checked, or sets the problems.
 *
 * Errors: ERR_UNRESOLVABLE, with the problems set; ERR_WORKER (not an answer to this question)
 */
int ask_take(const struct asking *asking, struct str bytes);

/* Say in words why there is no new state; sets the problems. */
void ask_explain(const struct asking *asking, const struct answer *answer);

#endif
