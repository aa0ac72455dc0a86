/* SPDX-License-Identifier: MIT */
/*
 * libsolv's part. A package's number and its id in libsolv's pool differ by two, which stand
 * for nothing and for the system. The pool compares versions as RPM does (repo/version.h).
 */
#include "repo/solve/worker/search.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

#include <solv/pool.h>
#include <solv/problems.h>
#include <solv/repo.h>
#include <solv/rules.h>
#include <solv/solver.h>
#include <assert.h>

_Static_assert(
	RELATION_GREATER == REL_GT && RELATION_EQUAL == REL_EQ && RELATION_LESS == REL_LT,
	"relations have libsolv's bits");

#define FIRST_ID 2

typedef VEC(struct answer_clause) clauses;

struct search {
	struct arena *arena;
	const struct question *question;
	Pool *pool;
	size_t clause_count; /* of all problems so far */
};

static Id
to_id(Pool *pool, const struct relation *relation)
{
	Id name = pool_str2id(pool, relation->name, 1);

	if (relation->operators == RELATION_ANY)
		return name;
	return pool_rel2id(pool, name, pool_str2id(pool, relation->version, 1),
		(int)relation->operators, 1);
}

static uint32_t
to_number(Id id)
{
	return id < FIRST_ID ? SOLVE_NONE : (uint32_t)(id - FIRST_ID);
}

static void
add_package(Repo *repo, const struct question_package *package)
{
	static const Id kinds[QUESTION_LISTS] = { SOLVABLE_PROVIDES, SOLVABLE_REQUIRES,
		SOLVABLE_CONFLICTS, SOLVABLE_OBSOLETES };
	const struct relation *own = package->lists[QUESTION_PROVIDES];
	Pool *pool = repo->pool;
	Solvable *solvable = pool_id2solvable(pool, repo_add_solvable(repo));

	solvable->name = pool_str2id(pool, own->name, 1);
	solvable->evr = pool_str2id(pool, own->version, 1);
	solvable->arch = ARCH_NOARCH;
	for (size_t i = 0; i < QUESTION_LISTS; i++)
		for (size_t k = 0; k < package->counts[i]; k++)
			solvable_add_deparray(
				solvable, kinds[i], to_id(pool, &package->lists[i][k]), 0);
}

/* libsolv's repositories are told apart by their priority. */
static Repo *
find_repo(Pool *pool, int priority)
{
	Id id;
	Repo *repo;

	FOR_REPOS(id, repo)
	if (repo != pool->installed && repo->priority == priority)
		return repo;
	repo = repo_create(pool, "offered");
	repo->priority = priority;
	return repo;
}

static void
add_packages(struct search *it)
{
	const struct question *question = it->question;
	Repo *installed = repo_create(it->pool, "installed");

	pool_set_installed(it->pool, installed);
	for (size_t i = 0; i < question->package_count; i++)
		add_package(i < question->installed_count
				    ? installed
				    : find_repo(it->pool, question->packages[i].priority),
			&question->packages[i]);
	assert((size_t)it->pool->nsolvables == question->package_count + FIRST_ID);
}

static Id
job_flags(const struct question_job *job)
{
	Id exact = (job->relation.operators & RELATION_EQUAL) != 0 ? SOLVER_SETEVR : 0;

	switch (job->verb) {
	case QUESTION_INSTALL:
		return SOLVER_INSTALL | SOLVER_SOLVABLE_NAME | exact;
	case QUESTION_INSTALL_PROVIDER:
		return SOLVER_INSTALL | SOLVER_SOLVABLE_PROVIDES | exact;
	case QUESTION_INSTALL_PACKAGE:
		return SOLVER_INSTALL | SOLVER_SOLVABLE | SOLVER_SETEVR;
	case QUESTION_REINSTALL:
		return SOLVER_INSTALL | SOLVER_SOLVABLE;
	case QUESTION_REMOVE:
		return SOLVER_ERASE | SOLVER_SOLVABLE_NAME;
	case QUESTION_UPGRADE:
		/* Who names a package wants to know why it cannot be upgraded. */
		return SOLVER_UPDATE | SOLVER_SOLVABLE_NAME | SOLVER_FORCEBEST;
	case QUESTION_UPGRADE_ALL:
		return SOLVER_UPDATE | SOLVER_SOLVABLE_ALL;
	default:
		return SOLVER_LOCK | SOLVER_SOLVABLE;
	}
}

static void
add_jobs(struct search *it, Queue *jobs)
{
	for (size_t i = 0; i < it->question->job_count; i++) {
		const struct question_job *job = &it->question->jobs[i];
		Id what = (Id)job->package + FIRST_ID;

		if (question_has_relation(job->verb))
			what = to_id(it->pool, &job->relation);
		else if (job->verb == QUESTION_UPGRADE_ALL)
			what = 0;
		queue_push2(jobs, job_flags(job), what);
	}
}

/* The number of a relation in a list of a package's. */
static uint32_t
find_relation(const struct search *it, Id source, enum question_list list, Id dependency)
{
	const struct question_package *package = &it->question->packages[to_number(source)];

	for (size_t i = 0; i < package->counts[list]; i++)
		if (to_id(it->pool, &package->lists[list][i]) == dependency)
			return (uint32_t)i;
	return SOLVE_NONE;
}

/* What a rule says; false when that is nothing to a person. */
static bool
read_info(struct search *it, const Id info[4], struct answer_clause *clause)
{
	Id source = info[1];

	*clause = (struct answer_clause){
		.source = to_number(source), .target = SOLVE_NONE, .relation = SOLVE_NONE
	};
	switch ((SolverRuleinfo)info[0]) {
	case SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP:
		clause->kind = ANSWER_NEED_UNMET;
		clause->relation = find_relation(it, source, QUESTION_REQUIRES, info[3]);
		return clause->relation != SOLVE_NONE;
	case SOLVER_RULE_PKG_REQUIRES:
		clause->kind = ANSWER_NEED;
		clause->relation = find_relation(it, source, QUESTION_REQUIRES, info[3]);
		return clause->relation != SOLVE_NONE;
	case SOLVER_RULE_PKG_CONFLICTS:
	case SOLVER_RULE_PKG_SELF_CONFLICT:
		clause->kind = ANSWER_CONFLICT;
		clause->target = to_number(info[2]);
		clause->relation = find_relation(it, source, QUESTION_CONFLICTS, info[3]);
		return clause->relation != SOLVE_NONE;
	case SOLVER_RULE_PKG_OBSOLETES:
	case SOLVER_RULE_PKG_INSTALLED_OBSOLETES:
	case SOLVER_RULE_PKG_IMPLICIT_OBSOLETES:
		clause->kind = ANSWER_REPLACES;
		clause->target = to_number(info[2]);
		return true;
	case SOLVER_RULE_PKG_SAME_NAME:
		clause->kind = ANSWER_SAME_NAME;
		clause->target = to_number(info[2]);
		return true;
	case SOLVER_RULE_PKG_NOT_INSTALLABLE:
		clause->kind = ANSWER_NOT_INSTALLABLE;
		return true;
	case SOLVER_RULE_UPDATE:
	case SOLVER_RULE_FEATURE:
		clause->kind = ANSWER_INSTALLED;
		return source >= FIRST_ID;
	case SOLVER_RULE_BEST:
		clause->kind = ANSWER_NOT_BEST;
		return source >= FIRST_ID;
	default:
		return false;
	}
}

static void
add_clause(struct search *it, clauses *list, struct answer_clause clause)
{
	if (it->clause_count++ < SOLVE_CLAUSES_MAX)
		vec_push(it->arena, list, clause);
}

/* A rule that a job made. */
static void
read_job(struct search *it, Solver *solver, Id rule, const Queue *infos, clauses *list)
{
	struct answer_clause clause = { .kind = ANSWER_JOB,
		.source = (uint32_t)(solver_rule2jobidx(solver, rule) - 1) / 2,
		.target = SOLVE_NONE,
		.relation = SOLVE_NONE };

	add_clause(it, list, clause);
	for (int i = 0; i + 3 < infos->count; i += 4)
		if (infos->elements[i] == SOLVER_RULE_JOB_NOTHING_PROVIDES_DEP ||
			infos->elements[i] == SOLVER_RULE_JOB_UNKNOWN_PACKAGE) {
			clause.kind = ANSWER_JOB_UNMET;
			add_clause(it, list, clause);
		}
}

static struct answer_problem
read_problem(struct search *it, Solver *solver, Id problem)
{
	clauses list = { 0 };
	Queue rules;
	Queue infos;

	queue_init(&rules);
	queue_init(&infos);
	solver_findallproblemrules(solver, problem, &rules);
	for (int i = 0; i < rules.count; i++) {
		struct answer_clause clause;

		solver_allruleinfos(solver, rules.elements[i], &infos);
		if (solver_ruleclass(solver, rules.elements[i]) == SOLVER_RULE_JOB)
			read_job(it, solver, rules.elements[i], &infos, &list);
		for (int k = 0; k + 3 < infos.count; k += 4)
			if (read_info(it, &infos.elements[k], &clause))
				add_clause(it, &list, clause);
	}
	queue_free(&infos);
	queue_free(&rules);
	return (struct answer_problem){ list.at, list.len };
}

static void
read_problems(struct search *it, Solver *solver, struct answer *answer)
{
	size_t count = solver_problem_count(solver);

	if (count > SOLVE_PROBLEMS_MAX)
		count = SOLVE_PROBLEMS_MAX;
	answer->problems = arena_array(it->arena, count, sizeof *answer->problems);
	answer->problem_count = count;
	for (size_t i = 0; i < count; i++)
		answer->problems[i] = read_problem(it, solver, (Id)i + 1);
}

static void
read_state(struct search *it, Solver *solver, struct answer *answer)
{
	answer->packages =
		arena_array(it->arena, it->question->package_count, sizeof *answer->packages);
	for (Id id = FIRST_ID; id < it->pool->nsolvables; id++)
		if (solver_get_decisionlevel(solver, id) > 0)
			answer->packages[answer->package_count++] = to_number(id);
}

static void
solve(struct search *it, struct answer *answer)
{
	unsigned flags = it->question->flags;
	Solver *solver;
	Queue jobs;

	add_packages(it);
	pool_createwhatprovides(it->pool);
	queue_init(&jobs);
	add_jobs(it, &jobs);
	solver = solver_create(it->pool);
	solver_set_flag(solver, SOLVER_FLAG_ALLOW_VENDORCHANGE, 1);
	solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
	solver_set_flag(solver, SOLVER_FLAG_INSTALL_ALSO_UPDATES, 1);
	solver_set_flag(
		solver, SOLVER_FLAG_ALLOW_UNINSTALL, (flags & QUESTION_MAY_REMOVE) != 0);
	solver_set_flag(
		solver, SOLVER_FLAG_ALLOW_DOWNGRADE, (flags & QUESTION_MAY_DOWNGRADE) != 0);
	if (solver_solve(solver, &jobs) == 0)
		read_state(it, solver, answer);
	else
		read_problems(it, solver, answer);
	solver_free(solver);
	queue_free(&jobs);
}

int
search_run(struct arena *arena, const struct question *question, struct answer *ret_answer)
{
	struct search search = { .arena = arena, .question = question, .pool = pool_create() };
	struct answer answer = { 0 };

	if (pool_setdisttype(search.pool, DISTTYPE_RPM) < 0) {
		pool_free(search.pool);
		return err_set(ERR_FAILED, "libsolv cannot compare versions as RPM does "
					   "(it was built for one distribution only)");
	}
	solve(&search, &answer);
	pool_free(search.pool);
	*ret_answer = answer;
	return 0;
}
