/* SPDX-License-Identifier: MIT */
/*
 * world: a repository with its owner, and a client that trusts it.
 */
#ifndef TESTS_LIB_WORLD_H
#define TESTS_LIB_WORLD_H

#include "base/str.h"
#include "repo/publish.h"
#include "repo/trust.h"
#include "repo/trust/tuf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;

#define WORLD_NOW INT64_C(2000000000) /* seconds since the epoch: when all begins */
#define WORLD_DAY INT64_C(86400) /* seconds */

struct world {
	struct arena *arena;
	char *directory; /* of everything */
	char *repo; /* the repository's directory */
	struct key *owner; /* the key of all roles */
	struct key *stranger; /* a key that nobody trusts */
	struct publish_keys keys; /* the owner's */
	int64_t now;
	pid_t server; /* 0: by file URL */
	struct trust *trust; /* knows the repository as "main" */
};

/*
 * Make a repository with frob-1.0, and a client that has updated from it once.
 *
 * Metadata versions are then 2. Any failure ends the test.
 */
void world_begin(struct world *world, bool is_http);

/* Remove it all. */
void world_end(struct world *world);

/* Publish frob of a version. */
void world_publish(struct world *world, const char *version);

/* Update the client, at the world's time. */
int world_update(struct world *world);

/* The client's repository as trust_list() shows it. */
struct trust_repo world_state(struct world *world);

/* Read a file of the repository, "metadata/timestamp.json". */
struct str world_read(struct world *world, const char *path);

/* Write a file of the repository. */
void world_write(struct world *world, const char *path, struct str bytes);

/* Replace, once, a part of a file by something as long. */
void world_edit(struct world *world, const char *path, const char *find, const char *replace);

/* Sign a document's body again, as it is in the file, with a key. */
void world_sign(struct world *world, const char *path, const struct key *key);

#endif
