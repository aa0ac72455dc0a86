/* SPDX-License-Identifier: MIT */
/*
 * Give every file of the named directories to the target: as it is, cut at
 * many places, and with one byte changed at many places. A crash fails the test.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>

#define STEPS 200 /* places in one file */
#define INPUT_MAX ((size_t)1 << 20) /* bytes */

/* A copy of its own, so that a sanitizer sees what is read behind its end. */
static void
run(const char *bytes, size_t length)
{
	uint8_t *copy = malloc(length == 0 ? 1 : length);

	if (copy == NULL)
		tap_bail("no memory");
	if (length > 0)
		memcpy(copy, bytes, length);
	LLVMFuzzerTestOneInput(copy, length);
	free(copy);
}

static void
replay(int dir, const char *name)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str input = { 0 };
	char *bytes;
	size_t step;

	if (file_read(arena, dir, name, INPUT_MAX, &input) < 0)
		tap_bail("%s", err_message());
	run(input.at, input.len);
	bytes = arena_copy(arena, input.at, input.len);
	step = 1 + input.len / STEPS;
	for (size_t i = 0; i < input.len; i += step) {
		char byte = bytes[i];

		run(input.at, i);
		for (int change = 0; change < 3; change++) {
			bytes[i] = change == 0 ? (char)(byte ^ 1) : change == 1 ? '\0' : '"';
			run(bytes, input.len);
		}
		bytes[i] = byte;
	}
	tap_ok(true, "%s", name);
}

int
main(int argc, char **argv)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	for (int i = 1; i < argc; i++) {
		char **names = NULL;
		size_t count = 0;
		int dir AUTO(file_close) = -1;

		if (file_open_dir(AT_FDCWD, argv[i], &dir) < 0 ||
			file_list(arena, dir, &names, &count) < 0)
			tap_bail("%s", err_message());
		for (size_t j = 0; j < count; j++)
			replay(dir, names[j]);
	}
	return tap_done();
}
