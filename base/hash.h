/* SPDX-License-Identifier: MIT */
/*
 * hash: SHA-256 digests, the names of everything that weld stores.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE 32 /* bytes */
#define DIGEST_HEX_SIZE 65 /* bytes of its lower-case hex form, the NUL included */

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

struct hash { /* one running computation */
	_Alignas(16) unsigned char state[256];
};

/* Start a computation. */
void hash_init(struct hash *hash);

/* Add bytes. */
void hash_add(struct hash *hash, const void *bytes, size_t length);

/* Add a string with its NUL, so that neighbours cannot run together. */
void hash_add_string(struct hash *hash, const char *text);

/* Add a number as 8 bytes, little endian. */
void hash_add_u64(struct hash *hash, uint64_t value);

/* End a computation. */
struct digest hash_end(struct hash *hash);

/* The digest of some bytes. */
struct digest hash_bytes(const void *bytes, size_t length);

/*
 * The digest of a whole open file, from offset 0; its offset does not move.
 *
 * Errors: ERR_IO
 */
int hash_file(int fd, struct digest *ret_digest);

/* Whether two digests are equal. */
bool digest_equal(const struct digest *a, const struct digest *b);

/* Write the hex form; returns its argument. */
char *digest_hex(const struct digest *digest, char hex[DIGEST_HEX_SIZE]);

/*
 * Read the hex form: exactly 64 lower-case hex digits.
 *
 * Errors: ERR_FORMAT
 */
int digest_parse(const char *hex, struct digest *ret_digest);

#endif
