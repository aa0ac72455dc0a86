/* SPDX-License-Identifier: MIT */
/*
 * source: the files that a disk is made of, opened and checked before anything is written.
 */
#ifndef KERNEL_IFACE_BOOT_SOURCE_H
#define KERNEL_IFACE_BOOT_SOURCE_H

#include "base/str.h"
#include "kernel-iface/boot/gpt.h"
#include "kernel-iface/boot_disk.h"

struct arena;

struct source { /* one generation; { 0 } is closed */
	int kernel;
	int initrd;
	int store;
	uint64_t store_size; /* bytes: file system and hash tree */
	struct boot_entry entry; /* strings belong to the caller's generation */
};

struct source_loader {
	uint8_t boot_code[BOOT_SECTOR_SIZE]; /* leads to the core image */
	struct str core; /* the core image, leads to its own second sector; whole sectors */
	int efi; /* open; 0: closed */
};

/* Close; for AUTO(). */
void source_close(struct source *source);
void source_close_loader(struct source_loader *loader);

/*
 * Open and check the files of a generation.
 *
 * Errors: ERR_NOT_FOUND, ERR_FORMAT, ERR_DIGEST, ERR_RANGE, ERR_IO
 */
int source_open(const struct boot_generation *generation, int64_t source_date,
	struct source *ret_source);

/*
 * Open a loader's files, and write into boot code and core image where on the disk they stand.
 *
 * Units:  core_sector: where the core image will begin
 * Owner:  the caller closes; the core image is in the arena
 * Errors: ERR_NOT_FOUND, ERR_FORMAT, ERR_IO
 */
int source_open_loader(struct arena *arena, const struct boot_loader *loader,
	uint64_t core_sector, struct source_loader *ret_loader);

/* Whether a file is a kernel for x86. Errors: ERR_NOT_FOUND, ERR_FORMAT, ERR_IO */
int source_check_kernel(const char *path);

#endif
