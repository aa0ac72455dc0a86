/* SPDX-License-Identifier: MIT */
/*
 * audit: what advisories mean for one generation.
 *
 * For each program that has code of an affected package inside, in a slot or privately, and each
 * affected function of it, there is one finding. A package without such a program has one, too, and
 * an advisory that names no functions has one for the package.
 */
#ifndef PKGD_AUDIT_AUDIT_H
#define PKGD_AUDIT_AUDIT_H

#include "base/vec.h"
#include "pkgd/audit/advisory.h"
#include "pkgd/audit/reach.h"
#include "pkgd/audit/waiver.h"
#include "store/generation.h"

struct store;

enum audit_state { /* from best to worst */
	AUDIT_ABSENT, /* not linked in */
	AUDIT_UNREACHABLE, /* linked in, but nothing that runs leads there */
	AUDIT_POSSIBLE, /* through pointers to functions only, or not known */
	AUDIT_REACHABLE,
};

struct audit_finding {
	const struct advisory *advisory;
	const struct generation_package *package; /* affected */
	const struct generation_image *image; /* NULL: of the package, not of an image */
	const char *symbol; /* as the advisory has it; "" when it names none */
	enum audit_state state;
	const char *note; /* what a person should know about the state; "" for nothing */
	const struct reach_step *steps; /* of the way there; none when there is no way */
	size_t step_count;
	bool is_copy; /* there is no function of that name, only copies inside others */
	const struct waiver *waiver; /* NULL: counts when it is possible or reachable */
};

struct audit { /* { 0 } and `arena`, `store`, `generation` and `advisories` are the input */
	struct arena *arena;
	struct store *store;
	const struct generation *generation;
	const struct advisory_list *advisories;
	char *const *names; /* look at these packages', programs' and slots' images only */
	size_t name_count; /* 0: all of them */
	const struct waiver *waivers;
	size_t waiver_count;
	struct audit_images images; /* what was read */
	VEC(struct audit_finding)
	findings; /* the answer: by advisory, package, image, symbol */
	size_t matching; /* advisories that affect an installed version */
	size_t searched; /* images that were searched */
};

/*
 * Find out.
 *
 * An image whose facts cannot be read gives findings "possible": in doubt there is one.
 *
 * Owner:  findings are in the arena
 * Errors: ERR_NOT_FOUND (one of the names)
 */
int audit_run(struct audit *audit);

/* Whether a finding is one that counts. */
bool audit_counts(const struct audit_finding *finding);

/* "absent", "unreachable", "possible", "reachable" */
const char *audit_state_name(enum audit_state state);

#endif
