/* SPDX-License-Identifier: MIT */
/* What arrives is exactly the file, or an error in bounded time and space. */
#include "repo/fetch.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/liar.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
test_file(struct arena *arena, const char *directory)
{
	char *path = arena_printf(arena, "%s/file", directory);
	char *url = arena_printf(arena, "file://%s", path);
	struct strbuf bytes AUTO(strbuf_free) = { 0 };

	if (file_create(AT_FDCWD, path, "0123456789", 10, 0644) < 0)
		tap_bail("%s", err_message());
	tap_ok(fetch_bytes(NULL, url, 10, &bytes) == 0, "a file is fetched");
	tap_is_string(strbuf_string(&bytes), "0123456789", "as it is");
	strbuf_free(&bytes);
	tap_ok(fetch_bytes(NULL, url, 9, &bytes) == ERR_LIMIT, "not beyond its limit: %s",
		err_message());
	tap_ok(fetch_bytes(NULL, "file:///dev/zero", 100000, &bytes) == ERR_LIMIT,
		"an endless file ends at the limit");
	tap_ok(fetch_bytes(NULL, arena_printf(arena, "%s.not", url), 10, &bytes) ==
			ERR_NOT_FOUND,
		"a missing file: %s", err_message());
}

static void
test_schemes(void)
{
	static const char *const urls[] = { "ftp://127.0.0.1/x", "gopher://127.0.0.1/x",
		"smb://127.0.0.1/x", "http://user:word@127.0.0.1:1/x", "/etc/passwd", "" };
	struct strbuf bytes AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		tap_ok(fetch_bytes(NULL, urls[i], 100000, &bytes) == ERR_FETCH,
			"\"%s\" is refused: %s", urls[i], err_message());
}

static void
test_many(struct arena *arena, const char *directory)
{
	enum { COUNT = 20 };
	struct fetch_item items[COUNT] = { 0 };
	struct fetch_options options = { .connections = 3 };
	size_t wrong = 0;

	for (int i = 0; i < COUNT; i++) {
		char *path = arena_printf(arena, "%s/many-%d", directory, i);
		char *text = arena_printf(arena, "file %d", i);

		if (i != 7 && file_create(AT_FDCWD, path, text, strlen(text), 0644) < 0)
			tap_bail("%s", err_message());
		items[i].url = arena_printf(arena, "file://%s", path);
		items[i].limit = 100;
		items[i].may_be_missing = true;
		if (file_memory("many", &items[i].fd) < 0)
			tap_bail("%s", err_message());
	}
	tap_ok(fetch_files(&options, items, COUNT) == 0, "many files, three at once");
	for (int i = 0; i < COUNT; i++) {
		struct str text = { 0 };

		if (file_read_fd(arena, items[i].fd, 100, &text) < 0)
			tap_bail("%s", err_message());
		wrong += i == 7 ? !items[i].ret_missing
				: !str_is(text, arena_printf(arena, "file %d", i));
		close(items[i].fd);
	}
	tap_is_number((long long)wrong, 0, "each in its place, the missing one told");
}

static void
test_liar(enum liar_manner manner, const char *target, int expected, const char *what)
{
	struct liar *liar = liar_start(manner, target);
	struct fetch_options options = { .low_speed_bytes = 100, .low_speed_seconds = 1 };
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	char url[64];
	int ret;

	snprintf(url, sizeof url, "http://127.0.0.1:%u/x", liar_port(liar));
	ret = fetch_bytes(&options, url, 100000, &bytes);
	tap_ok(ret == expected && strstr(err_message(), url) != NULL, "%s: %s", what,
		ret < 0 ? err_message() : "no error");
	liar_stop(liar);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *directory = sample_directory(arena);
	char *url = arena_printf(arena, "file://%s/file", directory);

	test_file(arena, directory);
	test_schemes();
	test_many(arena, directory);
	test_liar(LIAR_ENDLESS_BODY, NULL, ERR_LIMIT, "TUF attack: endless data");
	test_liar(LIAR_ENDLESS_HEADERS, NULL, ERR_LIMIT, "bug class 6: endless header lines");
	test_liar(LIAR_SHORT, NULL, ERR_FETCH, "less than promised");
	test_liar(LIAR_SILENT, NULL, ERR_FETCH, "TUF attack: slow retrieval: nothing at all");
	test_liar(LIAR_SLOW, NULL, ERR_FETCH, "TUF attack: slow retrieval: ten bytes a second");
	test_liar(LIAR_REDIRECT, NULL, ERR_FETCH, "bug class 6: a redirection to itself");
	test_liar(LIAR_REDIRECT, url, ERR_FETCH, "bug class 6: a redirection to a local file");
	test_liar(LIAR_GARBAGE, NULL, ERR_FETCH, "no HTTP");
	sample_remove(directory);
	return tap_done();
}
