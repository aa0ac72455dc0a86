/* SPDX-License-Identifier: MIT */
/*
 * An answer, to bytes and back. Who reads it does not trust who wrote it: each number is looked up
 * in the question, and what answer_read() takes, answer_write() gives again.
 */
#include "repo/solve/worker/protocol.h"

#include "base/arena.h"
#include "base/err.h"
#include "repo/solve/worker/number.h"

#include <string.h>

#define VERSION 1
#define CLAUSE_SIZE 16 /* bytes */

static const char magic[8] = "weldans";

static void
write_problem(const struct answer_problem *problem, struct strbuf *bytes)
{
	number_write(bytes, (uint32_t)problem->count);
	for (size_t i = 0; i < problem->count; i++) {
		number_write(bytes, problem->clauses[i].kind);
		number_write(bytes, problem->clauses[i].source);
		number_write(bytes, problem->clauses[i].target);
		number_write(bytes, problem->clauses[i].relation);
	}
}

void
answer_write(const struct answer *answer, struct strbuf *bytes)
{
	strbuf_add(bytes, magic, sizeof magic);
	number_write(bytes, VERSION);
	number_write(bytes, (uint32_t)answer->problem_count);
	for (size_t i = 0; i < answer->problem_count; i++)
		write_problem(&answer->problems[i], bytes);
	if (answer->problem_count > 0)
		return;
	number_write(bytes, (uint32_t)answer->package_count);
	for (size_t i = 0; i < answer->package_count; i++)
		number_write(bytes, answer->packages[i]);
}

/* The source's relations that a clause of this kind is about; QUESTION_LISTS: none. */
static enum question_list
list_of(enum answer_kind kind)
{
	switch (kind) {
	case ANSWER_NEED:
	case ANSWER_NEED_UNMET:
		return QUESTION_REQUIRES;
	case ANSWER_CONFLICT:
		return QUESTION_CONFLICTS;
	default:
		return QUESTION_LISTS;
	}
}

static bool
may_have_target(enum answer_kind kind)
{
	return kind == ANSWER_CONFLICT || kind == ANSWER_REPLACES || kind == ANSWER_SAME_NAME;
}

static bool
is_clause(const struct question *question, const struct answer_clause *clause)
{
	enum question_list list = list_of(clause->kind);
	bool has_target = clause->target != SOLVE_NONE;

	if (clause->kind == ANSWER_JOB || clause->kind == ANSWER_JOB_UNMET) {
		if (clause->source >= question->job_count)
			return false;
		if (clause->kind == ANSWER_JOB_UNMET &&
			!question_has_relation(question->jobs[clause->source].verb))
			return false;
	} else if (clause->source >= question->package_count) {
		return false;
	}
	if (has_target &&
		(!may_have_target(clause->kind) || clause->target >= question->package_count))
		return false;
	if (!has_target && may_have_target(clause->kind) && clause->kind != ANSWER_CONFLICT)
		return false;
	if (list == QUESTION_LISTS)
		return clause->relation == SOLVE_NONE;
	return clause->relation < question->packages[clause->source].counts[list];
}

static int
take_clause(struct str *rest, const struct question *question, struct answer_clause *clause)
{
	uint32_t kind = 0;

	TRY(number_take(rest, &kind));
	TRY(number_take(rest, &clause->source));
	TRY(number_take(rest, &clause->target));
	TRY(number_take(rest, &clause->relation));
	clause->kind = (enum answer_kind)kind;
	if (kind >= ANSWER_KINDS || !is_clause(question, clause))
		return err_set(ERR_FORMAT, "not a clause");
	return 0;
}

static int
take_problem(struct arena *arena, struct str *rest, const struct question *question,
	struct answer_problem *problem)
{
	uint32_t count = 0;

	TRY(number_take(rest, &count));
	if (count > SOLVE_CLAUSES_MAX || count > rest->len / CLAUSE_SIZE)
		return err_set(ERR_FORMAT, "too many clauses");
	problem->count = count;
	problem->clauses = arena_array(arena, count, sizeof *problem->clauses);
	for (size_t i = 0; i < count; i++)
		TRY(take_clause(rest, question, &problem->clauses[i]));
	return 0;
}

static int
take_problems(struct arena *arena, struct str *rest, const struct question *question,
	struct answer *answer)
{
	size_t clauses = 0;

	if (answer->problem_count > SOLVE_PROBLEMS_MAX)
		return err_set(ERR_FORMAT, "too many problems");
	answer->problems = arena_array(arena, answer->problem_count, sizeof *answer->problems);
	for (size_t i = 0; i < answer->problem_count; i++) {
		TRY(take_problem(arena, rest, question, &answer->problems[i]));
		clauses += answer->problems[i].count;
	}
	if (clauses > SOLVE_CLAUSES_MAX)
		return err_set(ERR_FORMAT, "too many clauses");
	return 0;
}

static int
take_packages(struct arena *arena, struct str *rest, const struct question *question,
	struct answer *answer)
{
	uint32_t count = 0;

	TRY(number_take(rest, &count));
	if (count > question->package_count || count > rest->len / 4)
		return err_set(ERR_FORMAT, "too many packages");
	answer->package_count = count;
	answer->packages = arena_array(arena, count, sizeof *answer->packages);
	for (size_t i = 0; i < count; i++) {
		TRY(number_take(rest, &answer->packages[i]));
		if (answer->packages[i] >= question->package_count)
			return err_set(ERR_FORMAT, "a package that was not offered");
		if (i > 0 && answer->packages[i] <= answer->packages[i - 1])
			return err_set(ERR_FORMAT, "a package twice, or out of order");
	}
	return 0;
}

int
answer_read(struct arena *arena, const struct question *question, struct str bytes,
	struct answer *ret_answer)
{
	struct answer answer = { 0 };
	uint32_t version = 0, problems = 0;

	if (bytes.len < sizeof magic || memcmp(bytes.at, magic, sizeof magic) != 0)
		return err_set(ERR_FORMAT, "not an answer");
	bytes.at += sizeof magic;
	bytes.len -= sizeof magic;
	TRY(number_take(&bytes, &version));
	TRY(number_take(&bytes, &problems));
	if (version != VERSION)
		return err_set(ERR_FORMAT, "an answer of another version");
	answer.problem_count = problems;
	TRY(problems > 0 ? take_problems(arena, &bytes, question, &answer)
			 : take_packages(arena, &bytes, question, &answer));
	if (bytes.len > 0)
		return err_set(ERR_FORMAT, "%zu bytes too many", bytes.len);
	*ret_answer = answer;
	return 0;
}
