/* SPDX-License-Identifier: MIT */
/* hash: the examples of FIPS 180-4, streaming, files, and the hex form. */
#include "base/hash.h"

#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char *text;
	const char *hex;
} fips_rows[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static const char million_hex[] =
	"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static const char *const bad_hex[] = {
	"",
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85", /* 63 */
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8551", /* 65 */
	"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
	"g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"e3b0c44298fc1c149afbf4c8996fb924 7ae41e4649b934ca495991b7852b855",
};

static void
test_vectors(void)
{
	char hex[DIGEST_HEX_SIZE];

	for (size_t i = 0; i < sizeof fips_rows / sizeof fips_rows[0]; i++) {
		struct digest digest = hash_bytes(fips_rows[i].text, strlen(fips_rows[i].text));

		tap_is_string(digest_hex(&digest, hex), fips_rows[i].hex, "FIPS 180-4: \"%s\"",
			fips_rows[i].text);
	}
}

static void
test_million(void)
{
	char *text = malloc(1000000);
	struct digest digest;
	struct hash hash;
	char hex[DIGEST_HEX_SIZE];
	int fd AUTO(file_close) = -1;

	if (text == NULL || file_memory("million", &fd) < 0)
		tap_bail("%s", err_message());
	memset(text, 'a', 1000000);
	hash_init(&hash);
	for (size_t at = 0, step = 1; at < 1000000; at += step, step = step * 2 + 1) {
		if (step > 1000000 - at)
			step = 1000000 - at;
		hash_add(&hash, text + at, step);
	}
	digest = hash_end(&hash);
	tap_is_string(digest_hex(&digest, hex), million_hex, "a million a, in pieces");
	tap_is_number(file_write_fd(fd, text, 1000000), 0, "write the file");
	lseek(fd, 17, SEEK_SET);
	tap_is_number(hash_file(fd, &digest), 0, "hash the file");
	tap_is_string(digest_hex(&digest, hex), million_hex, "a whole file, from its start");
	tap_is_number(lseek(fd, 0, SEEK_CUR), 17, "its offset does not move");
	free(text);
}

static void
test_hex(void)
{
	struct digest digest = { 0 };
	struct digest other;

	tap_is_number(digest_parse(fips_rows[1].hex, &digest), 0, "hex form is read");
	other = hash_bytes("abc", 3);
	tap_ok(digest_equal(&digest, &other), "and gives the digest");
	other.bytes[31] ^= 1;
	tap_ok(!digest_equal(&digest, &other), "the last byte counts");
	for (size_t i = 0; i < sizeof bad_hex / sizeof bad_hex[0]; i++) {
		struct digest kept = digest;

		tap_is_number(digest_parse(bad_hex[i], &kept), ERR_FORMAT, "refused: \"%s\"",
			bad_hex[i]);
		tap_ok(digest_equal(&kept, &digest), "output untouched");
	}
}

static void
test_fields(void)
{
	struct hash a;
	struct hash b;
	struct digest digest_a;
	struct digest digest_b;

	hash_init(&a);
	hash_add_string(&a, "ab");
	hash_add_string(&a, "c");
	hash_init(&b);
	hash_add_string(&b, "a");
	hash_add_string(&b, "bc");
	digest_a = hash_end(&a);
	digest_b = hash_end(&b);
	tap_ok(!digest_equal(&digest_a, &digest_b), "neighbours do not run together");
	hash_init(&a);
	hash_add_u64(&a, UINT64_C(0x0807060504030201));
	digest_a = hash_end(&a);
	digest_b = hash_bytes("\1\2\3\4\5\6\7\10", 8);
	tap_ok(digest_equal(&digest_a, &digest_b), "numbers are little endian");
}

int
main(void)
{
	test_vectors();
	test_million();
	test_hex();
	test_fields();
	return tap_done();
}
