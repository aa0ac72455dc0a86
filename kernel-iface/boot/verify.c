/* SPDX-License-Identifier: MIT */
/*
 * The kernel's check of a store, for all blocks at once: from the topmost level of the hash tree
 * down, each block against the digest in the level above, at last those of the file system.
 */
#include "kernel-iface/boot_disk.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot/layout.h"
#include "kernel-iface/boot/read.h"
#include "kernel-iface/boot/span.h"

#include <inttypes.h>
#include <string.h>

#define DIGESTS_PER_BLOCK (BOOT_BLOCK_SIZE / DIGEST_SIZE)

/* A run of blocks against the digests that stand one after the other in the blocks at `digests`. */
static int
check_blocks(int fd, uint64_t offset, uint64_t first, uint64_t count, uint64_t digests)
{
	uint8_t block[BOOT_BLOCK_SIZE];
	uint8_t wanted[BOOT_BLOCK_SIZE];

	for (uint64_t i = 0; i < count; i++) {
		size_t index = (size_t)(i % DIGESTS_PER_BLOCK);
		struct digest got;

		if (index == 0)
			TRY(span_read(fd,
				offset + (digests + i / DIGESTS_PER_BLOCK) * BOOT_BLOCK_SIZE,
				wanted, sizeof wanted));
		TRY(span_read(fd, offset + (first + i) * BOOT_BLOCK_SIZE, block, sizeof block));
		got = hash_bytes(block, sizeof block);
		if (memcmp(got.bytes, wanted + index * DIGEST_SIZE, DIGEST_SIZE) != 0)
			return err_set(ERR_DIGEST,
				"block %" PRIu64 " of the store was changed or is damaged",
				first + i);
	}
	return 0;
}

int
read_check_store(const struct read_disk *disk, const struct boot_entry *entry)
{
	uint64_t offset = layout_start(&disk->gpt.partitions[entry->partition]);
	int fd = disk->fd;
	struct layout_tree tree;

	/* The topmost block was compared with the root digest when the disk was read. */
	TRY(layout_tree(entry->block_count, &tree));
	for (size_t i = tree.levels - 1; i > 0; i--)
		TRY(check_blocks(
			fd, offset, tree.starts[i - 1], tree.counts[i - 1], tree.starts[i]));
	return check_blocks(fd, offset, 0, entry->block_count, tree.starts[0]);
}

int
boot_disk_verify(const char *path)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct read_disk disk AUTO(read_close) = { 0 };

	TRY(read_open(arena, path, &disk));
	for (size_t i = 0; i < disk.list.count; i++) {
		const struct boot_entry *entry = &disk.list.entries[i];

		TRY(err_context(read_check_store(&disk, entry), "%s: generation %" PRIu64, path,
			entry->number));
	}
	return 0;
}
