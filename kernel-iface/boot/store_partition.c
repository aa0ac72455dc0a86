/* SPDX-License-Identifier: MIT */
/*
 * mkfs.erofs reads a directory and needs no privilege. Which file system and which compression:
 * DESIGN.md, "Decisions, and why".
 */
#include "kernel-iface/boot/store_partition.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/tool.h"
#include "kernel-iface/boot/verity.h"

#include <inttypes.h>

#define NO_UUID "00000000-0000-0000-0000-000000000000" /* the root digest tells them apart */

static int
make_file_system(
	struct arena *arena, const char *directory, const char *path, int64_t source_date)
{
	const char *const argv[] = { "mkfs.erofs", "--quiet", "-zlz4hc,9", "-x-1", "-U" NO_UUID,
		"--all-root", arena_printf(arena, "-T%" PRId64, source_date), path, directory,
		NULL };

	return tool_run(arena, &(struct tool){ .package = "erofs-utils",
				       .argv = argv,
				       .source_date = source_date,
				       .target = directory });
}

int
store_partition_make(struct arena *arena, const char *directory, const char *path,
	int64_t source_date, struct store_partition *ret_partition)
{
	struct store_partition partition;
	int fd AUTO(file_close) = -1;

	TRY(make_file_system(arena, directory, path, source_date));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return err_errno("%s", path);
	TRY(err_context(
		verity_append(fd, &partition.root_digest, &partition.block_count), "%s", path));
	TRY(file_size(fd, &partition.size));
	*ret_partition = partition;
	return 0;
}
