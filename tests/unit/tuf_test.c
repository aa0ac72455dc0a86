/* SPDX-License-Identifier: MIT */
/* The rules of single documents: canonical form, thresholds, times, keys. */
#include "repo/trust/tuf.h"

#include "base/arena.h"
#include "base/err.h"
#include "repo/trust/canonical.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>

#define KEY_COUNT 3

static void
test_canonical(void)
{
	static const struct {
		const char *text;
		const char *canonical; /* NULL: refused */
	} cases[] = {
		{ "{ \"b\": 1, \"a\": [true, false, null] }",
			"{\"a\":[true,false,null],\"b\":1}" },
		{ "{\"z\":\"\\u00e4\\n\\t\\/\"}", "{\"z\":\"\xc3\xa4\n\t/\"}" },
		{ "\"x\"", NULL },
		{ "[\"\\\"\\\\\"]", "[\"\\\"\\\\\"]" },
		{ "[-0, 9007199254740993]", "[0,9007199254740993]" },
		{ "[1.5]", NULL },
		{ "[1e3]", NULL },
		{ "{\"\\u00e9\":1,\"e\":2,\"E\":3}", "{\"E\":3,\"e\":2,\"\xc3\xa9\":1}" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *value AUTO(json_release) = NULL;
		struct strbuf text AUTO(strbuf_free) = { 0 };
		int ret = json_read(str_from(cases[i].text), &value);

		if (ret >= 0)
			ret = canonical_write(value, &text);
		if (cases[i].canonical == NULL)
			tap_ok(ret < 0, "%s has no canonical form", cases[i].text);
		else
			tap_is_string(strbuf_string(&text), cases[i].canonical,
				"canonical form of %s", cases[i].text);
	}
}

static void
test_times(void)
{
	static const char *const refused[] = { "", "2030-01-02", "2030-01-02T03:04:05",
		"2030-01-02T03:04:05+00:00", "2030-02-30T00:00:00Z", "2030-13-01T00:00:00Z",
		"2030-01-01T25:00:00Z", "2030-01-02T03:04:05ZZ", " 030-01-02T03:04:05Z" };
	int64_t time = 0;

	tap_ok(tuf_parse_time("1970-01-02T00:00:01Z", &time) == 0 && time == 86401, "a time");
	tap_ok(tuf_parse_time("2038-01-19T03:14:08Z", &time) == 0 &&
			time == INT64_C(2147483648),
		"a time after 2038");
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		tap_ok(tuf_parse_time(refused[i], &time) == ERR_FORMAT, "\"%s\" is no time",
			refused[i]);
}

static void
make_keys(struct arena *arena, const char *directory, struct key *keys[KEY_COUNT],
	struct tuf_keys *ret_role)
{
	ret_role->at = arena_array(arena, KEY_COUNT, sizeof *ret_role->at);
	ret_role->len = KEY_COUNT;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		char *name = arena_printf(arena, "key%zu", i);
		struct key_info info;

		if (key_generate(arena, directory, name, NULL, &info) < 0 ||
			key_open(directory, name, NULL, &keys[i]) < 0)
			tap_bail("%s", err_message());
		ret_role->at[i].id = info.id;
		memcpy(ret_role->at[i].public_key, info.public_key, KEY_PUBLIC_SIZE);
	}
}

/* Sign with some keys, replace a part of the text, verify. */
static int
try_signatures(struct key *const *keys, size_t count, const struct tuf_keys *role,
	const char *find, const char *replace)
{
	struct tuf_document document AUTO(tuf_release) = { 0 };
	json_t *body AUTO(json_release) = tuf_new_body(TUF_TIMESTAMP, 3, 1000);
	struct strbuf text AUTO(strbuf_free) = { 0 };
	const struct key *signers[KEY_COUNT] = { 0 };

	for (size_t i = 0; i < count; i++)
		signers[i] = keys[i];
	TRY(tuf_sign(body, signers, count, &text));
	if (find != NULL) {
		char *at = strstr(text.at, find);

		if (at == NULL || strlen(find) != strlen(replace))
			tap_bail("no %s in the document", find);
		memcpy(at, replace, strlen(replace));
	}
	TRY(tuf_read(strbuf_str(&text), TUF_TIMESTAMP, &document));
	return tuf_verify(&document, role);
}

/* The same signature many times is one signature. */
static int
try_repeated(struct key *key, const struct tuf_keys *role)
{
	struct tuf_document document AUTO(tuf_release) = { 0 };
	json_t *body AUTO(json_release) = tuf_new_body(TUF_TIMESTAMP, 3, 1000);
	struct strbuf text AUTO(strbuf_free) = { 0 };
	const struct key *signer = key;
	json_t *signatures;

	TRY(tuf_sign(body, &signer, 1, &text));
	TRY(tuf_read(strbuf_str(&text), TUF_TIMESTAMP, &document));
	signatures = json_object_get(document.envelope, "signatures");
	for (int i = 0; i < 5; i++)
		json_array_append(signatures, json_array_get(signatures, 0));
	return tuf_verify(&document, role);
}

static void
test_thresholds(struct arena *arena, const char *directory)
{
	struct key *keys[KEY_COUNT] = { 0 };
	struct tuf_keys role = { 0 };

	make_keys(arena, directory, keys, &role);
	role.threshold = 2;
	tap_ok(try_signatures(keys, 1, &role, NULL, NULL) == ERR_SIGNATURE,
		"bug class 7: one signature of two: %s", err_message());
	tap_ok(try_signatures(keys, 2, &role, NULL, NULL) == 0, "two of two");
	tap_ok(try_signatures(keys, 3, &role, NULL, NULL) == 0, "three of two");
	tap_ok(try_signatures(keys, 0, &role, NULL, NULL) == ERR_SIGNATURE,
		"bug class 7: none");
	tap_ok(try_repeated(keys[0], &role) == ERR_SIGNATURE,
		"bug class 7: the same signature six times is one");
	role.at[1] = role.at[0];
	role.at[1].id = role.at[2].id;
	tap_ok(try_repeated(keys[0], &role) == ERR_SIGNATURE,
		"a key under two ids counts once");
	role.at[1] = role.at[2];
	role.len = 1;
	tap_ok(try_signatures(keys, 3, &role, NULL, NULL) == ERR_SIGNATURE,
		"keys without a say do not count");
	role.threshold = 1;
	tap_ok(try_signatures(keys, 1, &role, "\"version\": 3", "\"version\": 4") ==
			ERR_SIGNATURE,
		"a changed version");
	tap_ok(try_signatures(keys, 1, &role, "1970", "2970") == ERR_SIGNATURE,
		"a changed expiry");
	tap_ok(try_signatures(keys, 1, &role, "\"timestamp\"", "\"snapshot\" ") == ERR_FORMAT,
		"another type: %s", err_message());
	tap_ok(try_signatures(keys, 1, &role, "\"version\": 3", "\"version\": 0") == ERR_FORMAT,
		"version 0");
	tap_ok(try_signatures(keys, 1, &role, "\"1.0.", "\"2.0.") == ERR_FORMAT,
		"a later specification: %s", err_message());
	role.threshold = 0;
	tap_ok(try_signatures(keys, 1, &role, NULL, NULL) == ERR_SIGNATURE,
		"bug class 7: a threshold of 0 is never met");
	for (size_t i = 0; i < KEY_COUNT; i++)
		key_free(&keys[i]);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *directory = sample_directory(arena);

	test_canonical();
	test_times();
	test_thresholds(arena, directory);
	sample_remove(directory);
	return tap_done();
}
