/* SPDX-License-Identifier: MIT */
/*
 * From clauses to words. For each problem, weld-solve gives the clauses that cannot hold
 * together. They are told in the order in which a person would ask "why": what was asked for,
 * what that needs, what this needs in turn, and at last what stands against it.
 */
#include "repo/solve/ask.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "repo/version.h"

#include <stdlib.h>
#include <string.h>

#define CLAUSES_MAX 12 /* of one problem */

struct clause { /* of a problem, but for the jobs */
	const struct answer_clause *said;
	const char *text;
	bool is_reached; /* its source was spoken of */
	bool is_told;
};

typedef VEC(struct clause) clauses;

struct story { /* one problem */
	const struct asking *asking;
	clauses list;
	struct strbuf text;
	size_t told;
};

static const char *
label(const struct story *story, uint32_t package)
{
	return solve_label(story->asking->it->arena, story->asking->packages[package]);
}

/* What a clause is about: its relation, or its job's. */
static const struct relation *
relation_of(const struct story *story, const struct answer_clause *said)
{
	const struct question *question = &story->asking->question;

	if (said->kind == ANSWER_JOB || said->kind == ANSWER_JOB_UNMET)
		return &question->jobs[said->source].relation;
	return &question->packages[said->source]
			.lists[said->kind == ANSWER_CONFLICT ? QUESTION_CONFLICTS
							     : QUESTION_REQUIRES]
			      [said->relation];
}

/* Whether the story has as many clauses as a person reads. */
static bool
is_full(const struct story *story)
{
	return story->told > CLAUSES_MAX;
}

static void
tell(struct story *story, const char *text)
{
	if (is_full(story) || strstr(strbuf_string(&story->text), text) != NULL)
		return;
	if (++story->told <= CLAUSES_MAX)
		strbuf_printf(&story->text, "%s%s", story->told > 1 ? "; " : "", text);
	else
		strbuf_add_string(&story->text, "; and more");
}

static const char *
tell_installed(const struct story *story, uint32_t number)
{
	const struct solve_package *package = story->asking->packages[number];
	struct arena *arena = story->asking->it->arena;

	if (package->is_held)
		return arena_printf(arena, "%s is held (run 'weld unhold %s')",
			label(story, number), package->name);
	return arena_printf(
		arena, "%s is installed and may not be removed", label(story, number));
}

/* A package for other machines is not in the question: say so where it is missed. */
static const char *
tell_nothing(const struct story *story, const struct answer_clause *said)
{
	const struct resolving *it = story->asking->it;
	const struct relation *wanted = relation_of(story, said);
	const struct solve_package *foreign = resolving_foreign(it, wanted);

	if (foreign == NULL)
		return arena_printf(it->arena, "%s needs %s, which nothing provides",
			label(story, said->source), relation_text(it->arena, wanted));
	return arena_printf(it->arena,
		"%s needs %s, which only %s provides: that is for %s, not for %s",
		label(story, said->source), relation_text(it->arena, wanted),
		solve_label(it->arena, foreign), foreign->only_for, resolving_arch(it));
}

static const char *
tell_conflict(const struct story *story, const struct answer_clause *said)
{
	struct arena *arena = story->asking->it->arena;
	const char *enemy = relation_text(arena, relation_of(story, said));

	if (said->target == SOLVE_NONE)
		return arena_printf(
			arena, "%s conflicts with %s", label(story, said->source), enemy);
	return arena_printf(arena, "%s conflicts with %s (%s)", label(story, said->source),
		enemy, label(story, said->target));
}

static const char *
tell_clause(const struct story *story, const struct answer_clause *said)
{
	struct arena *arena = story->asking->it->arena;

	switch (said->kind) {
	case ANSWER_JOB_UNMET:
		return arena_printf(arena, "nothing provides %s",
			relation_text(arena, relation_of(story, said)));
	case ANSWER_NEED_UNMET:
		return tell_nothing(story, said);
	case ANSWER_NEED:
		return arena_printf(arena, "%s needs %s", label(story, said->source),
			relation_text(arena, relation_of(story, said)));
	case ANSWER_CONFLICT:
		return tell_conflict(story, said);
	case ANSWER_REPLACES:
		return arena_printf(arena, "%s replaces %s", label(story, said->source),
			label(story, said->target));
	case ANSWER_SAME_NAME:
		return arena_printf(arena, "%s and %s cannot be installed together",
			label(story, said->source), label(story, said->target));
	case ANSWER_NOT_INSTALLABLE:
		return arena_printf(
			arena, "%s cannot be installed", label(story, said->source));
	case ANSWER_INSTALLED:
		return tell_installed(story, said->source);
	case ANSWER_NOT_BEST:
		return arena_printf(arena, "%s cannot be upgraded", label(story, said->source));
	default:
		return "";
	}
}

static bool
is_need(const struct clause *clause)
{
	return clause->said->kind == ANSWER_NEED || clause->said->kind == ANSWER_NEED_UNMET;
}

static const struct solve_package *
source_of(const struct story *story, const struct clause *clause)
{
	return story->asking->packages[clause->said->source];
}

static void
tell_one(struct story *story, struct clause *clause)
{
	clause->is_told = true;
	tell(story, clause->text);
	if (clause->said->kind != ANSWER_NEED || is_full(story))
		return;
	/* What meets this need is spoken of: its needs are told next. */
	VEC_EACH (struct clause, other, &story->list)
		if (is_need(other) &&
			resolving_meets(story->asking->it, source_of(story, other),
				relation_of(story, clause->said)))
			other->is_reached = true;
}

/* Tell the needs that follow from what was reached, to the end of each chain. */
static void
tell_chains(struct story *story)
{
	bool is_new = true;

	while (is_new && !is_full(story)) {
		is_new = false;
		VEC_EACH (struct clause, clause, &story->list)
			if (!clause->is_told && is_need(clause) && clause->is_reached) {
				tell_one(story, clause);
				is_new = true;
				break;
			}
	}
}

/* Tell the clauses of some kinds that were not told. */
static void
tell_rest(struct story *story, bool (*is_kind)(const struct clause *clause))
{
	VEC_EACH (struct clause, clause, &story->list)
		if (!clause->is_told && is_kind(clause) && !is_full(story))
			tell_one(story, clause);
}

static bool
is_not_best(const struct clause *clause)
{
	return clause->said->kind == ANSWER_NOT_BEST;
}

static bool
is_against(const struct clause *clause)
{
	return clause->said->kind != ANSWER_INSTALLED;
}

static bool
is_any(const struct clause *clause)
{
	(void)clause;
	return true;
}

/* Whether a job is about a package. */
static bool
is_job_for(const struct story *story, const struct question_job *job, uint32_t number)
{
	const struct asking *asking = story->asking;

	if (job->verb == QUESTION_UPGRADE_ALL)
		return false;
	if (!question_has_relation(job->verb))
		return job->package == number;
	if (job->verb == QUESTION_INSTALL_PROVIDER)
		return resolving_meets(asking->it, asking->packages[number], &job->relation);
	return version_meets(
		asking->question.packages[number].lists[QUESTION_PROVIDES], &job->relation);
}

/* What the job asks for, as the beginning of the text. */
static void
reach_job(struct story *story, const struct question_job *job)
{
	struct arena *arena = story->asking->it->arena;

	if (job->verb == QUESTION_HOLD) {
		tell(story, tell_installed(story, job->package));
		return;
	}
	VEC_EACH (struct clause, clause, &story->list)
		if (is_need(clause) && is_job_for(story, job, clause->said->source))
			clause->is_reached = true;
	if (job->verb == QUESTION_REMOVE)
		tell(story, arena_printf(arena, "%s is to be removed",
				    relation_text(arena, &job->relation)));
}

/* By text, so that one problem is always told in one way. */
static int
compare_clauses(const void *a, const void *b)
{
	const struct clause *left = a;
	const struct clause *right = b;

	return strcmp(left->text, right->text);
}

static void
read_problem(struct story *story, const struct answer_problem *problem)
{
	for (size_t i = 0; i < problem->count; i++) {
		const struct answer_clause *said = &problem->clauses[i];

		if (said->kind != ANSWER_JOB)
			vec_push(story->asking->it->arena, &story->list,
				(struct clause){
					.said = said, .text = tell_clause(story, said) });
	}
	if (story->list.len > 0)
		qsort(story->list.at, story->list.len, sizeof *story->list.at, compare_clauses);
	for (size_t i = 0; i < problem->count; i++)
		if (problem->clauses[i].kind == ANSWER_JOB)
			reach_job(story,
				&story->asking->question.jobs[problem->clauses[i].source]);
}

static char *
explain_problem(const struct asking *asking, const struct answer_problem *problem)
{
	struct story story = { .asking = asking };
	char *text;

	read_problem(&story, problem);
	tell_rest(&story, is_not_best);
	tell_chains(&story);
	/* Installed packages have needs, too: theirs come behind what was asked for. */
	tell_rest(&story, is_need);
	tell_rest(&story, is_against);
	tell_rest(&story, is_any);
	text = arena_string(asking->it->arena, story.text.len == 0
						       ? "the jobs contradict each other"
						       : strbuf_string(&story.text));
	strbuf_free(&story.text);
	return text;
}

/* What a package needs that only `old` gives, among what is installed; NULL: nothing. */
static const struct relation *
find_lost_need(const struct resolving *it, const struct solve_package *user,
	const struct solve_package *old)
{
	const struct solve_request *request = it->request;
	const struct relations *relations = resolving_relations(it, user);

	for (size_t i = 0; i < user->require_count; i++) {
		const struct relation *wanted = &relations->requires[i];
		bool is_met = !resolving_meets(it, old, wanted);

		for (size_t j = 0; j < request->installed_count && !is_met; j++)
			is_met = &request->installed[j] != old &&
				 resolving_meets(it, &request->installed[j], wanted);
		if (!is_met)
			return wanted;
	}
	return NULL;
}

/* "zlib-1-1 is needed by a-1-1 (lib:z), b-1-1 (lib:z)"; an empty text without such. */
static void
tell_users(const struct resolving *it, const struct solve_package *old, struct strbuf *text)
{
	size_t count = 0;

	for (size_t i = 0; i < it->request->installed_count; i++) {
		const struct solve_package *user = &it->request->installed[i];
		const struct relation *lost = find_lost_need(it, user, old);

		if (user == old || lost == NULL || resolving_is_asked(it, SOLVE_REMOVE, user))
			continue;
		if (++count > CLAUSES_MAX) {
			strbuf_add_string(text, " and more");
			return;
		}
		if (count == 1)
			strbuf_printf(text, "%s is needed by ", solve_label(it->arena, old));
		strbuf_printf(text, "%s%s (%s)", count > 1 ? ", " : "",
			solve_label(it->arena, user), relation_text(it->arena, lost));
	}
}

/* A removal that others stand against: all of them are told, not only those that were met
 * first. False when that is not what the problem is. */
static bool
explain_removals(struct resolving *it)
{
	VEC(char *) texts = { 0 };

	for (size_t i = 0; i < it->request->job_count; i++) {
		struct strbuf text AUTO(strbuf_free) = { 0 };

		if (it->wishes[i].job->verb != SOLVE_REMOVE)
			return false;
		tell_users(it, resolving_installed(it, it->wishes[i].relation.name), &text);
		if (text.len > 0)
			vec_push(it->arena, &texts,
				arena_string(it->arena, strbuf_string(&text)));
	}
	it->problems.texts = texts.at;
	it->problems.count = texts.len;
	return texts.len > 0;
}

void
ask_explain(const struct asking *asking, const struct answer *answer)
{
	struct resolving *it = asking->it;

	if (explain_removals(it))
		return;
	it->problems.texts =
		arena_array(it->arena, answer->problem_count, sizeof *it->problems.texts);
	for (size_t i = 0; i < answer->problem_count; i++)
		it->problems.texts[i] = explain_problem(asking, &answer->problems[i]);
	it->problems.count = answer->problem_count;
}
