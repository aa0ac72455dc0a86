/* SPDX-License-Identifier: MIT */
/*
 * solve: which packages change when a person asks for something.
 *
 * The caller gives what is installed, what is available and the jobs; the answer is a list of
 * steps, or an explanation that a person understands. The same input always gives the
 * same answer. Packages could be made to take over who reads what they say of each other: weld-solve
 * does, a process that has locked itself in. Its answer has been checked here: each need is met, nothing
 * conflicts, nothing was removed or replaced that the flags forbid. Without jobs, or with
 * SOLVE_AUTOREMOVE alone, there is nothing to search for, and no process is started.
 */
#ifndef REPO_SOLVE_H
#define REPO_SOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct solve_package { /* a package as far as resolving goes */
	const char *name;
	const char *version; /* without the release */
	uint64_t release;
	const char *const *requires; /* "lib:c", "zlib >= 1.2" */
	size_t require_count;
	const char *const *provides; /* "lib:z = 1.2.13-1"; its own name is understood */
	size_t provide_count;
	const char *const *conflicts;
	size_t conflict_count;
	const char *const *replaces; /* packages that this one takes the place of */
	size_t replace_count;
	/* of available packages: */
	const char *repository; /* its name, for messages; "" for a local file */
	int priority; /* a larger one wins over a newer version of a smaller one */
	bool is_file; /* given by the person: only used when a job names it */
	const char *only_for; /* "x86_64": of other architectures only; NULL: usable here */
	/* of installed packages: */
	bool is_manual; /* asked for by a person */
	bool is_held; /* keeps its version */
	const void *data; /* the caller's own */
};

enum solve_verb {
	SOLVE_INSTALL, /* the best version that the range allows; marks it manual */
	SOLVE_INSTALL_FILE, /* `file`: exactly this available package; marks it manual */
	SOLVE_REMOVE,
	SOLVE_UPGRADE, /* the newest version; without a name: of all installed packages */
	SOLVE_AUTOREMOVE, /* remove what is not manual and nothing manual needs */
	SOLVE_REINSTALL, /* the installed version again, from what is available */
};

struct solve_job {
	enum solve_verb verb;
	const char *what; /* "jq", "jq=1.6", "jq >= 1.6", "lib:z"; NULL where not needed */
	const struct solve_package *file; /* an element of `available` */
};

enum solve_flags {
	SOLVE_MAY_REMOVE = 1 << 0, /* packages may go that no job asks to remove */
	SOLVE_MAY_DOWNGRADE = 1 << 1, /* also packages that no job names */
	SOLVE_MAY_CHANGE_HELD = 1 << 2,
};

struct solve_request {
	const struct solve_package *installed;
	size_t installed_count;
	const struct solve_package *available;
	size_t available_count;
	const struct solve_job *jobs;
	size_t job_count;
	unsigned flags; /* of enum solve_flags */
	const char *arch; /* "x86_64": for messages; NULL: "this machine" */
	unsigned timeout_ms; /* how long the search may take; 0: two minutes */
};

enum solve_action {
	SOLVE_KEPT,
	SOLVE_NEW,
	SOLVE_UPGRADED,
	SOLVE_DOWNGRADED,
	SOLVE_REINSTALLED,
	SOLVE_REMOVED,
};

struct solve_step {
	enum solve_action action;
	const struct solve_package
		*package; /* element of `available`; of `installed` when kept or
						removed */
	const struct solve_package *old; /* element of `installed`; NULL for a new one */
	bool is_manual; /* how it is marked afterwards */
	bool is_asked; /* a job names it */
	const char *reason; /* "asked for", "needed by jq-1.6-1 (lib:onig)",
			       "replaced by b-2-1", "needs lib:z, which is no longer there" */
};

struct solve_result {
	struct solve_step *steps; /* one for each package before or after, sorted by name */
	size_t step_count;
	bool has_changes; /* some step is not SOLVE_KEPT, or some mark changed */
	const struct solve_package *
		*unneeded; /* in the new state: not manual, and nothing manual
						  needs them */
	size_t unneeded_count;
	/* Newer versions that an upgrade of all leaves: of held packages, or they fit nothing. */
	const struct solve_package **kept_back;
	size_t kept_back_count;
};

struct solve_problems {
	char **texts; /* one line each: "jq-1.6-1 needs lib:onig, which nothing provides" */
	size_t count;
};

/*
 * Find the steps that do the jobs.
 *
 * When there are none, the message of the error holds the first problem and *ret_problems
 * (which may be NULL) all of them.
 *
 * Owner:  the arena; packages are borrowed from the request
 * Errors: ERR_NOT_FOUND (a job names nothing that exists: names it and similar ones),
 *         ERR_UNRESOLVABLE (also: only for other architectures), ERR_FORMAT (a package's or job's text),
 *         ERR_WORKER (weld-solve cannot be run, died, hung, or gave what is no answer)
 */
int solve_run(struct arena *arena, const struct solve_request *request,
	struct solve_result *ret_result, struct solve_problems *ret_problems);

/* "NAME-VERSION-RELEASE". Owner: the arena */
char *solve_label(struct arena *arena, const struct solve_package *package);

#endif
