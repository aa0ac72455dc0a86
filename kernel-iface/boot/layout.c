/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic of places, and the checks that writing and reading have in common. A store is
 * recognized by the magic of its file system, and its tree by the topmost block: the root digest
 * is the digest of that block.
 */
#include "kernel-iface/boot/layout.h"

#include "base/err.h"
#include "kernel-iface/boot/span.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DIGESTS_PER_BLOCK (BOOT_BLOCK_SIZE / DIGEST_SIZE)
#define BLOCKS_MAX (UINT64_C(1) << 40)

uint64_t
layout_align(uint64_t bytes)
{
	return (bytes + LAYOUT_ALIGN - 1) / LAYOUT_ALIGN * LAYOUT_ALIGN;
}

uint64_t
layout_start(const struct gpt_partition *partition)
{
	return partition->first * BOOT_SECTOR_SIZE;
}

uint64_t
layout_size(const struct gpt_partition *partition)
{
	return (partition->last - partition->first + 1) * BOOT_SECTOR_SIZE;
}

char *
layout_store_name(const struct digest *root_digest, char name[GPT_NAME_MAX + 1])
{
	char hex[DIGEST_HEX_SIZE];

	snprintf(name, GPT_NAME_MAX + 1, "weld-%.16s", digest_hex(root_digest, hex));
	return name;
}

int
layout_tree(uint64_t block_count, struct layout_tree *ret_tree)
{
	struct layout_tree tree = { 0 };
	uint64_t count = block_count;

	if (block_count < 2 || block_count > BLOCKS_MAX)
		return err_set(ERR_FORMAT, "a file system of %" PRIu64 " blocks", block_count);
	while (count > 1) {
		count = (count + DIGESTS_PER_BLOCK - 1) / DIGESTS_PER_BLOCK;
		tree.counts[tree.levels++] = count;
	}
	/* The topmost level comes first on disk. */
	tree.end = block_count;
	for (size_t i = tree.levels; i-- > 0;) {
		tree.starts[i] = tree.end;
		tree.end += tree.counts[i];
	}
	*ret_tree = tree;
	return 0;
}

static const char *
file_system_of(const uint8_t block[BOOT_BLOCK_SIZE])
{
	if (span_u32(block + 1024) == 0xe0f5e1e2)
		return "erofs";
	return memcmp(block, "hsqs", 4) == 0 ? "squashfs" : NULL;
}

int
layout_check_store(int fd, uint64_t offset, uint64_t size, uint64_t block_count,
	const struct digest *root_digest, const char **ret_file_system)
{
	uint8_t block[BOOT_BLOCK_SIZE];
	struct layout_tree tree;
	struct digest digest;
	const char *file_system;

	TRY(layout_tree(block_count, &tree));
	if (tree.end * BOOT_BLOCK_SIZE != size)
		return err_set(ERR_FORMAT,
			"%" PRIu64 " bytes, but %" PRIu64
			" blocks and their hash tree have %" PRIu64,
			size, block_count, tree.end * BOOT_BLOCK_SIZE);
	TRY(span_read(fd, offset, block, sizeof block));
	file_system = file_system_of(block);
	if (file_system == NULL)
		return err_set(ERR_FORMAT, "neither erofs nor squashfs");
	TRY(span_read(fd, offset + tree.starts[tree.levels - 1] * BOOT_BLOCK_SIZE, block,
		sizeof block));
	digest = hash_bytes(block, sizeof block);
	if (!digest_equal(&digest, root_digest))
		return err_set(ERR_DIGEST, "the hash tree does not end in the root digest");
	*ret_file_system = file_system;
	return 0;
}

int
layout_hash_core(int fd, const struct gpt *gpt, const uint8_t boot_code[GPT_BOOT_CODE_SIZE],
	struct digest *ret_digest)
{
	const struct gpt_partition *core = &gpt->partitions[LAYOUT_CORE];
	uint8_t sector[BOOT_SECTOR_SIZE];
	struct hash hash;

	if (span_u64(boot_code + LAYOUT_CODE_CORE) != core->first ||
		layout_size(core) > LAYOUT_ALIGN)
		return err_set(ERR_FORMAT, "the boot code does not lead to GRUB's core image");
	hash_init(&hash);
	hash_add(&hash, boot_code, GPT_BOOT_CODE_SIZE);
	for (uint64_t i = core->first; i <= core->last; i++) {
		TRY(span_read(fd, i * BOOT_SECTOR_SIZE, sector, sizeof sector));
		hash_add(&hash, sector, sizeof sector);
	}
	*ret_digest = hash_end(&hash);
	return 0;
}
