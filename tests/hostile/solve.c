/* SPDX-License-Identifier: MIT */
/*
 * What a solver could do that packages' relations have taken over: the first job asks for "z-" and the name
 * of one attempt. It reports "held" when the attempt failed, and "escaped" when it did not; or it
 * gives an answer that is wrong. The question is the one that tests/unit/solver_test.c asks.
 */
#include "repo/solve/worker/search.h"

#include "base/arena.h"
#include "base/err.h"
#include "tests/hostile/attempts.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define DESCRIPTORS 64

enum { OLD, LIB_1, LIB_2, WANTED, COUNT, END = -1 }; /* packages of the question */

static const struct {
	const char *name;
	int packages[6]; /* ended by END */
} states[] = {
	{ "right", { OLD, LIB_2, WANTED, END } },
	{ "nowhere", { OLD, LIB_2, WANTED, COUNT, END } },
	{ "twice", { OLD, LIB_2, WANTED, WANTED, END } },
	{ "backwards", { OLD, WANTED, LIB_2, END } },
	{ "versions", { OLD, LIB_1, LIB_2, WANTED, END } },
	{ "lacking", { OLD, WANTED, END } },
	{ "unfit", { OLD, LIB_1, WANTED, END } },
	{ "ignored", { OLD, END } },
	{ "removed", { LIB_2, WANTED, END } },
	{ "nothing", { END } },
};

static const struct {
	const char *name;
	struct answer_clause clause;
} excuses[] = {
	{ "excuse", { ANSWER_INSTALLED, OLD, SOLVE_NONE, SOLVE_NONE } },
	{ "no-kind", { ANSWER_KINDS, OLD, SOLVE_NONE, SOLVE_NONE } },
	{ "no-source", { ANSWER_INSTALLED, COUNT, SOLVE_NONE, SOLVE_NONE } },
	{ "no-target", { ANSWER_SAME_NAME, OLD, SOLVE_NONE, SOLVE_NONE } },
	{ "far-target", { ANSWER_REPLACES, OLD, COUNT, SOLVE_NONE } },
	{ "no-relation", { ANSWER_NEED, WANTED, SOLVE_NONE, SOLVE_NONE } },
	{ "far-relation", { ANSWER_NEED_UNMET, WANTED, SOLVE_NONE, 1 } },
	{ "far-conflict", { ANSWER_CONFLICT, WANTED, OLD, 0 } },
	{ "no-job", { ANSWER_JOB, 1, SOLVE_NONE, SOLVE_NONE } },
	{ "far-job", { ANSWER_JOB_UNMET, 7, SOLVE_NONE, SOLVE_NONE } },
};

static const struct {
	const char *name;
	const char *bytes;
	size_t length;
	unsigned times;
} texts[] = {
	{ "silent", "", 0, 0 },
	{ "garbage", "what is this", 12, 1 },
	{ "short", "weldans\0\1\0\0\0\0\0\0\0\3\0\0\0", 20, 1 },
	{ "many", "weldans\0\1\0\0\0\0\0\0\0\xff\xff\xff\xff", 20, 1 },
	{ "troubles", "weldans\0\1\0\0\0\xff\xff\xff\xff", 16, 1 },
	{ "clauses", "weldans\0\1\0\0\0\1\0\0\0\xff\xff\xff\xff", 20, 1 },
	{ "version", "weldans\0\2\0\0\0\0\0\0\0\0\0\0\0", 20, 1 },
	{ "longer", "weldans\0\1\0\0\0\0\0\0\0\0\0\0\0!", 21, 1 },
	{ "endless", "weldans\0\1\0\0\0\0\0\0\0", 16, -1U },
};

/* The question: the first of what it was given. */
static int
find_question(void)
{
	int fd = 3;

	while (fd < DESCRIPTORS &&
		mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		fd++;
	return fd;
}

/* Write in place of an answer: the question does not take it. */
static void
write_text(const char *bytes, size_t length, unsigned times)
{
	for (int fd = 3; fd < DESCRIPTORS; fd++)
		for (unsigned i = 0; i < times && write(fd, bytes, length) > 0; i++)
			;
	_exit(0);
}

static bool
give_state(struct arena *arena, const char *name, struct answer *answer)
{
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
		if (strcmp(states[i].name, name) != 0)
			continue;
		answer->packages =
			arena_array(arena, sizeof states[i].packages, sizeof(uint32_t));
		while (states[i].packages[answer->package_count] != END) {
			answer->packages[answer->package_count] =
				(uint32_t)states[i].packages[answer->package_count];
			answer->package_count++;
		}
		return true;
	}
	return false;
}

static bool
give_excuse(struct arena *arena, const char *name, struct answer *answer)
{
	for (size_t i = 0; i < sizeof excuses / sizeof excuses[0]; i++) {
		if (strcmp(excuses[i].name, name) != 0)
			continue;
		answer->problems = ARENA_NEW(arena, struct answer_problem);
		answer->problem_count = 1;
		answer->problems->clauses = ARENA_NEW(arena, struct answer_clause);
		answer->problems->clauses[0] = excuses[i].clause;
		answer->problems->count = 1;
		return true;
	}
	return false;
}

int
search_run(struct arena *arena, const struct question *question, struct answer *ret_answer)
{
	const char *name = question->jobs[0].relation.name + strlen("z-");

	*ret_answer = (struct answer){ 0 };
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(texts[i].name, name) == 0)
			write_text(texts[i].bytes, texts[i].length, texts[i].times);
	if (give_state(arena, name, ret_answer) || give_excuse(arena, name, ret_answer))
		return 0;
	if (!attempt_is_known(name))
		return err_set(ERR_SIGNATURE, "%s: no such attempt", name);
	return err_set(ERR_FORMAT, "%s: %s", name,
		attempt_escapes(name, find_question()) ? "escaped" : "held");
}
