/* SPDX-License-Identifier: MIT */
/*
 * publish/publication: one new state of a repository, on its way to be signed.
 */
#ifndef REPO_PUBLISH_PUBLICATION_H
#define REPO_PUBLISH_PUBLICATION_H

#include "base/map.h"
#include "base/vec.h"
#include "repo/publish.h"
#include "repo/publish/place.h"

struct publication {
	struct arena *arena;
	struct place *place;
	const struct publish_keys *keys;
	const struct publish_options *options;
	int64_t now;
	uint64_t versions[TUF_ROLE_COUNT];
	VEC(struct index_package) packages; /* of the new index */
	struct map by_file; /* file name -> its place in packages, plus 1 */
	json_t *targets; /* name -> length and hashes; borrowed by the targets document */
	json_t *delegations; /* of the targets document; NULL for none; borrowed */
	json_t *delegated; /* document of a delegated role -> version, length, hashes; borrowed */
};

/* The time that counts, in seconds since the epoch. */
int64_t publication_now(const struct publish_options *options);

/* When a role's next document expires. */
int64_t publication_expiry(const struct publication *publication, enum tuf_role role);

/*
 * Open a repository, and begin from its present state.
 *
 * Errors: as place_open() and place_load()
 */
int publication_begin(struct publication *publication, const char *directory);

/* The keys that were given must be those that the root document names. Errors: ERR_SIGNATURE */
int publication_check_keys(
	const char *directory, const struct place *place, const struct publish_keys *keys);

/* Length and digest of a file's bytes, and its version unless that is 0. Owner: the caller */
json_t *publication_describe(const struct str *bytes, uint64_t version);

/* Sign root again when more than half of its time is over. Errors: ERR_NO_SPACE, ERR_IO */
int publication_refresh_root(struct publication *publication);

/* Everything but root, in the order in which it refers to each other. Errors: ERR_NO_SPACE, ERR_IO */
int publication_put(struct publication *publication);

#endif
