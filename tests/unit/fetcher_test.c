/* SPDX-License-Identifier: MIT */
/*
 * What becomes of weld when a server has taken over what talks to it: an error that names the URL. The worker
 * is the real one, but for the code that transfers (tests/hostile/fetch.c). And file URLs need no worker.
 */
#include "repo/fetch.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/sandbox.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
fetch(struct arena *arena, const char *name)
{
	static const struct fetch_options options = {
		.connect_seconds = 1,
		.low_speed_seconds = 1,
	};
	struct strbuf bytes AUTO(strbuf_free) = { 0 };

	return fetch_bytes(
		&options, arena_printf(arena, "http://127.0.0.1:1/%s", name), 100000, &bytes);
}

static const struct {
	const char *name;
	int ret;
	const char *message; /* part of it */
} rows[] = {
	{ "read", ERR_FETCH, "/read: held" },
	{ "write", ERR_FETCH, "/write: held" },
	{ "fork", ERR_FETCH, "/fork: held" },
	{ "run", ERR_FETCH, "/run: held" },
	{ "signal", ERR_FETCH, "/signal: held" },
	{ "memory", ERR_FETCH, "/memory: held" },
	{ "disk", ERR_FETCH, "/disk: held" },
	{ "die", ERR_WORKER, "/die: the worker was ended by signal 11" },
	{ "lie", ERR_WORKER, "/lie: weld-fetch said what it cannot mean" },
	{ "talk", ERR_WORKER, "/talk: weld-fetch said what it cannot mean" },
	{ "more", ERR_WORKER, "/more: weld-fetch said what it cannot mean" },
	{ "receive", ERR_WORKER, "/receive: weld-fetch said what it cannot mean" },
	{ "go-on", ERR_FETCH, "/go-on: too slow: 10 bytes in " },
	{ "leave", ERR_WORKER, "/leave: weld-fetch ended too early" },
	{ "forge", ERR_WORKER, "http://127.0.0.1:1/forge: what no transfer" },
};

static void
test_rows(struct arena *arena)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (SANDBOX_SANITIZED && (strcmp(rows[i].name, "memory") == 0 ||
						 strcmp(rows[i].name, "die") == 0)) {
			tap_skip("%s: the address sanitizer has its own way", rows[i].name);
			continue;
		}
		tap_is_number(fetch(arena, rows[i].name), rows[i].ret, "%s", rows[i].name);
		tap_ok(strstr(err_message(), rows[i].message) != NULL, "%s: %s", rows[i].name,
			err_message());
	}
}

static const struct {
	const char *name;
	const char *prefix;
	const char *path; /* below the directory; NULL: nothing follows the prefix */
	int ret;
} locals[] = {
	{ "a path", "file://", "/plain", 0 },
	{ "this host", "file://localhost", "/plain", 0 },
	{ "without a host", "file:", "/plain", 0 },
	{ "bytes that a URL cannot have", "file://", "/with%20a%20space%2541", 0 },
	{ "another host", "file://example.org", "/plain", ERR_FETCH },
	{ "a relative path", "file:plain", NULL, ERR_FETCH },
	{ "half a byte", "file://", "/plain%4", ERR_FETCH },
	{ "a byte that ends the name", "file://", "/plain%00", ERR_FETCH },
	{ "a directory", "file://", "", ERR_FETCH },
	{ "nothing", "file://", "/missing", ERR_NOT_FOUND },
	{ "nothing below a file", "file://", "/plain/missing", ERR_NOT_FOUND },
	{ "a pipe that nobody writes to", "file://", "/pipe", 0 },
};

static void
test_locals(struct arena *arena)
{
	char *directory = sample_directory(arena);

	if (file_create(AT_FDCWD, arena_printf(arena, "%s/plain", directory), "x", 1, 0644) <
			0 ||
		file_create(AT_FDCWD, arena_printf(arena, "%s/with a space%%41", directory),
			"x", 1, 0644) < 0 ||
		mkfifo(arena_printf(arena, "%s/pipe", directory), 0600) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < sizeof locals / sizeof locals[0]; i++) {
		struct strbuf bytes AUTO(strbuf_free) = { 0 };
		const char *url = locals[i].path == NULL
					  ? locals[i].prefix
					  : arena_printf(arena, "%s%s%s", locals[i].prefix,
						    directory, locals[i].path);
		int ret = fetch_bytes(NULL, url, 100, &bytes);

		tap_is_number(ret, locals[i].ret, "%s: %s", locals[i].name,
			ret < 0 ? err_message() : "fetched");
		tap_ok(ret == 0 || strstr(err_message(), url) != NULL, "%s: names the URL",
			locals[i].name);
	}
	sample_remove(directory);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	setenv("WELD_LIBEXEC", HOSTILE, 1);
	test_rows(arena);
	setenv("WELD_LIBEXEC", "/nonexistent", 1);
	tap_ok(fetch(arena, "read") == ERR_WORKER && strstr(err_message(), "/read: ") != NULL,
		"without weld-fetch: %s", err_message());
	test_locals(arena);
	return tap_done();
}
