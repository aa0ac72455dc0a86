/* SPDX-License-Identifier: MIT */
/*
 * What becomes of weld when a package has taken over what decompresses it: nothing. The worker is the real
 * one, but for the code that reads (tests/hostile/archive.c).
 */
#include "repo/archiver.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/sandbox.h"
#include "repo/package.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
unpack(struct archiver *archiver, const char *contents)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct manifest *manifest = NULL;
	int fd AUTO(file_close) = -1;

	if (file_memory("package", &fd) < 0 ||
		file_write_fd(fd, contents, strlen(contents)) < 0)
		tap_bail("%s", err_message());
	return package_unpack(arena, archiver, fd, "frob-1.0-1", -1, &manifest);
}

static const char *const attempts[] = { "open", "create", "connect", "fork", "run", "signal",
	"trace", "memory", "change", "descriptors" };

static void
test_attempts(struct archiver *archiver)
{
	for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
		if (SANDBOX_SANITIZED && strcmp(attempts[i], "memory") == 0) {
			tap_skip("memory: the address sanitizer needs it");
			continue;
		}
		tap_ok(unpack(archiver, attempts[i]) == ERR_FORMAT &&
				strstr(err_message(), "frob-1.0-1: ") != NULL &&
				strstr(err_message(), ": held") != NULL,
			"%s: %s", attempts[i], err_message());
	}
}

static void
test_failures(struct archiver *archiver)
{
	if (SANDBOX_SANITIZED)
		tap_skip("one that dies: the address sanitizer has its own last words");
	else
		tap_ok(unpack(archiver, "die") == ERR_WORKER &&
				strstr(err_message(), "that reads it died") != NULL,
			"one that dies: %s", err_message());
	tap_ok(unpack(archiver, "hang") == ERR_WORKER &&
			strstr(err_message(),
				"frob-1.0-1: the worker that reads it gave nothing") != NULL,
		"one that hangs: %s", err_message());
	tap_ok(unpack(archiver, "endless") == ERR_FORMAT &&
			strstr(err_message(), "frob-1.0-1: ") != NULL,
		"one that gives garbage without end: %s", err_message());
	tap_ok(unpack(archiver, "open") == ERR_FORMAT, "the next package is read all the same");
	tap_ok(unpack(NULL, "open") == ERR_FORMAT, "or by one of its own");
}

/* Only what the contents of a package can cause is believed. */
static void
test_status(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *directory = sample_directory(arena);
	int dir AUTO(file_close) = -1;
	int null AUTO(file_close) = open("/dev/null", O_WRONLY | O_CLOEXEC);
	int ret;

	if (file_open_dir(AT_FDCWD, directory, &dir) < 0)
		tap_bail("%s", err_message());
	ret = package_write(sample_manifest(arena, dir, "frob", "1.0"), dir, null);
	sample_remove(directory);
	tap_ok(ret == ERR_WORKER, "a reason that it cannot have is not believed");
}

static void
test_missing(void)
{
	struct archiver *archiver = NULL;

	setenv("WELD_LIBEXEC", "/nonexistent", 1);
	tap_ok(archiver_start(0, &archiver) == ERR_WORKER && archiver == NULL,
		"without weld-archive: %s", err_message());
}

int
main(void)
{
	struct archiver *archiver AUTO(archiver_free) = NULL;

	setenv("WELD_LIBEXEC", HOSTILE, 1);
	if (archiver_start(500, &archiver) < 0)
		tap_bail("%s", err_message());
	test_attempts(archiver);
	test_failures(archiver);
	test_status();
	test_missing();
	return tap_done();
}
