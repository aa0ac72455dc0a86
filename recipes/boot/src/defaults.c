/* SPDX-License-Identifier: MIT */
/*
 * Everything is made as NEW in its directory, finished, and then renamed. A NEW
 * that is found was left by a run that was cut short, and goes.
 */
#include "defaults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW ".weld-boot.new"

static int copy_directory(int from, int to, char *ret_path, size_t size);

static void
close_quietly(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
}

static int
copy_contents(int from, int to)
{
	ssize_t count;

	do
		count = sendfile(to, from, NULL, (size_t)1 << 20);
	while (count > 0);
	return count < 0 ? -1 : 0;
}

static int
make_file(int from_dir, int to_dir, const char *name, const struct stat *info)
{
	int from = openat(from_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int to = -1;
	int ret = -1;

	if (from >= 0)
		to = openat(to_dir, NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (to >= 0 && copy_contents(from, to) == 0 &&
		fchown(to, info->st_uid, info->st_gid) == 0 &&
		fchmod(to, info->st_mode & 07777) == 0)
		ret = fsync(to);
	close_quietly(from);
	close_quietly(to);
	return ret;
}

static int
make_link(int from_dir, int to_dir, const char *name, const struct stat *info)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(from_dir, name, target, sizeof target - 1);

	if (len < 0)
		return -1;
	target[len] = '\0';
	if (symlinkat(target, to_dir, NEW) < 0)
		return -1;
	return fchownat(to_dir, NEW, info->st_uid, info->st_gid, AT_SYMLINK_NOFOLLOW);
}

static int
make_directory(int to_dir, const struct stat *info)
{
	if (mkdirat(to_dir, NEW, 0700) < 0 ||
		fchownat(to_dir, NEW, info->st_uid, info->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	return fchmodat(to_dir, NEW, info->st_mode & 07777, 0);
}

/* Make one thing that is missing; a directory comes empty. */
static int
make(int from_dir, int to_dir, const char *name, const struct stat *info)
{
	int ret;

	if (unlinkat(to_dir, NEW, 0) < 0 && errno != ENOENT &&
		unlinkat(to_dir, NEW, AT_REMOVEDIR) < 0)
		return -1;
	if (S_ISDIR(info->st_mode))
		ret = make_directory(to_dir, info);
	else if (S_ISLNK(info->st_mode))
		ret = make_link(from_dir, to_dir, name, info);
	else if (S_ISREG(info->st_mode))
		ret = make_file(from_dir, to_dir, name, info);
	else
		ret = (errno = EINVAL, -1);
	return ret < 0 ? -1 : renameat(to_dir, NEW, to_dir, name);
}

static bool
is_directory(int dir, const char *name)
{
	struct stat info;

	return fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

/* Copy one entry if it is missing, and go into a directory in any case. */
static int
copy_entry(int from_dir, int to_dir, const char *name, char *ret_path, size_t size)
{
	struct stat info;
	struct stat there;
	int count = 0;
	int below;

	snprintf(ret_path, size, "%s", name);
	if (fstatat(from_dir, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (fstatat(to_dir, name, &there, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT || make(from_dir, to_dir, name, &info) < 0)
			return -1;
		count++;
	}
	/* Where the person has put something else in a directory's place it stays. */
	if (!S_ISDIR(info.st_mode) || !is_directory(to_dir, name))
		return count;
	below = copy_directory(openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret_path, size);
	return below < 0 ? -1 : count + below;
}

/* Closes both. */
static int
copy_directory(int from, int to, char *ret_path, size_t size)
{
	DIR *dir = from < 0 || to < 0 ? NULL : fdopendir(from);
	struct dirent *entry;
	int count = 0;
	int saved;

	if (dir == NULL) {
		close_quietly(from);
		close_quietly(to);
		return -1;
	}
	while (count >= 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		int one;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		one = copy_entry(from, to, entry->d_name, ret_path, size);
		count = one < 0 ? -1 : count + one;
	}
	if (entry == NULL && errno != 0)
		count = -1;
	if (count > 0 && fsync(to) < 0)
		count = -1;
	close_quietly(to);
	saved = errno;
	closedir(dir);
	errno = saved;
	return count;
}

int
defaults_copy(const char *from, const char *to, char *ret_path, size_t size)
{
	snprintf(ret_path, size, "%s", to);
	return copy_directory(open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC), ret_path, size);
}
