/* SPDX-License-Identifier: MIT */
/*
 * builders: lowered objects that trusted builders published, for the root that is worked on.
 *
 * The policy says which builders' keys are trusted. What they published for the CPU level of the
 * root, or a lesser one, takes the place of lowering here; what cannot be had is lowered.
 */
#ifndef PKGD_BUILDERS_H
#define PKGD_BUILDERS_H

#include "linker/link.h"
#include "pkgd/state.h"
#include "pkgd/wanted.h"

#define BUILDERS_NONE "none" /* as the policy's value: nobody is trusted */

struct builders; /* opaque: owned by the arena of the state */

struct builders_bundle { /* the objects of one package */
	const char *builder; /* its name in the repository */
	const char *level;
	uint64_t size; /* bytes to fetch */
};

struct builders_fetched { /* what was taken from bundles */
	size_t objects;
	uint64_t bytes; /* of the bundles */
	size_t failed; /* bundles that could not be used */
};

/*
 * Turn what a person wrote, "farm" or a key's id in hex, several with commas between, or "none",
 * into ids: what the policy keeps.
 *
 * A name is looked up in what the repositories say, as their owners signed it.
 *
 * Owner:  the arena of the state
 * Errors: ERR_USAGE (names the builders that there are)
 */
int builders_resolve(struct state *state, const char *text, const char **ret_ids);

/*
 * Say to the trust database which builders and levels are wanted, as the policy has it.
 *
 * Errors: as policy_read()
 */
int builders_want(struct state *state);

/*
 * What is offered to this root, from the verified catalogues; nothing when nobody is trusted.
 *
 * Catalogues that cannot be used, because of another producer or age, are told as warnings, once.
 *
 * Errors: as policy_read() and trust_objects()
 */
int builders_load(struct state *state, struct builders **ret_builders);

/* Whether a bundle for this package's file is offered. Owner: the arena of the state */
bool builders_find(const struct builders *builders, const struct digest *package,
	struct builders_bundle *ret_bundle);

/* Let libraries be shared as the builders took them, so that their programs' objects fit. */
void builders_share(const struct builders *builders, struct wanted *wanted);

/* Put targets and keys of what is offered into a request. */
void builders_describe(const struct builders *builders, struct link_request *request);

/*
 * Fetch the objects that this request will need and the cache does not have.
 *
 * A bundle that is missing, or not as it was signed, is told as a warning that names the package.
 *
 * Errors: as link_missing(), ERR_NO_SPACE, ERR_IO
 */
int builders_fetch(struct state *state, const struct builders *builders,
	const struct link_request *request, struct builders_fetched *ret_fetched);

#endif
