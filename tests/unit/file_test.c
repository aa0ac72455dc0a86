/* SPDX-License-Identifier: MIT */
/*
 * file: reading, writing and removing; names that try to leave their directory;
 * and durability: with the n-th write, sync or rename failing, for every n, a
 * name has its old contents or its new, and no temporary file stays.
 */
#include "base/file.h"

#include "base/arena.h"
#include "base/err.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool
has_contents(int dir, const char *name, const char *expected)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str got;

	return file_read(arena, dir, name, 1 << 20, &got) == 0 && str_is(got, expected);
}

static size_t
count_entries(int dir)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char **names;
	size_t count;

	if (file_list(arena, dir, &names, &count) < 0)
		tap_bail("%s", err_message());
	return count;
}

static int
do_replace(int dir)
{
	return file_replace(dir, "name", "new", 3, 0644);
}

static int
do_create(int dir)
{
	return file_create(dir, "fresh", "new", 3, 0600);
}

static int
do_replace_link(int dir)
{
	return file_replace_link(dir, "link", "new");
}

static bool
is_old(int dir)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char *target;

	return has_contents(dir, "name", "old") && !file_exists(dir, "fresh") &&
	       file_read_link(arena, dir, "link", &target) == 0 && strcmp(target, "old") == 0;
}

static const struct {
	const char *name;
	int (*act)(int dir);
	unsigned long points; /* writes, syncs and renames in the act */
} fault_rows[] = {
	{ "replace", do_replace, 4 },
	{ "create", do_create, 2 },
	{ "replace link", do_replace_link, 3 },
};

static void
set_up_old(int dir)
{
	if (file_remove_tree(dir, "fresh") < 0 ||
		file_replace(dir, "name", "old", 3, 0644) < 0 ||
		file_replace_link(dir, "link", "old") < 0)
		tap_bail("%s", err_message());
}

/* Fail the n-th point for every n, until the act succeeds. */
static void
test_faults(int dir, size_t row, int number, int code)
{
	const char *name = fault_rows[row].name;
	unsigned long nth;
	size_t entries;

	for (nth = 1;; nth++) {
		int ret;

		set_up_old(dir);
		entries = count_entries(dir);
		file_inject_fault(nth, number);
		ret = fault_rows[row].act(dir);
		file_inject_fault(0, 0);
		if (ret == 0)
			break;
		tap_is_number(ret, code, "%s: fault %lu has its code", name, nth);
		/* The sync of the directory comes after the rename: then it is the new state. */
		tap_ok(is_old(dir) || nth == fault_rows[row].points, "%s: fault %lu: old state",
			name, nth);
		tap_is_number((long long)count_entries(dir), (long long)entries,
			"%s: fault %lu leaves nothing behind", name, nth);
	}
	tap_is_number(
		(long long)nth - 1, (long long)fault_rows[row].points, "%s: points", name);
	tap_ok(!is_old(dir), "%s: without a fault: new state", name);
}

static void
test_reading(int dir)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str got = { .at = "untouched", .len = 9 };
	int fd AUTO(file_close) = -1;
	char part[8];
	size_t length = 0;
	int pipe_fds[2];

	tap_is_number(file_create(dir, "ten", "0123456789", 10, 0640), 0, "create");
	tap_is_number(file_create(dir, "ten", "x", 1, 0640), ERR_EXISTS, "not over another");
	tap_ok(has_contents(dir, "ten", "0123456789"), "which stays");
	tap_is_number(
		file_read(arena, dir, "ten", 9, &got), ERR_LIMIT, "longer than the limit");
	tap_ok(str_is(got, "untouched"), "output untouched");
	tap_is_number(file_read(arena, dir, "ten", 10, &got), 0, "exactly the limit");
	tap_is_number(file_read(arena, dir, "none", 10, &got), ERR_NOT_FOUND, "missing file");
	tap_is_number(file_open(dir, "ten", &fd), 0, "open");
	tap_is_number(file_read_at(fd, 7, part, sizeof part, &length), 0, "read near the end");
	tap_ok(length == 3 && memcmp(part, "789", 3) == 0, "what there is");
	tap_is_number(file_read_at(-1, 0, part, 1, &length), ERR_IO, "no file");
	if (pipe(pipe_fds) < 0)
		tap_bail("pipe");
	tap_is_number(file_write_fd(pipe_fds[1], "0123456789", 10), 0, "write to a pipe");
	close(pipe_fds[1]);
	tap_is_number(file_read_fd(arena, pipe_fds[0], 9, &got), ERR_LIMIT, "a pipe too long");
	close(pipe_fds[0]);
}

static const struct {
	const char *path;
	int code;
} beneath_rows[] = {
	{ "inside/file", 0 },
	{ "../outside", ERR_IO },
	{ "inside/../../outside", ERR_IO },
	{ "/etc/passwd", ERR_IO },
	{ "link-to-file", ERR_IO },
	{ "link-to-dir/file", ERR_IO },
	{ "inside/none", ERR_NOT_FOUND },
};

static void
test_beneath(int dir)
{
	tap_is_number(file_make_dirs(dir, "jail/inside", 0755), 0, "make directories");
	file_create(dir, "outside", "secret", 6, 0644);
	file_create(dir, "jail/inside/file", "in", 2, 0644);
	file_replace_link(dir, "jail/link-to-file", "inside/file");
	file_replace_link(dir, "jail/link-to-dir", "inside");
	for (size_t i = 0; i < sizeof beneath_rows / sizeof beneath_rows[0]; i++) {
		int jail AUTO(file_close) = -1;
		int fd AUTO(file_close) = -1;

		if (file_open_dir(dir, "jail", &jail) < 0)
			tap_bail("%s", err_message());
		tap_is_number(file_open_beneath(jail, beneath_rows[i].path, O_RDONLY, 0, &fd),
			beneath_rows[i].code, "beneath: %s", beneath_rows[i].path);
	}
}

/* Where others can write, a link on the way is one that they may have put. */
static void
test_make_beneath(int dir)
{
	int fd AUTO(file_close) = -1;

	tap_ok(file_make_dirs_beneath(dir, "service/data", 0755, &fd) == 0 &&
			file_write(fd, "file", "x", 1, 0644) == 0 &&
			file_exists(dir, "service/data/file"),
		"directories are made and opened");
	file_close(&fd);
	file_replace_link(dir, "service/link", "../jail");
	tap_is_number(file_make_dirs_beneath(dir, "service/link/new", 0755, &fd), 0,
		"a link that only we can have put is followed");
	file_close(&fd);
	if (fchmodat(dir, "service", 0777, 0) < 0)
		tap_bail("chmod");
	tap_is_number(file_make_dirs_beneath(dir, "service/link/more", 0755, &fd), ERR_IO,
		"bug class 2: one that others can have put is not: %s", err_message());
	tap_ok(fd == -1 && !file_exists(dir, "jail/more"), "and nothing is made behind it");
	tap_is_number(file_make_dirs_beneath(dir, "service/data/file/x", 0755, &fd), ERR_IO,
		"a file is no directory: %s", err_message());
}

static void
test_trees(int dir)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int from AUTO(file_close) = -1;
	int to AUTO(file_close) = -1;
	bool is_there = true;

	tap_is_number(file_make_dirs(dir, "tree/a/b/c", 0755), 0, "make a tree");
	file_create(dir, "tree/a/file", "x", 1, 0400);
	file_replace_link(dir, "tree/a/up", "../../jail");
	chmod(arena_printf(arena, "/proc/self/fd/%d/tree/a/b", dir), 0500);
	tap_is_number(file_remove_tree(dir, "tree"), 0, "remove it, read-only parts too");
	tap_ok(!file_exists(dir, "tree"), "it is gone");
	tap_ok(file_exists(dir, "jail/inside/file"), "what its links point to is not");
	tap_is_number(file_remove_tree(dir, "tree"), 0, "removing nothing is fine");
	file_replace_link(dir, "loop", "loop");
	tap_is_number(file_is_there(dir, "tree", &is_there), 0, "what is gone is looked for");
	tap_ok(!is_there, "and is not there");
	tap_ok(file_is_there(dir, "ten/below", &is_there) == 0 && !is_there,
		"below a file nothing is");
	tap_ok(file_is_there(dir, "loop", &is_there) == 0 && is_there, "a link is there");
	tap_is_number(file_is_there(dir, "loop/below", &is_there), ERR_IO,
		"what cannot be known is not said");
	if (file_open(dir, "ten", &from) < 0 || file_memory("copy", &to) < 0)
		tap_bail("%s", err_message());
	tap_is_number(file_copy(from, to), 0, "copy to another file system");
	tap_ok(has_contents(
		       AT_FDCWD, arena_printf(arena, "/proc/self/fd/%d", to), "0123456789"),
		"the whole of it");
}

static void
test_unnamed(int dir)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct stat info = { 0 };
	char **before = NULL;
	char **after = NULL;
	size_t before_count = 0;
	size_t after_count = 0;
	int fd AUTO(file_close) = -1;

	if (file_list(arena, dir, &before, &before_count) < 0)
		tap_bail("%s", err_message());
	tap_is_number(file_unnamed(dir, &fd), 0, "make a file without a name");
	tap_ok(fstat(fd, &info) == 0 && info.st_nlink == 0, "it has none");
	tap_ok(file_list(arena, dir, &after, &after_count) == 0 && after_count == before_count,
		"nothing is left in the directory");
	tap_ok(file_write_fd(fd, "new", 3) >= 0 &&
			file_publish(fd, dir, "published", 0640) >= 0,
		"it can be given one");
	tap_ok(fstatat(dir, "published", &info, 0) == 0 && info.st_size == 3 &&
			(info.st_mode & 0777) == 0640,
		"with its contents and its mode");
}

int
main(void)
{
	struct arena *arena = arena_new();
	char *path = NULL;
	int dir = -1;

	umask(022);
	if (file_temp_dir(arena, ".", &path) < 0 || file_open_dir(AT_FDCWD, path, &dir) < 0)
		tap_bail("%s", err_message());
	test_reading(dir);
	test_beneath(dir);
	test_make_beneath(dir);
	test_trees(dir);
	test_unnamed(dir);
	for (size_t i = 0; i < sizeof fault_rows / sizeof fault_rows[0]; i++) {
		test_faults(dir, i, ENOSPC, ERR_NO_SPACE);
		test_faults(dir, i, EIO, ERR_IO);
	}
	file_close(&dir);
	tap_is_number(file_remove_tree(AT_FDCWD, path), 0, "clean up");
	arena_free(&arena);
	return tap_done();
}
