/* SPDX-License-Identifier: MIT */
/* scratch: gone when freed, gone when its maker is killed. */
#include "base/scratch.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE 400 /* times 25 ms */

/* Fill a scratch directory as an image build does: also with directories that nobody may write. */
static void
fill(const struct scratch *scratch)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *locked = arena_printf(arena, "%s/a/locked", scratch_path(scratch));

	if (file_make_dirs(AT_FDCWD, locked, 0755) < 0 ||
		file_replace(AT_FDCWD, arena_printf(arena, "%s/file", locked), "x", 1, 0444) <
			0)
		tap_bail("%s", err_message());
	chmod(locked, 0555);
}

static bool
goes_away(const char *path)
{
	for (int i = 0; i < PATIENCE; i++) {
		if (!file_exists(AT_FDCWD, path))
			return true;
		usleep(25000);
	}
	return false;
}

static void
test_killed(const char *parent, int number, const char *name)
{
	char path[4096] = { 0 };
	int ends[2];
	pid_t pid;

	if (pipe(ends) < 0)
		tap_bail("pipe");
	pid = fork();
	if (pid == 0) {
		struct scratch *scratch = NULL;

		if (scratch_new(parent, &scratch) < 0)
			_exit(1);
		fill(scratch);
		(void)!write(ends[1], scratch_path(scratch), strlen(scratch_path(scratch)));
		pause();
	}
	if (read(ends[0], path, sizeof path - 1) <= 0)
		tap_bail("no path");
	tap_ok(file_exists(AT_FDCWD, path), "%s: it is there", name);
	kill(pid, number);
	waitpid(pid, NULL, 0);
	tap_ok(goes_away(path), "%s: it is gone", name);
	close(ends[0]);
	close(ends[1]);
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct scratch *scratch = NULL;
	char *parent;
	char *path;

	if (file_temp_dir(arena, "/tmp", &parent) < 0)
		tap_bail("%s", err_message());
	tap_is_number(scratch_new(arena_printf(arena, "%s/none", parent), &scratch),
		ERR_NOT_FOUND, "below nothing");
	tap_is_number(scratch_new(parent, &scratch), 0, "made");
	fill(scratch);
	path = arena_string(arena, scratch_path(scratch));
	scratch_free(&scratch);
	tap_ok(scratch == NULL && !file_exists(AT_FDCWD, path), "gone when it is freed");
	test_killed(parent, SIGTERM, "ended");
	test_killed(parent, SIGKILL, "killed");
	file_remove_tree(AT_FDCWD, parent);
	return tap_done();
}
