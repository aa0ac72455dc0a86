/* SPDX-License-Identifier: MIT */
/*
 * layout: where things stand on a disk, and what a store is; shared by writing and reading.
 */
#ifndef KERNEL_IFACE_BOOT_LAYOUT_H
#define KERNEL_IFACE_BOOT_LAYOUT_H

#include "kernel-iface/boot/gpt.h"
#include "kernel-iface/boot_disk.h"

#include <stdint.h>

#define LAYOUT_ALIGN ((uint64_t)1 << 20) /* bytes: of partitions */
#define LAYOUT_CORE_START ((uint64_t)64 * BOOT_SECTOR_SIZE) /* bytes: up to LAYOUT_ALIGN */
#define LAYOUT_BOOT_SIZE ((uint64_t)64 << 20) /* bytes: weld-boot */
#define LAYOUT_STATE_SIZE \
	((uint64_t)64 << 20) /* bytes: weld-state unless a size is asked for */
#define LAYOUT_STATE_MIN ((uint64_t)16 << 20) /* bytes */

#define LAYOUT_BOOT_NAME "weld-boot"
#define LAYOUT_STATE_NAME "weld-state"
#define LAYOUT_CORE_NAME "weld-core"

/* Partitions by index. */
enum layout_partition { LAYOUT_CORE, LAYOUT_BOOT, LAYOUT_STATE, LAYOUT_FIRST_GENERATION };

/* Round up to LAYOUT_ALIGN. */
uint64_t layout_align(uint64_t bytes);

/* A partition's place in bytes. */
uint64_t layout_start(const struct gpt_partition *partition);
uint64_t layout_size(const struct gpt_partition *partition);

/* The name of a generation's partition; returns its argument. */
char *layout_store_name(const struct digest *root_digest, char name[GPT_NAME_MAX + 1]);

#define LAYOUT_LEVELS_MAX 10u

struct layout_tree { /* a dm-verity hash tree: version 1, SHA-256, no salt, no superblock */
	uint64_t starts[LAYOUT_LEVELS_MAX]; /* first block of each level, from the leaves up */
	uint64_t counts[LAYOUT_LEVELS_MAX]; /* blocks of each level */
	size_t levels;
	uint64_t end; /* block behind the tree */
};

/*
 * Where the levels of a hash tree stand that follows a file system of so many blocks.
 *
 * Errors: ERR_FORMAT (fewer than 2 blocks, or more than a disk can have)
 * Source: the kernel's admin-guide/device-mapper/verity.rst
 */
int layout_tree(uint64_t block_count, struct layout_tree *ret_tree);

/*
 * Check what a store's place holds: a known file system, and a hash tree that ends in the digest.
 *
 * Errors: ERR_FORMAT (says what is wrong), ERR_DIGEST, ERR_IO
 */
int layout_check_store(int fd, uint64_t offset, uint64_t size, uint64_t block_count,
	const struct digest *root_digest, const char **ret_file_system);

/*
 * Digest of what a BIOS starts: the boot code and the partition with the core image. The boot code
 * must lead to that partition.
 *
 * Errors: ERR_FORMAT, ERR_IO
 */
int layout_hash_core(int fd, const struct gpt *gpt, const uint8_t boot_code[GPT_BOOT_CODE_SIZE],
	struct digest *ret_digest);

#define LAYOUT_CODE_CORE 0x5cu /* offset in the boot code: sector of the core image, 8 bytes */

#endif
