/* SPDX-License-Identifier: MIT */
/*
 * state: what a request works on: the root, what is installed, what is offered.
 */
#ifndef PKGD_STATE_H
#define PKGD_STATE_H

#include "base/map.h"
#include "base/vec.h"
#include "kernel-iface/arch.h"
#include "pkgd/request.h"
#include "repo/index.h"
#include "repo/solve.h"
#include "repo/trust.h"
#include "store/generation.h"
#include "store/store.h"

struct builders;
struct policy;

enum state_flags {
	STATE_WRITE = 1 << 0, /* lock the root unless it is a dry run */
	STATE_TRUST = 1 << 1, /* open the trust database */
	STATE_OFFERS = 1 << 2, /* read what the repositories offer; expired ones fail */
	STATE_OFFERS_ANY = 1 << 3, /* the same, expired ones included */
	STATE_OFFERS_SOME =
		1 << 6, /* those that state_look_up() finds, expired ones included */
	STATE_CREATE = 1 << 4, /* make the root when it is missing */
	/* Of what is installed only the generation's number: for what the databases answer. */
	STATE_BARE = 1 << 5,
};

struct candidate { /* a package that could be installed */
	struct index_package *package; /* its contents: state_contents() */
	const char *repository; /* "" for a local file */
	const char *path; /* of a local file; NULL otherwise */
	int priority;
};

struct state {
	struct request *request;
	struct arena *arena; /* of the request */
	struct store *store; /* of the root that is worked on */
	struct store *home; /* whose cache and measurements serve: the same, but for images */
	char *trial; /* a root made for a dry run, to be removed; NULL: none */
	struct trust *trust; /* NULL unless asked for */
	struct trust_options trust_options;
	struct generation current;
	enum arch arch; /* that the root's images are for */
	bool is_arch_new; /* chosen by this request: the policy does not say it yet */
	const json_t *policy; /* keys that this request sets when it is done; NULL: none */
	struct trust_repo *repos; /* that are enabled and known, when offers were asked for */
	size_t repo_count;
	VEC(struct candidate) candidates;
	struct builders *builders; /* builders_load(); NULL before */
	size_t never_updated; /* enabled repositories that nothing is known of */
};

/*
 * Open the root and what the flags say; `command` is what others are told while it is locked.
 *
 * Owner:  the caller closes it with state_close(), also after a failure
 * Errors: as store_open(), store_lock(), trust_offers(), trust_check_fresh()
 */
int state_open(
	struct request *request, unsigned flags, const char *command, struct state *ret_state);

/*
 * Make the root one for an architecture; one that has generations must be that already.
 *
 * Errors: ERR_USAGE (no such architecture; the root is another's)
 */
int state_choose_arch(struct state *state, const char *name);

/*
 * Work on another root from now on: its store, and what is installed there. The one that was
 * opened stays open as the home, and what it trusts and offers stays.
 *
 * Errors: as store_open()
 */
int state_move(struct state *state, const char *root);

/* Make a generation the current one, with a file as generation_activate() has it, and warn of what the store
 * says then. Errors: as generation_activate() */
int state_activate(struct state *state, uint64_t number, const char *command,
	const struct generation_state_file *file);

/* Warn when the clock is behind a repository's last update by an hour or more. */
void state_warn_of_clock(const struct state *state, const struct trust_repo *repo);

/* The policy that holds for this request, with what it is going to set. Errors: as policy_read() */
int state_policy(const struct state *state, struct policy *ret_policy);

/* Close what is open: for AUTO(). */
void state_close(struct state *state);

/*
 * Add a package file that the person gave; 0 when the very same package was given before.
 *
 * The file is verified whole here; what is installed later has the digest found now.
 *
 * Errors: as package_unpack(), ERR_CONSENT (the root belongs to somebody else)
 */
int state_add_file(struct state *state, const char *path);

/*
 * Add the offers that a question is about; text is as for trust_offers(). What was found
 * before may be added again.
 *
 * Errors: as trust_offers()
 */
int state_look_up(struct state *state, enum trust_which which, const char *text);

/* The names of all that is offered, whatever was looked up. Errors: as trust_names() */
int state_offered_names(const struct state *state, struct map *ret_names);

/*
 * The package of a candidate with its libraries, programs and files.
 *
 * Errors: as trust_contents()
 */
int state_contents(const struct state *state, const struct candidate *candidate,
	const struct index_package **ret_package);

/* The installed package of a name; NULL when there is none. */
const struct generation_package *
state_find_installed(const struct state *state, const char *name);

/*
 * Fail because no package of this name is installed, or none is known at all; a name that is near
 * is told.
 *
 * Errors: ERR_NOT_FOUND
 */
int state_fail_not_installed(const struct state *state, const char *name);
int state_fail_unknown(const struct state *state, const char *name);

/* The candidate with this digest; NULL when nobody offers it. */
const struct candidate *
state_find_digest(const struct state *state, const struct digest *digest);

/*
 * What the solver works on.
 *
 * `data` is the struct candidate, or the struct generation_package of an installed one.
 */
void state_solve_packages(const struct state *state, struct solve_package **ret_installed,
	struct solve_package **ret_available);

/* A path in the generation, "bin/jq", from one that a person typed. Owner: the text's */
const char *state_relative_path(const struct state *state, const char *path);

/* "VERSION-RELEASE". Owner: the arena */
char *state_version(struct arena *arena, const char *version, uint64_t release);

#endif
