/* SPDX-License-Identifier: MIT */
/*
 * From libsolv's rules to words. For each problem, libsolv gives the rules that cannot hold
 * together. They are told in the order in which a person would ask "why": what was asked for,
 * what that needs, what this needs in turn, and at last what stands against it.
 */
#include "repo/solve/pool.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"

#include <solv/problems.h>
#include <solv/rules.h>
#include <stdlib.h>
#include <string.h>

#define CLAUSES_MAX 12 /* of one problem */

struct clause { /* one rule of a problem */
	SolverRuleinfo type;
	Id source; /* solvables; 0: none */
	Id target;
	Id dependency;
	const char *text; /* NULL: says nothing to a person */
	bool is_told;
};

typedef VEC(struct clause) clauses;

struct story { /* one problem */
	struct pool *pool;
	clauses list;
	Map reached; /* solvables that were spoken of */
	struct strbuf text;
	size_t told;
};

static const char *
label(struct story *story, Id id)
{
	return solve_label(story->pool->it->arena, story->pool->packages[id]);
}

static const char *
dependency(struct story *story, Id id)
{
	return pool_dep2str(story->pool->solv, id);
}

static void
tell(struct story *story, const char *text)
{
	if (strstr(strbuf_string(&story->text), text) != NULL)
		return;
	if (++story->told <= CLAUSES_MAX)
		strbuf_printf(&story->text, "%s%s", story->told > 1 ? "; " : "", text);
	else if (story->told == CLAUSES_MAX + 1)
		strbuf_add_string(&story->text, "; and more");
}

/* What an update rule stands for: the installed package may not go. */
static char *
tell_installed(struct story *story, Id id)
{
	const struct solve_package *package = story->pool->packages[id];
	struct arena *arena = story->pool->it->arena;

	if (package->is_held)
		return arena_printf(arena, "%s is held (run 'weld unhold %s')",
			label(story, id), package->name);
	return arena_printf(arena, "%s is installed and may not be removed", label(story, id));
}

static char *
tell_job(struct story *story, const struct clause *clause)
{
	struct arena *arena = story->pool->it->arena;

	switch (clause->type) {
	case SOLVER_RULE_JOB_NOTHING_PROVIDES_DEP:
	case SOLVER_RULE_JOB_UNKNOWN_PACKAGE:
		return arena_printf(
			arena, "nothing provides %s", dependency(story, clause->dependency));
	default:
		return NULL;
	}
}

/* A package for other machines is not in the pool: say so where it is missed. */
static char *
tell_nothing(struct story *story, const struct clause *clause)
{
	struct arena *arena = story->pool->it->arena;
	const char *wanted = dependency(story, clause->dependency);
	const struct solve_package *foreign = NULL;
	struct relation relation;

	if (relation_parse(arena, wanted, &relation) >= 0)
		foreign = resolving_foreign(story->pool->it, &relation);
	if (foreign == NULL)
		return arena_printf(arena, "%s needs %s, which nothing provides",
			label(story, clause->source), wanted);
	return arena_printf(arena,
		"%s needs %s, which only %s provides: that is for %s, not for %s",
		label(story, clause->source), wanted, solve_label(arena, foreign),
		foreign->only_for, resolving_arch(story->pool->it));
}

static char *
tell_clause(struct story *story, const struct clause *clause)
{
	struct arena *arena = story->pool->it->arena;

	switch (clause->type) {
	case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
		return tell_nothing(story, clause);
	case SOLVER_RULE_PKG_REQUIRES:
		return arena_printf(arena, "%s needs %s", label(story, clause->source),
			dependency(story, clause->dependency));
	case SOLVER_RULE_PKG_CONFLICTS:
	case SOLVER_RULE_PKG_SELF_CONFLICT:
		return arena_printf(arena, "%s conflicts with %s%s%s%s",
			label(story, clause->source), dependency(story, clause->dependency),
			clause->target == 0 ? "" : " (",
			clause->target == 0 ? "" : label(story, clause->target),
			clause->target == 0 ? "" : ")");
	case SOLVER_RULE_PKG_OBSOLETES:
	case SOLVER_RULE_PKG_INSTALLED_OBSOLETES:
	case SOLVER_RULE_PKG_IMPLICIT_OBSOLETES:
		return arena_printf(arena, "%s replaces %s", label(story, clause->source),
			label(story, clause->target));
	case SOLVER_RULE_PKG_SAME_NAME:
		return arena_printf(arena, "%s and %s cannot be installed together",
			label(story, clause->source), label(story, clause->target));
	case SOLVER_RULE_PKG_NOT_INSTALLABLE:
		return arena_printf(
			arena, "%s cannot be installed", label(story, clause->source));
	case SOLVER_RULE_UPDATE:
	case SOLVER_RULE_FEATURE:
		return clause->source == 0 ? NULL : tell_installed(story, clause->source);
	case SOLVER_RULE_BEST:
		return clause->source == 0 ? NULL
					   : arena_printf(arena, "%s cannot be upgraded",
						     label(story, clause->source));
	default:
		return tell_job(story, clause);
	}
}

/* Reach what meets a dependency: its needs are told next. */
static void
reach_providers(struct story *story, Id dependency_id)
{
	Pool *pool = story->pool->solv;
	Id id;
	Id list;

	FOR_PROVIDES(id, list, dependency_id)
	MAPSET(&story->reached, id);
}

static void
tell_one(struct story *story, struct clause *clause)
{
	clause->is_told = true;
	if (clause->text != NULL)
		tell(story, clause->text);
	if (clause->type == SOLVER_RULE_PKG_REQUIRES)
		reach_providers(story, clause->dependency);
}

static bool
is_need(const struct clause *clause)
{
	return clause->type == SOLVER_RULE_PKG_REQUIRES ||
	       clause->type == SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP;
}

static bool
is_about_installed(const struct clause *clause)
{
	return clause->type == SOLVER_RULE_UPDATE || clause->type == SOLVER_RULE_FEATURE;
}

/* Tell the needs that follow from what was reached, to the end of each chain. */
static void
tell_chains(struct story *story)
{
	bool is_new = true;

	while (is_new) {
		is_new = false;
		VEC_EACH (struct clause, clause, &story->list)
			if (!clause->is_told && is_need(clause) &&
				MAPTST(&story->reached, clause->source)) {
				tell_one(story, clause);
				is_new = true;
				break;
			}
	}
}

/* What the job asks for, as the beginning of the text. */
static void
reach_job(struct story *story, Id how, Id what)
{
	Pool *pool = story->pool->solv;
	Id select = how & SOLVER_SELECTMASK;
	Id id;
	Id list;

	if ((how & SOLVER_JOBMASK) == SOLVER_LOCK && select == SOLVER_SOLVABLE) {
		tell(story, tell_installed(story, what));
		return;
	}
	FOR_JOB_SELECT(id, list, select, what)
	MAPSET(&story->reached, id);
	if ((how & SOLVER_JOBMASK) == SOLVER_ERASE && select == SOLVER_SOLVABLE_NAME)
		tell(story, arena_printf(story->pool->it->arena, "%s is to be removed",
				    dependency(story, what)));
}

/* By text, so that one problem is always told in one way. */
static int
compare_clauses(const void *a, const void *b)
{
	const struct clause *left = a;
	const struct clause *right = b;

	if (left->text == NULL || right->text == NULL)
		return (left->text == NULL) - (right->text == NULL);
	return strcmp(left->text, right->text);
}

static void
sort_clauses(struct story *story)
{
	VEC_EACH (struct clause, clause, &story->list)
		clause->text = tell_clause(story, clause);
	if (story->list.len > 0)
		qsort(story->list.at, story->list.len, sizeof *story->list.at, compare_clauses);
}

static void
read_clauses(struct story *story, Solver *solver, Id problem)
{
	Queue rules;
	Queue infos;

	queue_init(&rules);
	queue_init(&infos);
	solver_findallproblemrules(solver, problem, &rules);
	for (int i = 0; i < rules.count; i++) {
		solver_allruleinfos(solver, rules.elements[i], &infos);
		for (int j = 0; j + 3 < infos.count; j += 4)
			vec_push(story->pool->it->arena, &story->list,
				(struct clause){
					.type = (SolverRuleinfo)infos.elements[j],
					.source = infos.elements[j + 1],
					.target = infos.elements[j + 2],
					.dependency = infos.elements[j + 3],
				});
		if (solver_ruleclass(solver, rules.elements[i]) == SOLVER_RULE_JOB) {
			Id what;
			Id how = solver_rule2job(solver, rules.elements[i], &what);

			reach_job(story, how, what);
		}
	}
	sort_clauses(story);
	queue_free(&infos);
	queue_free(&rules);
}

static void
explain_problem(struct pool *pool, Solver *solver, Id problem, struct strbuf *ret_text)
{
	struct story story = { .pool = pool };

	map_init(&story.reached, pool->solv->nsolvables);
	read_clauses(&story, solver, problem);
	VEC_EACH (struct clause, clause, &story.list)
		if (clause->type == SOLVER_RULE_BEST)
			tell_one(&story, clause);
	tell_chains(&story);
	/* Installed packages have needs, too: theirs come behind what was asked for. */
	VEC_EACH (struct clause, clause, &story.list)
		if (!clause->is_told && is_need(clause))
			tell_one(&story, clause);
	VEC_EACH (struct clause, clause, &story.list)
		if (!clause->is_told && !is_about_installed(clause))
			tell_one(&story, clause);
	VEC_EACH (struct clause, clause, &story.list)
		if (!clause->is_told)
			tell_one(&story, clause);
	if (story.text.len == 0)
		strbuf_add_string(&story.text, "the jobs contradict each other");
	map_free(&story.reached);
	*ret_text = story.text;
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

/* A removal that others stand against: all of them are told, not only those that libsolv met
 * first. False when that is not what the problem is. */
static bool
explain_removals(struct pool *pool)
{
	struct resolving *it = pool->it;
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
pool_explain(struct pool *pool, Solver *solver)
{
	struct arena *arena = pool->it->arena;
	VEC(char *) texts = { 0 };
	size_t count = solver_problem_count(solver);

	if (explain_removals(pool))
		return;
	for (size_t i = 1; i <= count; i++) {
		struct strbuf text AUTO(strbuf_free) = { 0 };

		explain_problem(pool, solver, (Id)i, &text);
		vec_push(arena, &texts, arena_string(arena, strbuf_string(&text)));
	}
	pool->it->problems.texts = texts.at;
	pool->it->problems.count = texts.len;
}
