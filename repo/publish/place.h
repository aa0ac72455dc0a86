/* SPDX-License-Identifier: MIT */
/*
 * publish/place: a repository's directory, open and locked, and its verified documents.
 */
#ifndef REPO_PUBLISH_PLACE_H
#define REPO_PUBLISH_PLACE_H

#include "repo/index.h"
#include "repo/publish.h"
#include "repo/trust/tuf.h"

#include <stdbool.h>

struct place { /* released by place_close() */
	int directory;
	int metadata;
	int targets;
	struct tuf_document documents[TUF_ROLE_COUNT];
	struct str bytes[TUF_ROLE_COUNT]; /* their texts */
	struct tuf_root root;
	struct tuf_root previous; /* the root before; the same when there is only one */
	bool accept_previous; /* as place_load() was told */
	struct index index;
};

/*
 * Open a repository and take its lock.
 *
 * Errors: ERR_NOT_FOUND (there is none), ERR_LOCKED, ERR_IO
 */
int place_open(const char *directory, struct place *ret_place);

/* Close and unlock: for AUTO(). */
void place_close(struct place *place);

/*
 * Make the directories of a new repository, and lock it.
 *
 * Errors: ERR_EXISTS (there is a repository already), ERR_LOCKED, ERR_NO_SPACE, ERR_IO
 */
int place_create(const char *directory, struct place *ret_place);

/*
 * Read the newest documents and the index, verifying signatures, lengths and digests.
 *
 * Expiry is not looked at. With accept_previous, documents may also be signed as the root
 * before the newest says: so they are when changing the keys was cut off in between.
 *
 * Owner:  the arena, and place_close()
 * Errors: ERR_SIGNATURE, ERR_DIGEST, ERR_FORMAT, ERR_NOT_FOUND, ERR_IO
 */
int place_load(struct arena *arena, struct place *place, bool accept_previous);

/* The name of a target's file: "SHA256.NAME". Owner: the arena */
char *place_target_name(struct arena *arena, const struct digest *sha256, const char *name);

/*
 * Put bytes into a file of the repository, unless the same are there.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int place_put(int directory, const char *name, struct str bytes);

#endif
