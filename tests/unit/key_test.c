/* SPDX-License-Identifier: MIT */
/* Keys come back as they were made, only with their passphrase, and never readable by others. */
#include "repo/key.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/trust/tuf.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_plain(struct arena *arena, const char *directory)
{
	struct key_info info = { 0 };
	struct key *key = NULL;
	struct stat file = { 0 };
	struct digest id;

	tap_ok(key_generate(arena, directory, "trial", NULL, &info) == 0, "a key is made");
	tap_ok(!info.is_encrypted, "without passphrase when asked so");
	tap_ok(stat(arena_printf(arena, "%s/trial.key", directory), &file) == 0 &&
			(file.st_mode & 0777) == 0600,
		"its file is the owner's only");
	tap_ok(key_generate(arena, directory, "trial", NULL, &info) == ERR_EXISTS,
		"it is not overwritten");
	tap_ok(key_generate(arena, directory, "../trial", NULL, &info) == ERR_FORMAT,
		"a name is no path");
	tap_ok(key_open(directory, "trial", NULL, &key) == 0, "it opens");
	id = key_id(key);
	tap_ok(digest_equal(&id, &info.id) &&
			memcmp(key_public(key), info.public_key, KEY_PUBLIC_SIZE) == 0,
		"and is the same key");
	key_free(&key);
	tap_ok(key_open(directory, "other", NULL, &key) == ERR_NOT_FOUND && key == NULL,
		"a key that is not there: %s", err_message());
}

static void
test_encrypted(struct arena *arena, const char *directory)
{
	struct str right = str_from("correct horse");
	struct str wrong = str_from("correct horsf");
	struct str empty = str_from("");
	struct key_info info = { 0 };
	struct key *key = NULL;

	tap_ok(key_generate(arena, directory, "safe", &right, &info) == 0 && info.is_encrypted,
		"an encrypted key is made");
	tap_ok(key_generate(arena, directory, "empty", &empty, &info) == ERR_FORMAT,
		"not with an empty passphrase");
	tap_ok(key_open(directory, "safe", NULL, &key) == ERR_CONSENT,
		"it asks for the passphrase: %s", err_message());
	tap_ok(key_open(directory, "safe", &wrong, &key) == ERR_SIGNATURE,
		"a wrong one does not do: %s", err_message());
	tap_ok(key_open(directory, "safe", &right, &key) == 0, "the right one does");
	key_free(&key);
}

static void
test_export(struct arena *arena, const char *directory)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct strbuf public AUTO(strbuf_free) = { 0 };
	struct key_info before = { 0 };
	struct key_info after = { 0 };
	struct key_info *infos = NULL;
	struct key *key = NULL;
	char *damaged;
	char *digit;
	size_t count = 0;
	int dir AUTO(file_close) = -1;

	tap_ok(key_export_secret(directory, "trial", &text) == 0, "a key is exported");
	tap_ok(key_import(arena, directory, "copy", strbuf_str(&text), &after) == 0,
		"and imported under another name");
	if (key_find(arena, directory, "trial", &before) < 0)
		tap_bail("%s", err_message());
	tap_ok(digest_equal(&before.id, &after.id), "with the same id");
	if (file_open_dir(AT_FDCWD, directory, &dir) < 0 ||
		file_create(dir, "Old copy.key", "", 0, 0600) < 0)
		tap_bail("%s", err_message());
	tap_ok(key_list(arena, directory, &infos, &count) == 0 && count == 3 &&
			strcmp(infos[0].name, "copy") == 0,
		"all are listed, sorted, and what is none is left out");
	key_export_public(&before, &public);
	tap_ok(strstr(strbuf_string(&public), "secret") == NULL &&
			strstr(strbuf_string(&public), "ed25519") != NULL,
		"the public part has no secret");
	damaged = arena_copy(arena, text.at, text.len);
	digit = strstr(damaged, "\"secret\": \"") + 12;
	*digit = *digit == '0' ? '1' : '0';
	if (key_import(arena, directory, "damaged", str_from(damaged), &after) < 0)
		tap_bail("%s", err_message());
	tap_ok(key_open(directory, "damaged", NULL, &key) == ERR_FORMAT && key == NULL,
		"a damaged key is not opened: %s", err_message());
	tap_ok(key_import(arena, directory, "none", str_from("{}"), &after) == ERR_FORMAT,
		"anything else is not imported");
	tap_ok(key_list(arena, "/nonexistent/keys", &infos, &count) == 0 && count == 0,
		"a missing directory has no keys");
}

static void
test_passphrase(void)
{
	struct strbuf text AUTO(key_forget_passphrase) = { 0 };
	int ends[2];

	if (pipe(ends) < 0 || write(ends[1], "secret\nrest", 11) != 11)
		tap_bail("pipe");
	close(ends[1]);
	tap_ok(key_read_passphrase(ends[0], &text) == 0, "a passphrase is read");
	tap_is_string(strbuf_string(&text), "secret", "up to the line's end");
	close(ends[0]);
	if (pipe(ends) < 0)
		tap_bail("pipe");
	close(ends[1]);
	tap_ok(key_read_passphrase(ends[0], &text) == ERR_FORMAT, "an empty one is refused");
	close(ends[0]);
}

static void
test_id(void)
{
	/* The digest of {"keytype":"ed25519","keyval":{"public":"00..."},"scheme":"ed25519"}. */
	static const uint8_t zeros[KEY_PUBLIC_SIZE];
	char text[256];
	struct digest expected;
	struct digest id = tuf_key_id(zeros);
	int length = snprintf(text, sizeof text,
		"{\"keytype\":\"ed25519\",\"keyval\":{\"public\":\"%064d\"},\"scheme\":"
		"\"ed25519\"}",
		0);

	expected = hash_bytes(text, (size_t)length);
	tap_ok(digest_equal(&id, &expected), "a key's id is that of TUF");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *parent = sample_directory(arena);
	char *directory = arena_printf(arena, "%s/new/keys", parent);

	test_plain(arena, directory);
	test_encrypted(arena, directory);
	test_export(arena, directory);
	test_passphrase();
	test_id();
	sample_remove(parent);
	return tap_done();
}
