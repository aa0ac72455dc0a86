/* SPDX-License-Identifier: MIT */
/*
 * replace: would everything still link if one package took the place of another?
 */
#ifndef PKGD_GRAPH_REPLACE_H
#define PKGD_GRAPH_REPLACE_H

#include "pkgd/graph/graph.h"

enum replace_kind {
	REPLACE_LIBRARY, /* a library that is used is gone */
	REPLACE_VANISHED, /* a symbol that is used is gone */
	REPLACE_TYPE, /* a symbol that is used has another IR type, or is no function any more */
	REPLACE_SIZE, /* data that is used has another size */
	REPLACE_REQUIRED, /* a requirement of another package is not met */
	REPLACE_NEEDS, /* a symbol or library that the new package needs is nowhere */
};

extern const char *const replace_names[];

struct replace_problem {
	enum replace_kind kind;
	size_t user; /* index of the package that has the problem */
	const char *unit; /* its library or program; "" with REPLACE_REQUIRED */
	bool is_program; /* the unit */
	const char *library; /* the one that changes; "" when none does */
	const char *symbol; /* or the requirement, or the library's name */
	const char *old_type; /* NULL: not known, or none */
	const char *new_type;
	uint64_t old_size; /* bytes, of data */
	uint64_t new_size;
};

struct replace_result {
	VEC(struct replace_problem) problems; /* by user, then unit */
	size_t unused_vanished; /* changes that nobody in the graph notices */
	size_t unused_changed;
	size_t user_count; /* units that take something from the old package */
};

/*
 * Compare the units of a package of the graph with those of its successor, and what everything
 * else in the graph takes from it.
 *
 * Owner:  the arena of the state
 * Errors: as graph_read_units(), ERR_FORMAT (a relation)
 */
int replace_check(struct graph *graph, size_t old_package, const struct manifest *successor,
	struct replace_result *ret_result);

/*
 * Whether an export of a package's libraries is gone or different in another package: whether
 * replace_check() could find anything of the kinds up to REPLACE_SIZE.
 */
bool replace_is_needed(
	struct arena *arena, const struct manifest *old, const struct manifest *successor);

#endif
