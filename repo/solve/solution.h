/* SPDX-License-Identifier: MIT */
/*
 * solution: the parts of resolving; private to repo/solve/.
 *
 *     jobs.c     reads the jobs: wishes
 *     series.c   which series is meant by a name without one
 *     ask.c      asks weld-solve: the packages of the new state, or problems (explain.c)
 *     index.c    finds packages of the new state by name
 *     check.c    checks the new state, whatever weld-solve said
 *     steps.c    says what changes, and why
 */
#ifndef REPO_SOLVE_SOLUTION_H
#define REPO_SOLVE_SOLUTION_H

#include "base/vec.h"
#include "repo/relation.h"
#include "repo/solve.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct solve_index;

struct wish { /* a job that was read */
	const struct solve_job *job;
	struct relation relation; /* name NULL: of all packages, or of a file */
	bool is_provided; /* the name is not a package's, but provided by some */
};

struct relations { /* of one package, read */
	struct relation *requires;
	struct relation *conflicts;
	struct relation *replaces;
	struct relation *provides; /* its own name and version is the first */
	size_t provide_count;
};

struct solution { /* the packages of the new state, sorted by name */
	const struct solve_package **packages;
	size_t count;
};

struct need { /* of a package of the new state */
	const struct solve_package *user;
	size_t order; /* of the user in the new state */
	const struct relation *wanted;
};

struct name_uses { /* of one name in the new state; in its order */
	VEC(const struct solve_package *) providers;
	VEC(struct need) needs;
};

struct resolving { /* one question */
	struct arena *arena;
	const struct solve_request *request;
	struct wish *wishes; /* one a job */
	struct relations *installed_relations; /* one a package */
	struct relations *available_relations;
	struct solve_index *index; /* by name */
	struct solution solution;
	struct solve_problems problems;
};

/* Write a relation as "zlib >= 1.2". Owner: the arena */
char *relation_text(struct arena *arena, const struct relation *relation);

/* The relations of a package of the request. */
const struct relations *
resolving_relations(const struct resolving *it, const struct solve_package *package);

/* "VERSION-RELEASE" of a package of the request. Owner: the arena */
const char *resolving_version(const struct resolving *it, const struct solve_package *package);

/* Compare the versions of two packages of the request: negative, 0 or positive. */
int resolving_compare(const struct resolving *it, const struct solve_package *a,
	const struct solve_package *b);

/* Whether the package, by name or by what it provides, meets a relation. */
bool resolving_meets(const struct resolving *it, const struct solve_package *package,
	const struct relation *wanted);

/* A package for other machines that would meet a relation; NULL: none. */
const struct solve_package *
resolving_foreign(const struct resolving *it, const struct relation *wanted);

/* What packages have to be for, in messages: "x86_64", "this machine". Owner: static */
const char *resolving_arch(const struct resolving *it);

/* The installed package of this name; NULL: none. */
const struct solve_package *resolving_installed(const struct resolving *it, const char *name);

/* Index what is installed by names. */
void index_installed(struct resolving *it);

/* Index the wishes by names: needed by resolving_is_asked(). */
void index_wishes(struct resolving *it);

/* Index the new state by names: needed by all that follows. */
void index_solution(struct resolving *it);

/* What is known of a name; never NULL. */
const struct name_uses *solution_uses(const struct resolving *it, const char *name);

/* The first package of the new state, but not `except`, that meets a relation; NULL: none. */
const struct solve_package *solution_find_meeting(const struct resolving *it,
	const struct relation *wanted, const struct solve_package *except);

/* The package of this name in the new state; NULL: none. */
const struct solve_package *solution_find(const struct solution *solution, const char *name);

/* Where a package stands in the new state; it must be there. */
size_t solution_position(const struct solution *solution, const struct solve_package *package);

/* Whether a job names the package, for this verb. */
bool resolving_is_asked(
	const struct resolving *it, enum solve_verb verb, const struct solve_package *package);

/*
 * Let a wish to install a name that no package has, but some in series, be for one of these: what is
 * installed of them, else the newest of the best priority.
 */
void resolving_choose_series(const struct resolving *it, struct wish *wish);

/* The installed series of a name, as "lua@5.3, lua@5.4"; NULL: none. Owner: the arena */
const char *resolving_list_series(const struct resolving *it, const char *plain);

/* Whether an offer goes before another one (NULL: none): by priority, then version. */
bool resolving_is_better(const struct resolving *it, const struct solve_package *offer,
	const struct solve_package *other);

/* Read all relations. Errors: ERR_FORMAT (names the package) */
int jobs_read_packages(struct resolving *it);

/* Read the jobs, and find what they name. Errors: ERR_NOT_FOUND, ERR_FORMAT */
int jobs_read(struct resolving *it);

/* Find the new state. Errors: ERR_UNRESOLVABLE, with the problems set; ERR_WORKER */
int ask_solver(struct resolving *it);

/*
 * Check the new state: each need is met, nothing conflicts, each name once, each wish granted,
 * nothing removed, replaced or downgraded that may not be.
 *
 * Errors: ERR_UNRESOLVABLE (a bug in weld or libsolv: says so)
 */
int solution_check(const struct resolving *it);

/* Take away from the new state what nothing manual needs, where it was installed before. */
void solution_autoremove(struct resolving *it);

/* Say what changes. */
void solution_describe(const struct resolving *it, struct solve_result *ret_result);

#endif
