/* SPDX-License-Identifier: MIT */
/*
 * publish: making a signed repository, a directory of static files.
 *
 * metadata/ holds TUF 1.0 documents with consistent snapshots, targets/ the
 * packages and the index as SHA256.NAME. timestamp.json is replaced last, so
 * a reader sees the old repository or the new one; old targets stay.
 */
#ifndef REPO_PUBLISH_H
#define REPO_PUBLISH_H

#include "repo/key.h"
#include "repo/lowered.h"

#include <stddef.h>
#include <stdint.h>

struct arena;

struct publish_keys { /* who signs; one key may serve for several roles */
	const struct key *root;
	const struct key *targets;
	const struct key *snapshot;
	const struct key *timestamp;
};

struct publish_options {
	int64_t now; /* seconds since the epoch; 0: the clock */
	unsigned root_days; /* until metadata expires; 0: 365 */
	unsigned targets_days; /* 0: 90; also of the snapshot */
	unsigned timestamp_days; /* 0: 14 */
	unsigned objects_days; /* 0: 365: of what a builder signs */
};

struct publish_report {
	size_t added; /* packages that were not there before */
	size_t kept; /* the same file was there */
	size_t total; /* packages in the index */
	uint64_t version; /* of the timestamp document */
	char **findings; /* of publish_check(): one line each */
	size_t finding_count;
};

/*
 * Make an empty repository, signed; the directory may exist if it is empty.
 *
 * Errors: ERR_EXISTS (there is a repository), ERR_NO_SPACE, ERR_IO
 */
int publish_init(const char *directory, const struct publish_keys *keys,
	const struct publish_options *options);

/*
 * Verify package files, add them, and sign.
 *
 * A file of the same name with other contents is refused: a published version never changes.
 *
 * Owner:  the arena
 * Errors: ERR_EXISTS (the same version with other bytes), ERR_SIGNATURE (keys are not the
 * repository's), ERR_FORMAT, ERR_DIGEST, ERR_NOT_FOUND, ERR_LOCKED, ERR_NO_SPACE, ERR_IO
 */
int publish_add(struct arena *arena, const char *directory, const struct publish_keys *keys,
	const struct publish_options *options, const char *const *files, size_t count,
	struct publish_report *ret_report);

struct publish_builder { /* who signs lowered objects */
	const char *name;
	const struct key *key; /* its own, not the repository's */
};

/*
 * Publish what a builder lowered: bundles, a catalogue a level, and a document that the builder signs.
 *
 * The repository's keys sign that this key is the builder's of that name. What the
 * builder published before stays as far as it is of packages that are still offered and was made by the
 * same producer. `bundles` is an open directory with the bundles' files, by lowered_bundle_name().
 *
 * Owner:  the arena
 * Errors: ERR_SIGNATURE (the name belongs to another key), ERR_FORMAT, ERR_DIGEST, as publish_add()
 */
int publish_objects(struct arena *arena, const char *directory, const struct publish_keys *keys,
	const struct publish_builder *builder, const struct publish_options *options,
	const struct lowered_catalogue *catalogues, size_t count, int bundles,
	struct publish_report *ret_report);

/*
 * Sign again with new expiry dates, contents unchanged.
 *
 * Errors: as publish_add()
 */
int publish_sign(struct arena *arena, const char *directory, const struct publish_keys *keys,
	const struct publish_options *options, struct publish_report *ret_report);

/*
 * Replace the repository's keys: a new root version, signed by the old root key and the new.
 *
 * Everything is signed again by the new keys.
 *
 * Errors: as publish_add()
 */
int publish_rotate(struct arena *arena, const char *directory,
	const struct publish_keys *old_keys, const struct publish_keys *new_keys,
	const struct publish_options *options, struct publish_report *ret_report);

/*
 * Verify every signature, digest, length and expiry, and each package against the index.
 *
 * All findings are collected before it fails.
 *
 * Owner:  the arena
 * Errors: ERR_FINDINGS, ERR_NOT_FOUND (no repository there), ERR_IO
 */
int publish_check(struct arena *arena, const char *directory,
	const struct publish_options *options, struct publish_report *ret_report);

#endif
