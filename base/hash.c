/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4) by nettle, which uses the CPU's own instructions for it: everything that is
 * installed is hashed several times.
 */
#include "base/hash.h"

#include "base/err.h"

#include <assert.h>
#include <nettle/base16.h>
#include <nettle/sha2.h>
#include <string.h>
#include <unistd.h>

static_assert(sizeof(struct hash) >= sizeof(struct sha256_ctx), "state does not fit");

static struct sha256_ctx *
state_of(struct hash *hash)
{
	return (struct sha256_ctx *)(void *)hash->state;
}

void
hash_init(struct hash *hash)
{
	sha256_init(state_of(hash));
}

void
hash_add(struct hash *hash, const void *bytes, size_t length)
{
	if (length > 0)
		sha256_update(state_of(hash), length, bytes);
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

	sha256_digest(state_of(hash), DIGEST_SIZE, ret.bytes);
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
	base16_encode_update(hex, DIGEST_SIZE, digest->bytes);
	hex[DIGEST_HEX_SIZE - 1] = '\0';
	return hex;
}

int
digest_parse(const char *hex, struct digest *ret_digest)
{
	struct base16_decode_ctx context;
	struct digest digest;
	size_t length = 0;

	base16_decode_init(&context);
	if (strlen(hex) != DIGEST_HEX_SIZE - 1 ||
		strspn(hex, "0123456789abcdef") != DIGEST_HEX_SIZE - 1 ||
		!base16_decode_update(
			&context, &length, digest.bytes, DIGEST_HEX_SIZE - 1, hex) ||
		!base16_decode_final(&context) || length != DIGEST_SIZE)
		return err_set(ERR_FORMAT, "%.80s: not a SHA-256 digest", hex);
	*ret_digest = digest;
	return 0;
}
