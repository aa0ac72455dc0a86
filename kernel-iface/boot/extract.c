/* SPDX-License-Identifier: MIT */
/*
 * The tools for a file system take files: the store is copied to one without a name first, which
 * also leaves its hash tree behind.
 */
#include "kernel-iface/boot_disk.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/layout.h"
#include "kernel-iface/boot/read.h"
#include "kernel-iface/boot/span.h"
#include "kernel-iface/boot/tool.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
copy_store(const struct read_disk *disk, const struct boot_entry *entry, int fd)
{
	const struct gpt_partition *partition = &disk->gpt.partitions[entry->partition];
	uint64_t size = entry->block_count * BOOT_BLOCK_SIZE;

	if (ftruncate(fd, (off_t)size) < 0)
		return err_errno("copy of the store");
	return span_copy(disk->fd, layout_start(partition), fd, 0, size);
}

static int
unpack(struct arena *arena, const struct boot_entry *entry, int fd, const char *directory)
{
	const char *file = tool_fd_path(arena, fd);

	if (strcmp(entry->file_system, "erofs") == 0)
		return tool_run(arena,
			&(struct tool){ .package = "erofs-utils",
				.argv = (const char *const[]){ "fsck.erofs",
					arena_printf(arena, "--extract=%s", directory),
					"--no-preserve-owner", "--preserve-perms", file, NULL },
				.target = directory,
				.fds = { fd } });
	return tool_run(arena,
		&(struct tool){ .package = "squashfs-tools",
			.argv = (const char *const[]){ "unsquashfs", "-quiet", "-no-progress",
				"-no-xattrs", "-dest", directory, file, NULL },
			.target = directory,
			.fds = { fd } });
}

static int
find_entry(const struct menu_list *list, uint64_t number, const struct boot_entry **ret_entry)
{
	if (number == 0) {
		*ret_entry = &list->entries[0];
		return 0;
	}
	for (size_t i = 0; i < list->count; i++)
		if (list->entries[i].number == number) {
			*ret_entry = &list->entries[i];
			return 0;
		}
	return err_set(ERR_NOT_FOUND, "no generation %" PRIu64 " is there", number);
}

static int
extract(struct arena *arena, const struct read_disk *disk, uint64_t number,
	const char *directory)
{
	const struct boot_entry *entry = NULL;
	int parent AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;

	TRY(find_entry(&disk->list, number, &entry));
	/* No kernel stands between this reader and damage: what is made of it would be signed anew. */
	TRY(err_context(read_check_store(disk, entry), "generation %" PRIu64, entry->number));
	TRY(file_open_dir(AT_FDCWD, arena_printf(arena, "%s/..", directory), &parent));
	TRY(file_unnamed(parent, &fd));
	TRY(copy_store(disk, entry, fd));
	return unpack(arena, entry, fd, directory);
}

int
boot_disk_extract(const char *path, uint64_t number, const char *directory)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct read_disk disk AUTO(read_close) = { 0 };
	int ret;

	TRY(read_open(arena, path, &disk));
	if (mkdir(directory, 0777) < 0)
		return err_errno("%s: make directory", directory);
	ret = err_context(extract(arena, &disk, number, directory), "%s", path);
	if (ret < 0) {
		const char *message = arena_string(arena, err_message());

		/* What is reported is why it failed, whatever becomes of the clearing up. */
		file_remove_tree(AT_FDCWD, directory);
		return err_set(ret == ERR_FAILED ? ERR_FORMAT : (enum err)ret, "%s", message);
	}
	return 0;
}
