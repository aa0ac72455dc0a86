/* SPDX-License-Identifier: MIT */
/*
 * key: Ed25519 signing keys, kept in a directory of the packager.
 *
 * NAME.key, mode 0600, holds the secret key, encrypted with a passphrase
 * unless the caller says otherwise. A key's id is the TUF key id.
 */
#ifndef REPO_KEY_H
#define REPO_KEY_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define KEY_PUBLIC_SIZE 32 /* bytes */
#define KEY_SIGNATURE_SIZE 64 /* bytes */

struct key; /* opaque: a secret key in locked memory */

struct key_info {
	const char *name;
	struct digest id; /* TUF key id: SHA-256 of the canonical public key object */
	uint8_t public_key[KEY_PUBLIC_SIZE];
	bool is_encrypted;
};

/*
 * The directory that keys are kept in: $XDG_CONFIG_HOME/weld/keys or ~/.config/weld/keys.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND (neither XDG_CONFIG_HOME nor HOME is set)
 */
int key_default_directory(struct arena *arena, char **ret_path);

/*
 * Read a passphrase from a file descriptor: up to the first newline or the end.
 *
 * Owner:  the caller wipes and frees it with key_forget_passphrase()
 * Errors: ERR_FORMAT (empty), ERR_LIMIT (longer than 1024 bytes), ERR_IO
 */
int key_read_passphrase(int fd, struct strbuf *ret_passphrase);

/* Overwrite and free a passphrase. */
void key_forget_passphrase(struct strbuf *passphrase);

/*
 * Make a key in a directory, which is made when missing.
 *
 * passphrase NULL stores the key without encryption: for trials.
 *
 * Owner:  the arena
 * Errors: ERR_EXISTS, ERR_FORMAT (the name), ERR_NO_SPACE, ERR_IO
 */
int key_generate(struct arena *arena, const char *directory, const char *name,
	const struct str *passphrase, struct key_info *ret_info);

/*
 * The keys of a directory, sorted by name; a missing directory has none.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (a damaged key file), ERR_IO
 */
int key_list(struct arena *arena, const char *directory, struct key_info **ret_infos,
	size_t *ret_count);

/*
 * Read one key's public part.
 *
 * Errors: ERR_NOT_FOUND, ERR_FORMAT, ERR_IO
 */
int key_find(struct arena *arena, const char *directory, const char *name,
	struct key_info *ret_info);

/*
 * Open a key for signing; passphrase may be NULL when it is not encrypted.
 *
 * Owner:  the caller frees it with key_free()
 * Errors: ERR_NOT_FOUND, ERR_CONSENT (a passphrase is needed), ERR_SIGNATURE (wrong passphrase),
 * ERR_FORMAT, ERR_IO
 */
int key_open(const char *directory, const char *name, const struct str *passphrase,
	struct key **ret_key);

/* Wipe and free a key; NULL is accepted, *key becomes NULL: for AUTO(). */
void key_free(struct key **key);

/* The TUF key id. */
struct digest key_id(const struct key *key);

/* The public key. Shape: KEY_PUBLIC_SIZE bytes, valid as long as the key */
const uint8_t *key_public(const struct key *key);

/* Sign bytes. Shape: ret_signature has KEY_SIGNATURE_SIZE bytes */
void key_sign(const struct key *key, const void *bytes, size_t length, uint8_t *ret_signature);

/*
 * The public key as the JSON text of a TUF key object.
 *
 * Owner: the caller frees ret_text
 */
void key_export_public(const struct key_info *info, struct strbuf *ret_text);

/*
 * The key file as it is stored: encrypted if the key is.
 *
 * Owner:  the caller frees ret_text
 * Errors: ERR_NOT_FOUND, ERR_FORMAT, ERR_IO
 */
int key_export_secret(const char *directory, const char *name, struct strbuf *ret_text);

/*
 * Add a key file that key_export_secret() gave, under its own or another name.
 *
 * Owner:  the arena
 * Errors: ERR_EXISTS, ERR_FORMAT, ERR_NO_SPACE, ERR_IO
 */
int key_import(struct arena *arena, const char *directory, const char *name, struct str text,
	struct key_info *ret_info);

#endif
