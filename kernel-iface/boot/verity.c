/* SPDX-License-Identifier: MIT */
/*
 * Level 0 are the digests of the data's blocks, level n those of the blocks of level n - 1; the
 * highest level is one block, and its digest is the root. Levels are made from the bottom up in
 * memory (a hundredth of the data) and written from the top down.
 */
#include "kernel-iface/boot/verity.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot_disk.h"

#include <errno.h>
#include <unistd.h>

#define BLOCK BOOT_BLOCK_SIZE
#define PER_BLOCK (BLOCK / DIGEST_SIZE) /* digests */
#define LEVELS_MAX 10 /* 128 to the 9th blocks are more than a file can have */

struct level {
	unsigned char *digests; /* whole blocks, zeros behind the last digest */
	uint64_t count; /* digests */
	uint64_t blocks;
};

static void
level_new(struct arena *arena, uint64_t count, struct level *ret_level)
{
	uint64_t blocks = (count + PER_BLOCK - 1) / PER_BLOCK;

	*ret_level = (struct level){ arena_array(arena, (size_t)blocks, BLOCK), count, blocks };
}

static void
put_digest(struct level *level, uint64_t index, const unsigned char *block)
{
	struct digest digest = hash_bytes(block, BLOCK);

	for (size_t i = 0; i < DIGEST_SIZE; i++)
		level->digests[index * DIGEST_SIZE + i] = digest.bytes[i];
}

static int
read_block(int fd, uint64_t index, unsigned char *block)
{
	size_t done = 0;

	while (done < BLOCK) {
		ssize_t got =
			pread(fd, block + done, BLOCK - done, (off_t)(index * BLOCK + done));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno("read block");
		if (got == 0)
			return err_set(ERR_IO, "became shorter while it was read");
		done += (size_t)got;
	}
	return 0;
}

static int
hash_data(int fd, struct level *level)
{
	unsigned char block[BLOCK];

	for (uint64_t i = 0; i < level->count; i++) {
		TRY(read_block(fd, i, block));
		put_digest(level, i, block);
	}
	return 0;
}

/* Make the levels above the first, up to the one of one block. */
static size_t
build_levels(struct arena *arena, struct level *levels)
{
	size_t top = 0;

	while (levels[top].blocks > 1) {
		level_new(arena, levels[top].blocks, &levels[top + 1]);
		for (uint64_t i = 0; i < levels[top].blocks; i++)
			put_digest(&levels[top + 1], i, levels[top].digests + i * BLOCK);
		top++;
	}
	return top;
}

static int
pad_to_block(int fd, uint64_t *ret_blocks)
{
	uint64_t size;

	TRY(file_size(fd, &size));
	if (size == 0)
		return err_set(ERR_RANGE, "nothing to protect: the file is empty");
	*ret_blocks = (size + BLOCK - 1) / BLOCK;
	if (ftruncate(fd, (off_t)(*ret_blocks * BLOCK)) < 0)
		return err_errno("fill up the last block");
	return 0;
}

int
verity_append(int fd, struct digest *ret_root, uint64_t *ret_blocks)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct level levels[LEVELS_MAX];
	uint64_t blocks = 0;
	size_t top;

	TRY(pad_to_block(fd, &blocks));
	level_new(arena, blocks, &levels[0]);
	TRY(hash_data(fd, &levels[0]));
	top = build_levels(arena, levels);
	*ret_blocks = blocks;
	/* A single block needs no tree: the root is its own digest. */
	if (blocks == 1) {
		for (size_t i = 0; i < DIGEST_SIZE; i++)
			ret_root->bytes[i] = levels[0].digests[i];
		return 0;
	}
	*ret_root = hash_bytes(levels[top].digests, BLOCK);
	if (lseek(fd, 0, SEEK_END) < 0)
		return err_errno("go to the end");
	for (size_t i = top + 1; i > 0; i--)
		TRY(file_write_fd(
			fd, levels[i - 1].digests, (size_t)levels[i - 1].blocks * BLOCK));
	return 0;
}
