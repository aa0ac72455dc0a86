/* SPDX-License-Identifier: MIT */
/* SHA-256 by libsodium (FIPS 180-4). */
#include "base/hash.h"

#include "base/err.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

static_assert(sizeof(struct hash) >= sizeof(crypto_hash_sha256_state), "state does not fit");

static crypto_hash_sha256_state *
state_of(struct hash *hash)
{
	return (crypto_hash_sha256_state *)(void *)hash->state;
}

void
hash_init(struct hash *hash)
{
	crypto_hash_sha256_init(state_of(hash));
}

void
hash_add(struct hash *hash, const void *bytes, size_t length)
{
	if (length > 0)
		crypto_hash_sha256_update(state_of(hash), bytes, length);
}

void
hash_add_string(struct hash *hash, const char *text)
{
	hash_add(hash, text, strlen(text) + 1);
}

void
hash_add_u64(struct hash *hash, uint64_t value)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	hash_add(hash, bytes, sizeof bytes);
}

struct digest
hash_end(struct hash *hash)
{
	struct digest ret;

	crypto_hash_sha256_final(state_of(hash), ret.bytes);
	return ret;
}

struct digest
hash_bytes(const void *bytes, size_t length)
{
	struct hash hash;

	hash_init(&hash);
	hash_add(&hash, bytes, length);
	return hash_end(&hash);
}

int
hash_file(int fd, struct digest *ret_digest)
{
	unsigned char block[65536];
	struct hash hash;
	off_t offset = 0;

	hash_init(&hash);
	for (;;) {
		ssize_t got = pread(fd, block, sizeof block, offset);

		if (got < 0)
			return err_errno("file to hash: read");
		if (got == 0)
			break;
		hash_add(&hash, block, (size_t)got);
		offset += got;
	}
	*ret_digest = hash_end(&hash);
	return 0;
}

bool
digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

char *
digest_hex(const struct digest *digest, char hex[DIGEST_HEX_SIZE])
{
	return sodium_bin2hex(hex, DIGEST_HEX_SIZE, digest->bytes, DIGEST_SIZE);
}

int
digest_parse(const char *hex, struct digest *ret_digest)
{
	struct digest digest;
	size_t length = 0;

	if (strlen(hex) != DIGEST_HEX_SIZE - 1 ||
		strspn(hex, "0123456789abcdef") != DIGEST_HEX_SIZE - 1 ||
		sodium_hex2bin(digest.bytes, DIGEST_SIZE, hex, DIGEST_HEX_SIZE - 1, NULL,
			&length, NULL) != 0 ||
		length != DIGEST_SIZE)
		return err_set(ERR_FORMAT, "%.80s: not a SHA-256 digest", hex);
	*ret_digest = digest;
	return 0;
}
