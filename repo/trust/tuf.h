/* SPDX-License-Identifier: MIT */
/*
 * trust/tuf: the documents of The Update Framework, 1.0: reading, verifying, signing.
 *
 * A document is parsed once; what is verified is the parsed value, and what is
 * used is that same value.
 */
#ifndef REPO_TRUST_TUF_H
#define REPO_TRUST_TUF_H

#include "base/json.h"
#include "repo/key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define TUF_ROOT_MAX (UINT64_C(512) << 10) /* bytes */
#define TUF_TIMESTAMP_MAX (UINT64_C(64) << 10) /* bytes */
#define TUF_SNAPSHOT_MAX (UINT64_C(8) << 20) /* bytes, when the timestamp gives no length */
#define TUF_TARGETS_MAX (UINT64_C(64) << 20) /* bytes, when the snapshot gives no length */
#define TUF_INDEX "index.json" /* the target that is the index */

enum tuf_role {
	TUF_ROOT,
	TUF_TARGETS,
	TUF_SNAPSHOT,
	TUF_TIMESTAMP,
};

#define TUF_ROLE_COUNT 4

extern const char *const tuf_role_names[TUF_ROLE_COUNT];

struct tuf_document { /* { 0 } is empty; released by tuf_release() */
	json_t *envelope;
	const json_t *body; /* the signed part; borrowed from the envelope */
	enum tuf_role role;
	uint64_t version;
	int64_t expires; /* seconds since the epoch */
};

struct tuf_key {
	struct digest id;
	uint8_t public_key[KEY_PUBLIC_SIZE];
};

struct tuf_keys { /* whose signatures a role needs */
	struct tuf_key *at;
	size_t len;
	size_t threshold;
};

struct tuf_root {
	uint64_t version;
	struct tuf_keys roles[TUF_ROLE_COUNT];
};

struct tuf_delegation { /* a role that a targets document hands to somebody else */
	const char *role;
	struct tuf_keys keys;
};

struct tuf_file { /* what one document says of another, or of a target */
	uint64_t version; /* 0 for a target */
	bool has_length;
	uint64_t length; /* bytes */
	bool has_sha256;
	struct digest sha256;
};

/* Free a document: for AUTO(). */
void tuf_release(struct tuf_document *document);

/*
 * Parse a document of a role; nothing of it is to be believed yet.
 *
 * Errors: ERR_FORMAT
 */
int tuf_read(struct str bytes, enum tuf_role role, struct tuf_document *ret_document);

/*
 * Verify that enough of the keys signed the document.
 *
 * Errors: ERR_SIGNATURE
 */
int tuf_verify(const struct tuf_document *document, const struct tuf_keys *keys);

/*
 * Read keys and roles of a root document.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT
 */
int tuf_read_root(
	struct arena *arena, const struct tuf_document *document, struct tuf_root *ret_root);

/*
 * The roles that a targets document delegates; none when it has no delegations.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT
 */
int tuf_list_delegations(struct arena *arena, const struct tuf_document *targets,
	struct tuf_delegation **ret_delegations, size_t *ret_count);

/*
 * Read a root document and verify that it signs itself.
 *
 * Owner:  the arena; the caller releases ret_document
 * Errors: ERR_FORMAT, ERR_SIGNATURE
 */
int tuf_open_root(struct arena *arena, struct str bytes, struct tuf_document *ret_document,
	struct tuf_root *ret_root);

/*
 * What a timestamp or snapshot says of the document `name`, such as "snapshot.json".
 *
 * Errors: ERR_FORMAT
 */
int
tuf_find_meta(const struct tuf_document *document, const char *name, struct tuf_file *ret_file);

/*
 * What the targets document says of a target; length and digest are always there.
 *
 * Errors: ERR_NOT_FOUND, ERR_FORMAT
 */
int tuf_find_target(
	const struct tuf_document *document, const char *name, struct tuf_file *ret_file);

/*
 * Compare bytes with what was said of them.
 *
 * Errors: ERR_DIGEST
 */
int tuf_check_bytes(const struct tuf_file *file, struct str bytes);

/* A public key as TUF writes it. Owner: the caller */
json_t *tuf_key_object(const uint8_t *public_key);

/* The id of a public key: SHA-256 of the canonical key object. */
struct digest tuf_key_id(const uint8_t *public_key);

/* The common members of a signed part. Owner: the caller */
json_t *tuf_new_body(enum tuf_role role, uint64_t version, int64_t expires);

/*
 * Sign: the text of the whole document.
 *
 * A key that is given twice signs once.
 *
 * Owner:  the caller frees ret_text
 * Errors: ERR_FORMAT
 */
int tuf_sign(const json_t *body, const struct key *const *keys, size_t key_count,
	struct strbuf *ret_text);

/*
 * Read a time such as "2030-01-02T03:04:05Z".
 *
 * Units:  seconds since the epoch
 * Errors: ERR_FORMAT
 */
int tuf_parse_time(const char *text, int64_t *ret_time);

#define TUF_TIME_SIZE 32 /* bytes, the NUL included */

/* Write such a time; returns its argument. */
char *tuf_format_time(int64_t time, char text[TUF_TIME_SIZE]);

#endif
