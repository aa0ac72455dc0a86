/* SPDX-License-Identifier: MIT */
/*
 * plan: what the next generation consists of, decided before anything is done.
 */
#ifndef PKGD_PLAN_H
#define PKGD_PLAN_H

#include "linker/link.h"
#include "pkgd/state.h"
#include "repo/manifest.h"

struct plan_job {
	enum solve_verb verb;
	const char *what; /* as of struct solve_job */
	size_t candidate; /* of SOLVE_INSTALL_FILE: its place among those of the state */
};

struct plan_pin { /* a package exactly as the next generation has it */
	const char *name;
	struct digest digest; /* of the package file */
	bool is_manual;
	bool is_held;
};

enum plan_mark { /* bits: what else changes about installed packages */
	PLAN_MARK_HOLD = 1 << 0,
	PLAN_MARK_UNHOLD = 1 << 1,
	PLAN_MARK_MANUAL = 1 << 2,
	PLAN_MARK_AUTO = 1 << 3,
};

struct plan_wish { /* what a person asks for */
	const char *command; /* "weld install jq" */
	const struct plan_job *jobs;
	size_t job_count;
	unsigned solve_flags;
	unsigned marks; /* of enum plan_mark, for the packages in `marked` */
	char *const *marked;
	size_t marked_count;
	const struct plan_pin
		*pins; /* all packages that there will be, by name; NULL: what the jobs give */
	size_t pin_count;
	const struct digest *seed; /* to link with; NULL: the root's */
	json_t *policy; /* array of {key, from, to}, for the plan: what changes of it; may be NULL */
	bool is_relink; /* link again although no package changes */
	bool is_reseed; /* with new addresses for all slots */
	bool derives_seed; /* with addresses that follow from the packages */
	bool is_image; /* of a root that nobody uses yet: needs no consent */
	bool is_improvement; /* the same packages with images of the tier full; locks late */
};

struct plan_package { /* a package of the next generation */
	struct generation_package entry; /* without files until it is unpacked */
	const struct candidate *candidate; /* where to get it; NULL: its directory is there */
	const struct manifest
		*manifest; /* NULL until its directory is there, and of what is passive */
	bool is_passive; /* its directory is there, it is plain, and so its manifest is not kept */
	enum solve_action action;
};

struct plan {
	VEC(struct plan_package) packages; /* sorted by name */
	struct link_decision *decisions; /* what linking will decide */
	size_t decision_count;
	uint64_t download_bytes; /* of packages */
	uint64_t bundle_bytes; /* of published objects */
	uint64_t
		compile_bytes; /* contents of the packages whose units may have to be lowered */
	enum lower_tier tier; /* that what has to be lowered is lowered in */
	bool keeps_worse; /* images that are there serve although they are of a worse one */
	bool improves; /* better images follow by themselves */
	bool has_changes;
	json_t *event; /* what the person is shown; plan_release() releases it */
};

/*
 * Decide what changes: resolve, then check that the result can be linked.
 *
 * Owner:  the arena of the state; the caller frees *ret_plan with plan_release(), also after a failure
 * Errors: as solve_run() and link_check(), ERR_NOT_FOUND (a marked package is not installed)
 */
int plan_decide(struct state *state, const struct plan_wish *wish, struct plan *ret_plan);

/* Release what a plan holds: for AUTO(). */
void plan_release(struct plan *plan);

/* What is linked when the plan is done; complete once every package has its manifest. */
struct wanted;
void plan_wanted(struct state *state, const struct plan *plan, struct wanted *ret_wanted);

/* What a package declares; a passive one declares nothing. Owner: the arena of the state */
const struct declared *plan_declared(const struct plan_package *package);

/*
 * Read the manifest of a package whose directory is in the store, and check it.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND, ERR_DIGEST (run 'weld repair'), ERR_FORMAT
 */
int plan_read_manifest(struct arena *arena, const struct state *state,
	const struct generation_package *package, const struct manifest **ret_manifest);

#endif
