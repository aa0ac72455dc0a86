/* SPDX-License-Identifier: MIT */
/* verity: roots and trees as `veritysetup format --no-superblock --salt=-` makes them. */
#include "kernel-iface/boot/verity.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/boot_disk.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <unistd.h>

#define TREE_MAX ((size_t)1 << 20)

static const struct {
	const char *name;
	size_t size; /* bytes of data */
	uint64_t blocks;
	const char *root;
	const char *tree; /* SHA-256 of the tree's bytes */
} rows[] = {
	{ "one block", 4096, 1,
		"3d2add2c7bec4c2be8c4599deb69199e06de9fb8d637523d383d3d5c4677fd66",
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "a part of a block", 5000, 2,
		"9712f5589c8da902f09635781aec34bcc0ada091f508b8d459ecc4e862ec3c3a", NULL },
	{ "one full level", (size_t)128 * 4096, 128,
		"efaf9f65b7ed2895897f966247fb27a15e7559d8fcf667be98a01bb937edf5d4", NULL },
	{ "two levels", (size_t)129 * 4096, 129,
		"86ec14e83e8ec16042cb2708e03c0283008de631db632a5708c930eb5d83c6db",
		"b1223b470b95dcc735cb9a79919565532b054bd8040b1f5ec48dcef7c7ebfc64" },
	{ "three levels", (size_t)16385 * 4096, 16385,
		"3e9399c2aaf4bdc7bd2ee122cf0b0cc29da4ee568f878853d25f9bf057783d1a",
		"7820f5a0da2e3f42d1f71d44a72e2c601a6ba30799312ec0e4775fe8d5f6d09f" },
};

static int
make_data(size_t size)
{
	unsigned char *bytes = malloc(size);
	int fd;

	if (bytes == NULL || file_memory("data", &fd) < 0)
		tap_bail("no memory");
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(i * i + i / 251);
	if (file_write_fd(fd, bytes, size) < 0)
		tap_bail("%s", err_message());
	free(bytes);
	return fd;
}

/* The digest of what stands behind the data. */
static struct digest
hash_tree(int fd, uint64_t blocks)
{
	unsigned char *bytes = malloc(TREE_MAX);
	ssize_t size;
	struct digest digest;

	if (bytes == NULL)
		tap_bail("no memory");
	size = pread(fd, bytes, TREE_MAX, (off_t)(blocks * BOOT_BLOCK_SIZE));
	if (size < 0)
		tap_bail("read");
	digest = hash_bytes(bytes, (size_t)size);
	free(bytes);
	return digest;
}

int
main(void)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest root;
	uint64_t blocks;
	int empty;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int fd = make_data(rows[i].size);
		struct digest tree;

		tap_is_number(verity_append(fd, &root, &blocks), 0, "%s", rows[i].name);
		tap_is_number((long long)blocks, (long long)rows[i].blocks, "%s: blocks",
			rows[i].name);
		tap_is_string(digest_hex(&root, hex), rows[i].root, "%s: root", rows[i].name);
		tree = hash_tree(fd, blocks);
		/* The tree of one level is one block, whose digest is the root. */
		tap_is_string(digest_hex(&tree, hex),
			rows[i].tree == NULL ? rows[i].root : rows[i].tree, "%s: tree",
			rows[i].name);
		close(fd);
	}
	if (file_memory("empty", &empty) < 0)
		tap_bail("%s", err_message());
	tap_is_number(verity_append(empty, &root, &blocks), ERR_RANGE, "nothing to protect");
	close(empty);
	return tap_done();
}
