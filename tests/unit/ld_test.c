/* SPDX-License-Identifier: MIT */
/* The static linker writes into the scratch directory, and nowhere else. */
#include "linker/image/ld.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <linux/landlock.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct place {
	struct arena *arena;
	char *directory;
	char *scratch; /* below it */
};

static int
link_to(const struct place *place, const char *input, const char *output)
{
	const char *const arguments[] = { "--format=binary", "-r", "-m", "elf_x86_64", input,
		"-o", output, NULL };
	const struct ld_job job = { "job", place->scratch, arguments };

	return ld_run(place->arena, &job);
}

static void
test_places(const struct place *place)
{
	char *inside = arena_printf(place->arena, "%s/input", place->scratch);
	char *outside = arena_printf(place->arena, "%s/input", place->directory);
	char *result = arena_printf(place->arena, "%s/result", place->scratch);
	char *elsewhere = arena_printf(place->arena, "%s/result", place->directory);

	if (file_create(AT_FDCWD, inside, "text", 4, 0600) < 0 ||
		file_create(AT_FDCWD, outside, "text", 4, 0600) < 0)
		tap_bail("%s", err_message());
	tap_ok(link_to(place, inside, result) == 0 && file_exists(AT_FDCWD, result),
		"it links what is in the scratch directory: %s", err_message());
	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) <=
		0) {
		tap_skip("the kernel has no Landlock");
		return;
	}
	tap_ok(link_to(place, inside, elsewhere) == ERR_FAILED &&
			!file_exists(AT_FDCWD, elsewhere),
		"it cannot write elsewhere: %s", err_message());
	tap_ok(link_to(place, outside, result) == ERR_FAILED, "it cannot read elsewhere: %s",
		err_message());
}

static void
test_messages(const struct place *place)
{
	tap_ok(link_to(place, "/nonexistent", "/nonexistent") == ERR_FAILED &&
			str_has_prefix(err_message(), "job: static linker: "),
		"an error has its first line: %s", err_message());
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct place place = { .arena = arena };

	if (file_temp_dir(arena, "/tmp", &place.directory) < 0)
		tap_bail("%s", err_message());
	place.scratch = arena_printf(arena, "%s/scratch", place.directory);
	if (mkdir(place.scratch, 0700) < 0)
		tap_bail("mkdir");
	test_places(&place);
	test_messages(&place);
	tap_ok(file_remove_tree(AT_FDCWD, place.directory) == 0, "%s", place.directory);
	return tap_done();
}
