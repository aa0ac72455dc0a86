/* SPDX-License-Identifier: MIT */
/*
 * libsolv's part. Packages are added in one order (name, version, repository) whatever order
 * they came in, so that the answer only depends on what they are. The pool compares
 * versions as RPM does; repo/version.h describes the order.
 */
#include "repo/solve/pool.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/version.h"

#include <solv/bitmap.h>
#include <solv/repo.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(
	RELATION_GREATER == REL_GT && RELATION_EQUAL == REL_EQ && RELATION_LESS == REL_LT,
	"relations have libsolv's bits");

struct origin { /* one of libsolv's repositories */
	const char *name;
	int priority;
	bool is_file;
	Repo *repo;
};

typedef VEC(struct origin) origins;

static int
compare_packages(const void *a, const void *b)
{
	const struct solve_package *left = *(const struct solve_package *const *)a;
	const struct solve_package *right = *(const struct solve_package *const *)b;
	int order = strcmp(left->name, right->name);

	if (order == 0)
		order = version_compare(left->version, right->version);
	if (order == 0)
		order = strcmp(left->version, right->version);
	if (order == 0)
		order = (left->release > right->release) - (left->release < right->release);
	if (order == 0)
		order = left->is_file - right->is_file;
	return order != 0 ? order : strcmp(left->repository, right->repository);
}

static const struct solve_package **
sort_packages(struct arena *arena, const struct solve_package *packages, size_t count)
{
	const struct solve_package **sorted = arena_array(arena, count, sizeof *sorted);

	for (size_t i = 0; i < count; i++)
		sorted[i] = &packages[i];
	if (count > 0)
		qsort(sorted, count, sizeof *sorted, compare_packages);
	return sorted;
}

static Id
to_id(Pool *solv, const struct relation *relation)
{
	Id name = pool_str2id(solv, relation->name, 1);

	if (relation->operators == RELATION_ANY)
		return name;
	return pool_rel2id(solv, name, pool_str2id(solv, relation->version, 1),
		(int)relation->operators, 1);
}

static void
add_relations(
	Solvable *solvable, Id kind, const struct relation *relations, size_t count, Pool *solv)
{
	for (size_t i = 0; i < count; i++)
		solvable_add_deparray(solvable, kind, to_id(solv, &relations[i]), 0);
}

static void
add_package(struct pool *pool, Repo *repo, const struct solve_package *package)
{
	const struct relations *relations = resolving_relations(pool->it, package);
	Id id = repo_add_solvable(repo);
	Solvable *solvable = pool_id2solvable(pool->solv, id);

	solvable->name = pool_str2id(pool->solv, package->name, 1);
	solvable->evr = pool_str2id(pool->solv, relations->provides[0].version, 1);
	solvable->arch = ARCH_NOARCH;
	add_relations(solvable, SOLVABLE_PROVIDES, relations->provides,
		relations->provide_count, pool->solv);
	add_relations(solvable, SOLVABLE_REQUIRES, relations->requires, package->require_count,
		pool->solv);
	add_relations(solvable, SOLVABLE_CONFLICTS, relations->conflicts,
		package->conflict_count, pool->solv);
	add_relations(solvable, SOLVABLE_OBSOLETES, relations->replaces, package->replace_count,
		pool->solv);
	pool->packages[id] = package;
}

static Repo *
find_origin(struct pool *pool, origins *list, const struct solve_package *package)
{
	struct origin origin = { .name = package->repository,
		.priority = package->priority,
		.is_file = package->is_file };

	VEC_EACH (struct origin, known, list)
		if (known->priority == origin.priority && known->is_file == origin.is_file &&
			strcmp(known->name, origin.name) == 0)
			return known->repo;
	origin.repo = repo_create(pool->solv, package->repository);
	origin.repo->priority = package->priority;
	vec_push(pool->it->arena, list, origin);
	return origin.repo;
}

static void
add_packages(struct pool *pool)
{
	const struct solve_request *request = pool->it->request;
	struct arena *arena = pool->it->arena;
	const struct solve_package **sorted =
		sort_packages(arena, request->installed, request->installed_count);
	Repo *installed = repo_create(pool->solv, "installed");
	origins list = { 0 };

	pool->packages =
		arena_array(arena, request->installed_count + request->available_count + 2,
			sizeof *pool->packages);
	for (size_t i = 0; i < request->installed_count; i++)
		add_package(pool, installed, sorted[i]);
	pool_set_installed(pool->solv, installed);
	sorted = sort_packages(arena, request->available, request->available_count);
	for (size_t i = 0; i < request->available_count; i++)
		if (sorted[i]->only_for == NULL)
			add_package(pool, find_origin(pool, &list, sorted[i]), sorted[i]);
}

/* A local file takes part only when a job names it. */
static void
leave_out_files(struct pool *pool, Map *considered)
{
	map_setall(considered);
	for (Id id = 2; id < pool->solv->nsolvables; id++) {
		const struct solve_package *package = pool->packages[id];

		if (package->is_file &&
			!resolving_is_asked(pool->it, SOLVE_INSTALL_FILE, package))
			MAPCLR(considered, id);
	}
	pool->solv->considered = considered;
}

static Id
find_solvable(const struct pool *pool, const struct solve_package *package)
{
	for (Id id = 2; id < pool->solv->nsolvables; id++)
		if (pool->packages[id] == package)
			return id;
	return 0;
}

/* The available package that is the same as the installed one. */
static Id
find_again(const struct pool *pool, const struct solve_package *installed)
{
	for (Id id = 2; id < pool->solv->nsolvables; id++) {
		const struct solve_package *package = pool->packages[id];

		if (package != installed && strcmp(package->name, installed->name) == 0 &&
			strcmp(package->version, installed->version) == 0 &&
			package->release == installed->release && !package->is_file)
			return id;
	}
	return 0;
}

static int
add_reinstall(struct pool *pool, const struct wish *wish, Queue *jobs)
{
	const struct solve_package *installed =
		resolving_installed(pool->it, wish->relation.name);
	Id id = find_again(pool, installed);

	if (id == 0)
		return err_set(ERR_NOT_FOUND, "%s: no repository has this version any more",
			solve_label(pool->it->arena, installed));
	queue_push2(jobs, SOLVER_INSTALL | SOLVER_SOLVABLE, id);
	return 0;
}

static int
add_job(struct pool *pool, const struct wish *wish, Queue *jobs)
{
	Id id = wish->relation.name == NULL ? 0 : to_id(pool->solv, &wish->relation);
	Id exact = (wish->relation.operators & RELATION_EQUAL) != 0 ? SOLVER_SETEVR : 0;

	switch (wish->job->verb) {
	case SOLVE_INSTALL:
		queue_push2(jobs,
			SOLVER_INSTALL | exact |
				(wish->is_provided ? SOLVER_SOLVABLE_PROVIDES
						   : SOLVER_SOLVABLE_NAME),
			id);
		return 0;
	case SOLVE_INSTALL_FILE:
		queue_push2(jobs, SOLVER_INSTALL | SOLVER_SOLVABLE | SOLVER_SETEVR,
			find_solvable(pool, wish->job->file));
		return 0;
	case SOLVE_REMOVE:
		queue_push2(jobs, SOLVER_ERASE | SOLVER_SOLVABLE_NAME, id);
		return 0;
	case SOLVE_UPGRADE:
		/* Who names a package wants to know why it cannot be upgraded. */
		if (id == 0)
			queue_push2(jobs, SOLVER_UPDATE | SOLVER_SOLVABLE_ALL, 0);
		else
			queue_push2(jobs,
				SOLVER_UPDATE | SOLVER_SOLVABLE_NAME | SOLVER_FORCEBEST, id);
		return 0;
	case SOLVE_REINSTALL:
		return add_reinstall(pool, wish, jobs);
	case SOLVE_AUTOREMOVE:
		return 0;
	default:
		return err_set(ERR_USAGE, "unknown job");
	}
}

static int
add_jobs(struct pool *pool, Queue *jobs)
{
	for (size_t i = 0; i < pool->it->request->job_count; i++)
		TRY(add_job(pool, &pool->it->wishes[i], jobs));
	if ((pool->it->request->flags & SOLVE_MAY_CHANGE_HELD) != 0)
		return 0;
	for (Id id = 2; id < pool->solv->nsolvables; id++)
		if (pool->solv->solvables[id].repo == pool->solv->installed &&
			pool->packages[id]->is_held)
			queue_push2(jobs, SOLVER_LOCK | SOLVER_SOLVABLE, id);
	return 0;
}

static int
compare_names(const void *a, const void *b)
{
	const struct solve_package *left = *(const struct solve_package *const *)a;
	const struct solve_package *right = *(const struct solve_package *const *)b;

	return strcmp(left->name, right->name);
}

static void
read_solution(struct pool *pool, Solver *solver)
{
	VEC(const struct solve_package *) packages = { 0 };

	for (Id id = 2; id < pool->solv->nsolvables; id++)
		if (solver_get_decisionlevel(solver, id) > 0)
			vec_push(pool->it->arena, &packages, pool->packages[id]);
	if (packages.len > 0)
		qsort(packages.at, packages.len, sizeof *packages.at, compare_names);
	pool->it->solution.packages = packages.at;
	pool->it->solution.count = packages.len;
}

static int
run(struct pool *pool, Queue *jobs)
{
	unsigned flags = pool->it->request->flags;
	Solver *solver = solver_create(pool->solv);
	int ret = 0;

	solver_set_flag(solver, SOLVER_FLAG_ALLOW_VENDORCHANGE, 1);
	solver_set_flag(solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);
	solver_set_flag(solver, SOLVER_FLAG_INSTALL_ALSO_UPDATES, 1);
	solver_set_flag(solver, SOLVER_FLAG_ALLOW_UNINSTALL, (flags & SOLVE_MAY_REMOVE) != 0);
	solver_set_flag(
		solver, SOLVER_FLAG_ALLOW_DOWNGRADE, (flags & SOLVE_MAY_DOWNGRADE) != 0);
	if (solver_solve(solver, jobs) == 0)
		read_solution(pool, solver);
	else
		pool_explain(pool, solver);
	if (pool->it->problems.count > 0)
		ret = err_set(ERR_UNRESOLVABLE, "%s", pool->it->problems.texts[0]);
	solver_free(solver);
	return ret;
}

static int
solve(struct pool *pool)
{
	Map considered;
	Queue jobs;
	int ret;

	add_packages(pool);
	map_init(&considered, pool->solv->nsolvables);
	queue_init(&jobs);
	leave_out_files(pool, &considered);
	pool_createwhatprovides(pool->solv);
	ret = add_jobs(pool, &jobs);
	if (ret >= 0)
		ret = run(pool, &jobs);
	queue_free(&jobs);
	map_free(&considered);
	pool->solv->considered = NULL;
	return ret;
}

int
pool_solve(struct resolving *it)
{
	struct pool pool = { .it = it, .solv = pool_create() };
	int ret;

	if (pool_setdisttype(pool.solv, DISTTYPE_RPM) < 0) {
		pool_free(pool.solv);
		return err_set(ERR_FAILED, "libsolv: cannot compare versions as RPM does "
					   "(it was built for one distribution only)");
	}
	ret = solve(&pool);
	pool_free(pool.solv);
	return ret;
}
