/* SPDX-License-Identifier: MIT */
/*
 * protocol: what weld and weld-solve hand each other.
 *
 * `weld-solve QUESTION ANSWER` are the numbers of two inherited memory files: the first is
 * sealed, the second is empty and gets the answer. Packages and relations are spoken of by their numbers in the
 * question, so that no text comes back. Failures are reported as base/worker.h says.
 *
 * Both begin with a magic of 8 bytes and a version; u32 and i32 have 4 bytes, little endian.
 *
 *	question: "weldask\0" u32:version u32:flags u32:installed u32:packages u32:jobs package... job...
 *	package: i32:priority u32:count... list...
 *		four lists of relations: provides, whose first is its own "NAME = VERSION-RELEASE"; requires;
 *		conflicts; replaces
 *	relation: u8:operators u8:length u8:length name\0 version\0
 *	job: u32:verb, then u32:package, a relation, or nothing
 *	answer: "weldans\0" u32:version u32:problems
 *		without problems: u32:count u32:package... the new state, in ascending order
 *		otherwise, each problem: u32:count clause...
 *	clause: u32:kind u32:source u32:target u32:relation
 */
#ifndef REPO_SOLVE_WORKER_PROTOCOL_H
#define REPO_SOLVE_WORKER_PROTOCOL_H

#include "base/str.h"
#include "repo/relation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define SOLVE_PROGRAM "weld-solve"
#define SOLVE_MEMORY ((uint64_t)1 << 30) /* bytes of address space */
#define SOLVE_TIMEOUT_MS (2U * 60 * 1000)
#define SOLVE_PACKAGES_MAX ((size_t)1 << 20)
#define SOLVE_QUESTION_MAX ((size_t)256 << 20) /* bytes */
#define SOLVE_PROBLEMS_MAX ((size_t)1 << 12)
#define SOLVE_CLAUSES_MAX ((size_t)1 << 16) /* of all problems; what is more is left out */
#define SOLVE_ANSWER_MAX ((size_t)8 << 20) /* bytes: more than any answer can have */
#define SOLVE_NONE UINT32_MAX /* no package, no relation */

enum question_flags {
	QUESTION_MAY_REMOVE = 1 << 0,
	QUESTION_MAY_DOWNGRADE = 1 << 1,
	QUESTION_FLAGS = 3, /* all of them */
};

enum question_list { /* of relations */
	QUESTION_PROVIDES,
	QUESTION_REQUIRES,
	QUESTION_CONFLICTS,
	QUESTION_REPLACES,
	QUESTION_LISTS, /* how many there are */
};

enum question_verb {
	QUESTION_INSTALL, /* a relation: a package of this name */
	QUESTION_INSTALL_PROVIDER, /* a relation: a package that provides it */
	QUESTION_INSTALL_PACKAGE, /* a package, whatever its version */
	QUESTION_REINSTALL, /* a package, of the installed version */
	QUESTION_REMOVE, /* a relation: packages of this name */
	QUESTION_UPGRADE, /* a relation: a package of this name, as far as can be */
	QUESTION_UPGRADE_ALL, /* all, as far as they fit */
	QUESTION_HOLD, /* a package that stays as it is */
	QUESTION_VERBS, /* how many there are */
};

struct question_package {
	int32_t priority;
	const struct relation *lists[QUESTION_LISTS];
	size_t counts[QUESTION_LISTS];
};

struct question_job {
	enum question_verb verb;
	uint32_t package; /* its number, where the verb has one */
	struct relation relation; /* where the verb has one */
};

struct question {
	unsigned flags; /* of enum question_flags */
	struct question_package *packages; /* the installed ones come first */
	size_t installed_count;
	size_t package_count;
	struct question_job *jobs;
	size_t job_count;
};

enum answer_kind { /* what a clause says; those below have a package as source */
	ANSWER_JOB, /* a job (source: its number) takes part in the problem */
	ANSWER_JOB_UNMET, /* nothing is what a job asks for */
	ANSWER_NEED, /* source requires something (relation) */
	ANSWER_NEED_UNMET, /* which nothing provides */
	ANSWER_CONFLICT, /* source conflicts with something (relation); target is such */
	ANSWER_REPLACES, /* source replaces target */
	ANSWER_SAME_NAME, /* source and target have one name */
	ANSWER_NOT_INSTALLABLE, /* source cannot be had at all */
	ANSWER_INSTALLED, /* source is installed and may not go */
	ANSWER_NOT_BEST, /* source cannot be upgraded */
	ANSWER_KINDS, /* how many there are */
};

struct answer_clause {
	enum answer_kind kind;
	uint32_t source;
	uint32_t target; /* a package; SOLVE_NONE: none */
	uint32_t relation; /* its number in a list of the source's; SOLVE_NONE: none */
};

struct answer_problem { /* clauses that cannot hold together */
	struct answer_clause *clauses;
	size_t count;
};

struct answer {
	uint32_t *packages; /* of the new state; strictly ascending */
	size_t package_count;
	struct answer_problem *problems; /* with any, there is no new state */
	size_t problem_count;
};

/* Whether a verb is about a relation; the others but QUESTION_UPGRADE_ALL are about a package. */
bool question_has_relation(enum question_verb verb);

/* Append a question as bytes. Errors: ERR_LIMIT (too many packages, too long a text) */
int question_write(const struct question *question, struct strbuf *bytes);

/*
 * Read a question.
 *
 * Owner:  the arena; texts are those in the bytes
 * Errors: ERR_FORMAT
 */
int question_read(struct arena *arena, struct str bytes, struct question *ret_question);

/* Append an answer as bytes. */
void answer_write(const struct answer *answer, struct strbuf *bytes);

/*
 * Read the answer to a question. Each number in it names something in the question.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT
 */
int answer_read(struct arena *arena, const struct question *question, struct str bytes,
	struct answer *ret_answer);

#endif
