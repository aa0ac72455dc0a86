/* SPDX-License-Identifier: MIT */
/*
 * The watcher holds one end of a pipe whose other end only the maker has: it reads the end of the
 * file when the maker closes it or is gone. A program that the maker ran may still write for a
 * moment, so removal is tried again for a while.
 */
#include "base/scratch.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <errno.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ATTEMPTS 100
#define PAUSE_NS 50000000 /* ns between attempts */

struct scratch {
	struct arena *arena;
	char *path;
	int pipe; /* the maker's end */
	pid_t watcher;
};

static void
remove_stubbornly(const char *path)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	for (int i = 0; i < ATTEMPTS; i++) {
		if (file_remove_tree(AT_FDCWD, path) >= 0 && !file_exists(AT_FDCWD, path))
			return;
		nanosleep(&pause, NULL);
	}
}

/* In the watcher: what ends the maker must not end this one, and nobody's descriptors are held. */
static void
watch(const char *path, int pipe)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP };
	char byte;

	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
		signal(ignored[i], SIG_IGN);
	if (dup2(pipe, 0) < 0 || syscall(SYS_close_range, 1U, ~0U, 0) < 0)
		_exit(1);
	while (read(0, &byte, 1) < 0 && errno == EINTR)
		;
	remove_stubbornly(path);
	_exit(0);
}

static int
start_watcher(struct scratch *scratch)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_errno("%s: pipe", scratch->path);
	scratch->watcher = fork();
	if (scratch->watcher == 0) {
		close(ends[1]);
		watch(scratch->path, ends[0]);
	}
	close(ends[0]);
	scratch->pipe = ends[1];
	return scratch->watcher < 0 ? err_errno("%s: fork", scratch->path) : 0;
}

int
scratch_new(const char *parent, struct scratch **ret_scratch)
{
	struct arena *arena = arena_new();
	struct scratch *scratch = ARENA_NEW(arena, struct scratch);
	int ret;

	*scratch = (struct scratch){ .arena = arena, .pipe = -1, .watcher = -1 };
	ret = file_temp_dir(arena, parent, &scratch->path);
	if (ret >= 0) {
		ret = start_watcher(scratch);
		if (ret < 0)
			rmdir(scratch->path);
	}
	if (ret < 0) {
		file_close(&scratch->pipe);
		arena_free(&arena);
		return ret;
	}
	*ret_scratch = scratch;
	return 0;
}

const char *
scratch_path(const struct scratch *scratch)
{
	return scratch->path;
}

void
scratch_free(struct scratch **scratch)
{
	struct arena *arena;

	if (*scratch == NULL)
		return;
	arena = (*scratch)->arena;
	file_close(&(*scratch)->pipe);
	while (waitpid((*scratch)->watcher, NULL, 0) < 0 && errno == EINTR)
		;
	*scratch = NULL;
	arena_free(&arena);
}
