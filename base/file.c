/* SPDX-License-Identifier: MIT */
/*
 * Durable files. New contents are written under a temporary name, synced and
 * renamed; then the directory is synced. So after a crash a name has its old
 * contents or its new, never a part.
 *
 * Every call that can lose data passes fault_here(), where tests make the n-th
 * of them fail (also through WELD_FAULT=N:ERRNO or N:kill, read once).
 */
#include "base/file.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Atomic: files are written by several threads; without a fault their order does not matter. */
static _Atomic(unsigned long) fault_countdown; /* 0: off */
static _Atomic(unsigned long) fault_count; /* places passed */
static _Atomic(int) fault_number; /* errno to give, or FILE_FAULT_KILL */
static pthread_once_t fault_is_read = PTHREAD_ONCE_INIT;

void
file_inject_fault(unsigned long nth, int number)
{
	fault_countdown = nth;
	fault_number = number;
}

unsigned long
file_fault_count(void)
{
	return fault_count;
}

static void
read_fault_from_environment(void)
{
	const char *text = getenv("WELD_FAULT");
	unsigned long countdown = 0;
	int number = FILE_FAULT_KILL;

	if (text == NULL)
		return;
	if (sscanf(text, "%lu:%d", &countdown, &number) == 2 || str_has_suffix(text, ":kill"))
		file_inject_fault(countdown, number);
}

static bool
fault_here(void)
{
	pthread_once(&fault_is_read, read_fault_from_environment);
	fault_count++;
	if (fault_countdown == 0 || --fault_countdown > 0)
		return false;
	if (fault_number == FILE_FAULT_KILL)
		raise(SIGKILL);
	errno = fault_number;
	return true;
}

void
file_close(int *fd)
{
	int number = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = number;
}

int
file_open_dir(int dir, const char *path, int *ret_fd)
{
	int fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_errno("%s: open directory", path);
	*ret_fd = fd;
	return 0;
}

int
file_open(int dir, const char *path, int *ret_fd)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return err_errno("%s: open", path);
	*ret_fd = fd;
	return 0;
}

/* The same one part after the other, where openat2(2) is not known: some containers, and valgrind. */
static int
open_by_parts(int dir, const char *path, int flags, mode_t mode)
{
	char name[NAME_MAX + 1];
	struct str rest = str_from(path);
	struct str part;
	int at AUTO(file_close) = -1;

	errno = path[0] == '/' ? EXDEV : ENOENT;
	while (path[0] != '/' && str_cut(&rest, '/', &part)) {
		bool is_last = rest.len == 0;
		int next;

		if (part.len >= sizeof name || str_is(part, "..")) {
			errno = part.len >= sizeof name ? ENAMETOOLONG : EXDEV;
			return -1;
		}
		memcpy(name, part.at, part.len);
		name[part.len] = '\0';
		next = openat(at < 0 ? dir : at, part.len == 0 ? "." : name,
			O_CLOEXEC | O_NOFOLLOW | (is_last ? flags : O_PATH | O_DIRECTORY),
			mode);
		if (next < 0 || is_last)
			return next;
		file_close(&at);
		at = next;
	}
	return -1;
}

int
file_open_beneath(int dir, const char *path, int flags, mode_t mode, int *ret_fd)
{
	struct open_how how = {
		.flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
		.mode = (flags & O_CREAT) != 0 ? mode : 0,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	long fd = syscall(SYS_openat2, dir, path, &how, sizeof how);

	if (fd < 0 && errno == ENOSYS)
		fd = open_by_parts(dir, path, flags, mode);
	if (fd < 0)
		return err_errno("%s: open", path);
	*ret_fd = (int)fd;
	return 0;
}

int
file_read_fd(struct arena *arena, int fd, size_t limit, struct str *ret_contents)
{
	struct stat info;
	char *bytes;
	size_t length = 0;
	size_t room;

	if (fstat(fd, &info) < 0)
		return err_errno("stat");
	room = S_ISREG(info.st_mode) ? (size_t)info.st_size : 4096;
	if (room > limit)
		return err_set(ERR_LIMIT, "longer than %zu bytes", limit);
	bytes = arena_alloc(arena, room + 1);
	for (;;) {
		ssize_t got;

		if (length == room) {
			char *more;

			if (room > limit)
				return err_set(ERR_LIMIT, "longer than %zu bytes", limit);
			more = arena_alloc(arena, room * 2 + 4096 + 1);
			memcpy(more, bytes, length);
			bytes = more;
			room = room * 2 + 4096;
		}
		got = S_ISREG(info.st_mode)
			      ? pread(fd, bytes + length, room - length, (off_t)length)
			      : read(fd, bytes + length, room - length);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno("read");
		if (got == 0)
			break;
		length += (size_t)got;
		if (S_ISREG(info.st_mode) && (off_t)length == info.st_size)
			break;
	}
	if (length > limit)
		return err_set(ERR_LIMIT, "longer than %zu bytes", limit);
	bytes[length] = '\0';
	*ret_contents = (struct str){ .at = bytes, .len = length };
	return 0;
}

int
file_read_at(int fd, uint64_t offset, void *bytes, size_t size, size_t *ret_length)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got =
			pread(fd, (char *)bytes + done, size - done, (off_t)(offset + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno("read");
		if (got == 0)
			break;
		done += (size_t)got;
	}
	*ret_length = done;
	return 0;
}

int
file_read(
	struct arena *arena, int dir, const char *path, size_t limit, struct str *ret_contents)
{
	int fd AUTO(file_close) = -1;

	TRY(file_open(dir, path, &fd));
	return err_context(file_read_fd(arena, fd, limit, ret_contents), "%s", path);
}

int
file_write_fd(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t put;

		if (fault_here())
			return err_errno("write");
		put = write(fd, at, length);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno("write");
		at += put;
		length -= (size_t)put;
	}
	return 0;
}

static int
write_new(int dir, const char *name, const void *bytes, size_t length, mode_t mode,
	bool is_durable)
{
	int fd AUTO(file_close) =
		openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

	if (fd < 0)
		return err_errno("%s: create", name);
	if (fchmod(fd, mode) < 0)
		return err_errno("%s: set mode", name);
	TRY(err_context(file_write_fd(fd, bytes, length), "%s", name));
	return is_durable ? err_context(file_sync(fd), "%s", name) : 0;
}

int
file_create(int dir, const char *name, const void *bytes, size_t length, mode_t mode)
{
	int ret = write_new(dir, name, bytes, length, mode, true);

	if (ret < 0 && ret != ERR_EXISTS)
		unlinkat(dir, name, 0);
	return ret;
}

int
file_write(int dir, const char *name, const void *bytes, size_t length, mode_t mode)
{
	int ret = write_new(dir, name, bytes, length, mode, false);

	if (ret < 0 && ret != ERR_EXISTS)
		unlinkat(dir, name, 0);
	return ret;
}

/* A name beside `name` that nobody uses. */
static void
temporary_name(const char *name, char *ret_name, size_t size)
{
	unsigned char random[8] = { 0 };
	const char *slash = strrchr(name, '/');
	int dir_length = slash == NULL ? 0 : (int)(slash - name + 1);

	if (getentropy(random, sizeof random) < 0)
		abort();
	snprintf(ret_name, size, "%.*s.new-%02x%02x%02x%02x%02x%02x%02x%02x", dir_length, name,
		random[0], random[1], random[2], random[3], random[4], random[5], random[6],
		random[7]);
}

/* Sync the directory that a name relative to dir stands in. */
static int
sync_parent(int dir, const char *name)
{
	const char *slash = strrchr(name, '/');
	char path[4096];
	int parent AUTO(file_close) = -1;

	if (slash == NULL && dir >= 0)
		return file_sync_dir(dir);
	snprintf(path, sizeof path, "%.*s", slash == NULL ? 1 : (int)(slash - name + 1),
		slash == NULL ? "." : name);
	TRY(file_open_dir(dir, path, &parent));
	return file_sync_dir(parent);
}

int
file_replace(int dir, const char *name, const void *bytes, size_t length, mode_t mode)
{
	char temporary[4096];
	int ret;

	temporary_name(name, temporary, sizeof temporary);
	ret = file_create(dir, temporary, bytes, length, mode);
	if (ret >= 0) {
		ret = file_rename(dir, temporary, dir, name);
		if (ret < 0)
			unlinkat(dir, temporary, 0);
	}
	TRY(ret);
	return sync_parent(dir, name);
}

int
file_replace_link(int dir, const char *name, const char *target)
{
	char temporary[4096];
	int ret;

	temporary_name(name, temporary, sizeof temporary);
	TRY(err_context(file_make_link(dir, temporary, target), "%s", name));
	ret = file_rename(dir, temporary, dir, name);
	if (ret < 0) {
		unlinkat(dir, temporary, 0);
		return ret;
	}
	return sync_parent(dir, name);
}

int
file_make_link(int dir, const char *name, const char *target)
{
	if (fault_here() || symlinkat(target, dir, name) < 0)
		return err_errno("%s: create link", name);
	return 0;
}

int
file_make_name(int from_dir, const char *from, int to_dir, const char *to)
{
	if (fault_here() || linkat(from_dir, from, to_dir, to, 0) < 0)
		return err_errno("%s: name it %s", from, to);
	return 0;
}

int
file_sync(int fd)
{
	if (fault_here() || fdatasync(fd) < 0)
		return err_errno("sync");
	return 0;
}

void
file_begin_sync(int fd)
{
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int
file_sync_dir(int dir)
{
	if (fault_here() || fsync(dir) < 0)
		return err_errno("sync directory");
	return 0;
}

int
file_sync_all(int fd)
{
	if (fault_here() || syncfs(fd) < 0)
		return err_errno("sync file system");
	return 0;
}

int
file_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	if (fault_here() || renameat(from_dir, from, to_dir, to) < 0)
		return err_errno("%s: rename to %s", from, to);
	return 0;
}

int
file_exchange(int dir, const char *a, const char *b)
{
	if (fault_here() || renameat2(dir, a, dir, b, RENAME_EXCHANGE) < 0)
		return err_errno("%s: change places with %s", a, b);
	return 0;
}

static int
copy_by_reading(int from_fd, int to_fd)
{
	char block[65536];

	for (;;) {
		ssize_t got = read(from_fd, block, sizeof block);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno("read");
		if (got == 0)
			return 0;
		TRY(file_write_fd(to_fd, block, (size_t)got));
	}
}

int
file_copy(int from_fd, int to_fd)
{
	for (;;) {
		ssize_t done;

		if (fault_here())
			return err_errno("copy");
		done = copy_file_range(from_fd, NULL, to_fd, NULL, (size_t)1 << 30, 0);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && (errno == EXDEV || errno == EINVAL || errno == ENOSYS ||
					errno == EOPNOTSUPP))
			return copy_by_reading(from_fd, to_fd);
		if (done < 0)
			return err_errno("copy");
		if (done == 0)
			return 0;
	}
}

int
file_make_dirs(int dir, const char *path, mode_t mode)
{
	char part[4096];
	size_t length = strlen(path);

	if (length >= sizeof part)
		return err_set(ERR_RANGE, "%.60s...: path too long", path);
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdirat(dir, part, mode) < 0 && errno != EEXIST)
			return err_errno("%s: create directory", part);
	}
	return 0;
}

/* Whether nobody but us, or root, can have put what stands in an open directory. */
static bool
is_ours_alone(int dir)
{
	struct stat info;

	return fstat(dir, &info) == 0 && (info.st_uid == geteuid() || info.st_uid == 0) &&
	       (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Make one directory, unless it is there, and open it; `path` is what messages call it. */
static int
enter_dir(int dir, const char *name, const char *path, mode_t mode, int *ret_fd)
{
	int links = is_ours_alone(dir) ? 0 : O_NOFOLLOW;
	int fd;

	if (mkdirat(dir, name, mode) < 0 && errno != EEXIST)
		return err_errno("%s: create directory", path);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | links);
	if (fd < 0 && links != 0 && (errno == ELOOP || errno == ENOTDIR))
		return err_set(ERR_IO,
			"%s: a link where others can write is not followed (put a directory in "
			"its place)",
			path);
	if (fd < 0)
		return err_errno("%s: open directory", path);
	*ret_fd = fd;
	return 0;
}

int
file_make_dirs_beneath(int dir, const char *path, mode_t mode, int *ret_fd)
{
	char part[4096];
	struct str rest = str_from(path);
	struct str name;
	int at AUTO(file_close) = -1;

	if (rest.len >= sizeof part)
		return err_set(ERR_RANGE, "%.60s...: path too long", path);
	while (str_cut(&rest, '/', &name)) {
		size_t length = (size_t)(name.at + name.len - path);
		int next = -1;

		memcpy(part, path, length);
		part[length] = '\0';
		TRY(enter_dir(at < 0 ? dir : at, part + (name.at - path), part, mode, &next));
		file_close(&at);
		at = next;
	}
	*ret_fd = at;
	at = -1;
	return 0;
}

static int
remove_entries(int dir)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char **names;
	size_t count;

	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++)
		TRY(file_remove_tree(dir, names[i]));
	return 0;
}

int
file_remove_tree(int dir, const char *path)
{
	int fd AUTO(file_close) = -1;

	if (unlinkat(dir, path, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return err_errno("%s: remove", path);
	fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == EACCES && fchmodat(dir, path, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno("%s: open directory", path);
	if (faccessat(dir, path, W_OK, 0) < 0 && fchmod(fd, 0700) < 0)
		return err_errno("%s: set mode", path);
	TRY(err_context(remove_entries(fd), "%s", path));
	if (unlinkat(dir, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_errno("%s: remove directory", path);
	return 0;
}

int
file_list(struct arena *arena, int dir, char ***ret_names, size_t *ret_count)
{
	VEC(char *) names = { 0 };
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (stream == NULL) {
		int ret = err_errno("list directory");

		file_close(&fd);
		return ret;
	}
	while ((entry = readdir(stream)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			vec_push(arena, &names, arena_string(arena, entry->d_name));
	closedir(stream);
	if (names.len > 0)
		qsort(names.at, names.len, sizeof *names.at, str_compare);
	*ret_names = names.at;
	*ret_count = names.len;
	return 0;
}

bool
file_exists(int dir, const char *path)
{
	struct stat info;

	return fstatat(dir, path, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

int
file_is_there(int dir, const char *path, bool *ret_is_there)
{
	struct stat info;
	bool is_there = fstatat(dir, path, &info, AT_SYMLINK_NOFOLLOW) == 0;

	if (!is_there && errno != ENOENT && errno != ENOTDIR)
		return err_errno("%s", path);
	*ret_is_there = is_there;
	return 0;
}

bool
file_is_in_use(int fd)
{
	/* Who opens it just now waits until we let go, and we are told: by a signal that means nothing. */
	if (fcntl(fd, F_SETSIG, SIGURG) < 0)
		return false;
	if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0)
		return errno == EAGAIN;
	(void)fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

int
file_read_link(struct arena *arena, int dir, const char *path, char **ret_target)
{
	char target[4096];
	ssize_t length = readlinkat(dir, path, target, sizeof target);

	if (length < 0)
		return err_errno("%s: read link", path);
	if ((size_t)length == sizeof target)
		return err_set(ERR_LIMIT, "%s: link target too long", path);
	*ret_target = arena_copy(arena, target, (size_t)length);
	return 0;
}

int
file_size(int fd, uint64_t *ret_size)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return err_errno("stat");
	*ret_size = (uint64_t)info.st_size;
	return 0;
}

int
file_memory(const char *name, int *ret_fd)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_errno("%s: create memory file", name);
	*ret_fd = fd;
	return 0;
}

int
file_unnamed(int dir, int *ret_fd)
{
	char name[4096];
	int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	/* Some file systems do not have it: there the name goes at once. */
	if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		temporary_name("", name, sizeof name);
		fd = openat(
			dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd >= 0 && unlinkat(dir, name, 0) < 0)
			file_close(&fd);
	}
	if (fd < 0)
		return err_errno("create temporary file");
	*ret_fd = fd;
	return 0;
}

/* Some file systems cannot name what had no name: there the file is copied. */
static int
name_unnamed(int fd, int dir, const char *name)
{
	char path[64];
	int copy AUTO(file_close) = -1;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (fault_here())
		return err_errno("%s: name it", name);
	if (linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	copy = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (copy < 0)
		return err_errno("%s: create", name);
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_errno("%s: copy", name);
	TRY(file_copy(fd, copy));
	return file_sync(copy);
}

int
file_publish(int fd, int dir, const char *name, mode_t mode)
{
	char temporary[4096];
	int ret;

	temporary_name(name, temporary, sizeof temporary);
	TRY(file_sync(fd));
	ret = name_unnamed(fd, dir, temporary);
	if (ret >= 0 && fchmodat(dir, temporary, mode, 0) < 0)
		ret = err_errno("%s: mode", name);
	if (ret >= 0)
		ret = file_rename(dir, temporary, dir, name);
	if (ret < 0) {
		unlinkat(dir, temporary, 0);
		return ret;
	}
	return sync_parent(dir, name);
}

int
file_temp_dir(struct arena *arena, const char *parent, char **ret_path)
{
	char *path = arena_printf(arena, "%s/weld.XXXXXX", parent);

	if (mkdtemp(path) == NULL)
		return err_errno("%s: create temporary directory", parent);
	*ret_path = path;
	return 0;
}
