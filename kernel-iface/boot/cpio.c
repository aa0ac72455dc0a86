/* SPDX-License-Identifier: MIT */
/*
 * A member is a header of 13 numbers in eight hexadecimal digits each, its name, and its
 * contents; name and contents are filled up to multiples of four bytes. The last member is
 * called TRAILER!!!.
 *
 * Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst
 */
#include "kernel-iface/boot/cpio.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRAILER "TRAILER!!!"
#define CONSOLE_MAJOR 5u
#define CONSOLE_MINOR 1u

struct member {
	const char *path;
	mode_t mode; /* with the file's type */
	uint64_t size; /* bytes of contents */
	unsigned device_major;
	unsigned device_minor;
};

struct cpio
cpio_begin(int fd, int64_t time)
{
	return (struct cpio){ .fd = fd, .time = time, .next_inode = 1 };
}

static int
write_padding(struct cpio *cpio, uint64_t length)
{
	static const char zeros[4];

	return file_write_fd(cpio->fd, zeros, (4 - length % 4) % 4);
}

static int
write_header(struct cpio *cpio, const struct member *member)
{
	struct strbuf header AUTO(strbuf_free) = { 0 };
	uint64_t name_size = strlen(member->path) + 1;
	uint32_t time =
		cpio->time < 0 || cpio->time > INT64_C(0xffffffff) ? 0 : (uint32_t)cpio->time;

	if (member->size > UINT32_MAX)
		return err_set(ERR_LIMIT, "%s: too large for an initrd", member->path);
	strbuf_printf(&header,
		"070701%08" PRIX32 "%08X%08X%08X%08X%08" PRIX32 "%08" PRIX32
		"%08X%08X%08X%08X%08" PRIX32 "%08X",
		cpio->next_inode++, (unsigned)member->mode, 0u, 0u,
		S_ISDIR(member->mode) ? 2u : 1u, time, (uint32_t)member->size, 0u, 0u,
		member->device_major, member->device_minor, (uint32_t)name_size, 0u);
	strbuf_add(&header, member->path, name_size);
	TRY(file_write_fd(cpio->fd, header.at, header.len));
	return write_padding(cpio, header.len);
}

int
cpio_add_directory(struct cpio *cpio, const char *path, mode_t mode)
{
	return write_header(
		cpio, &(struct member){ .path = path, .mode = S_IFDIR | (mode & 07777) });
}

static int
add_contents(struct cpio *cpio, const char *path, struct str bytes, mode_t mode)
{
	TRY(write_header(
		cpio, &(struct member){ .path = path, .mode = mode, .size = bytes.len }));
	TRY(file_write_fd(cpio->fd, bytes.at, bytes.len));
	return write_padding(cpio, bytes.len);
}

int
cpio_add_bytes(struct cpio *cpio, const char *path, struct str bytes, mode_t mode)
{
	return add_contents(cpio, path, bytes, S_IFREG | (mode & 07777));
}

int
cpio_add_link(struct cpio *cpio, const char *path, const char *target)
{
	return add_contents(cpio, path, str_from(target), S_IFLNK | 0777);
}

int
cpio_add_console(struct cpio *cpio, const char *path)
{
	return write_header(cpio, &(struct member){ .path = path,
					  .mode = S_IFCHR | 0600,
					  .device_major = CONSOLE_MAJOR,
					  .device_minor = CONSOLE_MINOR });
}

static int
add_open_file(struct cpio *cpio, const char *path, int fd, mode_t mode)
{
	struct member member = { .path = path, .mode = S_IFREG | (mode & 07777) };

	TRY(file_size(fd, &member.size));
	TRY(write_header(cpio, &member));
	TRY(file_copy(fd, cpio->fd));
	return write_padding(cpio, member.size);
}

int
cpio_add_file(struct cpio *cpio, const char *path, const char *file, mode_t mode)
{
	int fd AUTO(file_close) = -1;

	TRY(file_open(AT_FDCWD, file, &fd));
	return err_context(add_open_file(cpio, path, fd, mode), "%s", file);
}

static bool
is_skipped(const struct cpio *cpio, ino_t inode)
{
	for (size_t i = 0; i < cpio->skip_count; i++)
		if (cpio->skipped[i] == inode)
			return true;
	return false;
}

static int add_below(struct cpio *cpio, int directory, const char *prefix);

static int
add_entry(struct cpio *cpio, int directory, const char *name, const char *path)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int fd AUTO(file_close) = -1;
	struct stat info;
	char *target;

	if (fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return err_errno("%s", path);
	if (S_ISLNK(info.st_mode)) {
		TRY(file_read_link(arena, directory, name, &target));
		return cpio_add_link(cpio, path, target);
	}
	if (S_ISDIR(info.st_mode)) {
		TRY(cpio_add_directory(cpio, path, info.st_mode));
		TRY(file_open_dir(directory, name, &fd));
		return add_below(cpio, fd, arena_printf(arena, "%s/", path));
	}
	if (is_skipped(cpio, info.st_ino))
		return 0;
	if (!S_ISREG(info.st_mode))
		return err_set(ERR_FORMAT, "%s: is no file, directory or link", path);
	TRY(file_open(directory, name, &fd));
	return add_open_file(cpio, path, fd, info.st_mode);
}

static int
add_below(struct cpio *cpio, int directory, const char *prefix)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	char **names;
	size_t count;

	TRY(file_list(arena, directory, &names, &count));
	for (size_t i = 0; i < count; i++)
		TRY(add_entry(cpio, directory, names[i],
			arena_printf(arena, "%s%s", prefix, names[i])));
	return 0;
}

int
cpio_add_tree(struct cpio *cpio, int directory)
{
	return add_below(cpio, directory, "");
}

int
cpio_end(struct cpio *cpio)
{
	return write_header(cpio, &(struct member){ .path = TRAILER });
}
