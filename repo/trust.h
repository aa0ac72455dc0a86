/* SPDX-License-Identifier: MIT */
/*
 * trust: which repositories this installation trusts, and what they said last.
 *
 * Metadata is verified as the TUF 1.0 specification's client workflow says, in
 * that order. The state is one SQLite database that only moves forward: an
 * update changes it in one transaction, after everything was verified.
 */
#ifndef REPO_TRUST_H
#define REPO_TRUST_H

#include "base/str.h"
#include "repo/fetch.h"
#include "repo/index.h"
#include "repo/lowered.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct trust; /* opaque: the database */

struct trust_repo {
	const char *name;
	const char *url; /* without a slash at the end */
	bool is_enabled;
	int priority; /* larger is preferred; 0 at first */
	uint64_t root_version;
	uint64_t version; /* of the timestamp document; 0: never updated */
	int64_t expires; /* seconds since the epoch: of the timestamp document; 0: never updated */
	int64_t updated; /* seconds since the epoch; 0: never */
	int64_t earliest; /* it is that time now at the earliest, since it was updated; 0: no idea */
	size_t package_count;
};

struct trust_options { /* { 0 } is valid */
	int64_t now; /* seconds since the epoch; 0: the clock */
	struct fetch_options fetch;
	const struct digest *builders; /* ids of the keys whose objects are wanted */
	size_t builder_count;
	const char *const *levels; /* for which they are wanted */
	size_t level_count;
	void (*warn)(
		void *data, const char *text); /* of objects that cannot be used; may be NULL */
	void *warn_data;
};

/*
 * Open the trust database, which is made when missing.
 *
 * Owner:  the caller closes it with trust_close()
 * Errors: ERR_FORMAT (damaged, or of a later weld), ERR_IO
 */
int trust_open(const char *path, struct trust **ret_trust);

/* Close; NULL is accepted, *trust becomes NULL: for AUTO(). */
void trust_close(struct trust **trust);

/*
 * Trust a repository, bound to the root metadata that the person got from its owner.
 *
 * Nothing is fetched.
 *
 * Errors: ERR_EXISTS, ERR_FORMAT (name, URL or root metadata), ERR_SIGNATURE (the root metadata
 * does not sign itself), ERR_IO
 */
int trust_add(struct trust *trust, const char *name, const char *url, struct str root_metadata);

/* Forget a repository and all it said. Errors: ERR_NOT_FOUND, ERR_IO */
int trust_remove(struct trust *trust, const char *name);

/* Use a repository, or not. Errors: ERR_NOT_FOUND, ERR_IO */
int trust_set_enabled(struct trust *trust, const char *name, bool is_enabled);

/* Prefer a repository's packages over those of lower priority. Errors: ERR_NOT_FOUND, ERR_IO */
int trust_set_priority(struct trust *trust, const char *name, int priority);

/*
 * All repositories, by falling priority, then name.
 *
 * Owner:  the arena
 * Errors: ERR_IO
 */
int trust_list(struct arena *arena, struct trust *trust, struct trust_repo **ret_repos,
	size_t *ret_count);

/*
 * How far the clock is behind the time of a repository's last update and what passed since then. Expiry
 * is judged by the later of both.
 *
 * Units:  seconds; 0: it is not behind
 */
int64_t trust_clock_lag(const struct trust_repo *repo, const struct trust_options *options);

/*
 * Fetch and verify a repository's newest metadata and index, and what the wanted builders published.
 *
 * Objects that are not as their builder signed them are told by `warn`, and are no failure: what
 * they are for can be lowered.
 *
 * Returns 1 when something changed, 0 when all was current. On failure nothing has changed,
 * but that a newer root, once verified, is kept: keys that were withdrawn stay so.
 *
 * Errors: ERR_NOT_FOUND (no such repository), ERR_SIGNATURE, ERR_ROLLBACK (an older version),
 * ERR_EXPIRED (frozen: expired), ERR_DIGEST (length or hash), ERR_FORMAT, ERR_LIMIT, ERR_FETCH,
 * ERR_IO; each names repository, file, reason and remedy
 */
int trust_update(struct trust *trust, const char *name, const struct trust_options *options);

enum trust_which { /* packages of a repository */
	TRUST_ALL,
	TRUST_NAMED, /* all versions of this name */
	TRUST_LIKE, /* all of names of which one has the text in its name or summary, letter case aside */
	TRUST_WITH, /* all of names of which one has this file, provided name or exported symbol */
};

/*
 * The packages of a repository, from the verified index of its last update; of TRUST_ALL `text` is
 * not looked at. TRUST_WITH may give packages that have no such thing.
 *
 * They come without their contents: trust_contents(). Expired metadata is no error.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (no such repository, or never updated: run 'weld update'), ERR_FORMAT, ERR_IO
 */
int trust_offers(struct arena *arena, struct trust *trust, const char *name,
	enum trust_which which, const char *text, struct index *ret_index);

/* The names of all packages of a repository, sorted. Owner: the arena. Errors: as trust_offers() */
int trust_names(struct arena *arena, struct trust *trust, const char *name, char ***ret_names,
	size_t *ret_count);

/*
 * Read what a package of trust_offers() contains, unless that was done.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (another process updated meanwhile: do it again), ERR_FORMAT, ERR_IO
 */
int trust_contents(struct arena *arena, struct trust *trust, struct index_package *package);

/*
 * Fail when what is known of a repository is too old to install from.
 *
 * Errors: ERR_NOT_FOUND (as trust_offers()), ERR_EXPIRED, ERR_FORMAT, ERR_IO
 */
int
trust_check_fresh(struct trust *trust, const char *name, const struct trust_options *options);

struct trust_package { /* one package to fetch */
	const char *repo; /* its repository's name */
	const struct index_package *package; /* from trust_offers() of that repository */
	int ret_fd; /* the verified file, unnamed, open for reading at offset 0 */
};

/*
 * Fetch packages, several at once, and verify length and digest on the very descriptors given back.
 *
 * Each file is a new unnamed one on the file system of `directory`: nobody can
 * have it open, and nobody can change it after it was verified.
 *
 * Owner:  the caller closes each ret_fd; on failure all are closed and -1
 * Errors: ERR_DIGEST, ERR_FETCH, ERR_NOT_FOUND, ERR_LIMIT, ERR_NO_SPACE, ERR_IO
 */
int trust_fetch(struct trust *trust, const struct trust_options *options, int directory,
	struct trust_package *packages, size_t count);

struct trust_builder { /* who may publish lowered objects in a repository, as its owner says */
	const char *name;
	struct digest key; /* id of the builder's key */
	bool is_known; /* what it published was fetched */
	int64_t expires; /* seconds since the epoch, of that */
};

/*
 * The builders that a repository's verified metadata name; none when it was never updated.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (no such repository), ERR_FORMAT, ERR_IO
 */
int trust_builders(struct arena *arena, struct trust *trust, const char *name,
	struct trust_builder **ret_builders, size_t *ret_count);

struct trust_objects { /* what one builder published for one level */
	const char *repo;
	struct digest key; /* id of the builder's key */
	struct lowered_catalogue *catalogue;
};

/*
 * What the builders in `options` published in a repository, for the levels there, the first level
 * first; what has expired is told by `warn` and left out.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (no such repository), ERR_FORMAT, ERR_IO
 */
int trust_objects(struct arena *arena, struct trust *trust, const char *name,
	const struct trust_options *options, struct trust_objects **ret_objects,
	size_t *ret_count);

struct trust_bundle { /* one bundle to fetch */
	const struct trust_objects *from;
	const struct lowered_bundle *bundle;
	int ret_fd; /* the file, unnamed, length and digest verified; -1: it could not be had */
	const char *ret_failure; /* why it could not */
};

/*
 * Fetch bundles, several at once, as trust_fetch() does packages. One that is missing, or is not
 * what was signed, fails alone.
 *
 * Owner:  the caller closes each ret_fd; messages are the arena's
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int trust_fetch_bundles(struct arena *arena, struct trust *trust,
	const struct trust_options *options, int directory, struct trust_bundle *bundles,
	size_t count);

#endif
