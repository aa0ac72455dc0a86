/* SPDX-License-Identifier: MIT */
/*
 * boot_disk: a disk that boots by BIOS and by EFI, with one partition for each generation.
 *
 *     1  BIOS boot   GRUB's core image
 *     2  weld-boot   FAT: EFI/BOOT/BOOTX64.EFI and, below weld/, grub.cfg, grubenv,
 *                    generations.json, SHA256.vmlinuz, SHA256.initrd
 *     3  weld-state  ext4, empty: the system fills it
 *     4  weld-D      D: first 16 hex digits of the root digest; a file system with its hash tree
 *     5  ...         one more for each generation that was added
 *
 * Everything is written as files, without privilege. The same inputs give the same bytes: names
 * and numbers in the file are made of digests, times are `source_date`. What is written is the
 * file under its final name, in one step, or nothing; a file of that name is replaced.
 */
#ifndef KERNEL_IFACE_BOOT_DISK_H
#define KERNEL_IFACE_BOOT_DISK_H

#include "base/hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define BOOT_BLOCK_SIZE 4096u /* bytes: of the store's file system and of its hash tree */
#define BOOT_SECTOR_SIZE 512u /* bytes: the unit of partition tables */
#define BOOT_GENERATIONS_MAX 64u /* on one disk */
#define BOOT_TITLE_MAX 200u /* bytes */
#define BOOT_COMMAND_LINE_MAX 1500u /* bytes; the kernel takes 2048 */

/* The files of a directory of the format kernel+initrd. */
#define BOOT_KERNEL_FILE "vmlinuz"
#define BOOT_INITRD_FILE "initrd"
#define BOOT_COMMAND_LINE_FILE "cmdline"

struct boot_loader { /* paths, of files as package grub has them */
	const char *bios_boot; /* boot/grub/bios-boot.img: the first sector, 512 bytes */
	const char *bios_core; /* boot/grub/bios-core.img */
	const char *efi; /* boot/grub/bootx64.efi */
};

struct boot_generation { /* what goes onto the disk */
	uint64_t number; /* from 1; higher than all that are on the disk */
	const char *title; /* what the menu shows, one line of printable ASCII */
	const char *kernel; /* path of a bzImage */
	const char *initrd; /* path */
	const char *store; /* path: the file system, its hash tree at once behind it */
	struct digest root_digest; /* of the hash tree */
	uint64_t block_count; /* of the file system alone, in BOOT_BLOCK_SIZE */
	const char *command_line; /* the kernel's, whole: boot_command_line() makes one */
};

/*
 * The command line that starts a generation, as weld-boot reads it; the kernel's warnings go to the
 * screen and to the first serial line, where the console is.
 *
 * `more` (NULL or words) stands at the end. Without a store (block_count 0) the initrd is the
 * whole system.
 *
 * Owner:  the arena
 * Source: DESIGN.md, "System images"
 */
char *boot_command_line(
	struct arena *arena, const struct boot_generation *generation, const char *more);

/*
 * Write a disk with one generation.
 *
 * Units:  size in bytes of the whole disk, a multiple of 1 MiB: the state partition takes what is
 *         left; 0: as large as needed, with a state partition of 64 MiB. source_date in seconds
 *         since 1970
 * Errors: ERR_NO_SPACE (the disk here is full, or size too small: says what is needed),
 *         ERR_RANGE (a number, title or command line that cannot be), ERR_FORMAT (loader, kernel
 *         or store are not what they should be), ERR_NOT_FOUND (a file, or a tool: names the
 *         Debian package), ERR_IO
 */
int boot_disk_create(const char *path, uint64_t size, const struct boot_loader *loader,
	const struct boot_generation *generation, int64_t source_date);

/*
 * Copy the disk `old` and append a generation, the newest from now on.
 *
 * The partitions of older generations and of state stay as they are, bit for bit, and so does the
 * boot loader. `path` may be `old` itself.
 *
 * Units:  size in bytes of the new disk; 0: as before, larger when it has to be
 * Errors: as boot_disk_create(), as boot_disk_read() for `old`; ERR_EXISTS (the number is not
 *         higher than the newest, or the same store is there), ERR_NO_SPACE (weld-boot is full),
 *         ERR_LIMIT (too many generations)
 */
int boot_disk_add(const char *path, const char *old, uint64_t size,
	const struct boot_generation *generation, int64_t source_date);

struct boot_partition { /* as the partition table says */
	char name[37]; /* ASCII; others are shown as '?' */
	const char *kind; /* "bios-boot", "efi-system", "state", "generation", "other" */
	uint64_t start; /* bytes from the start of the disk */
	uint64_t size; /* bytes */
};

struct boot_entry { /* one generation on a disk */
	uint64_t number;
	const char *title;
	const char *command_line;
	struct digest root_digest;
	uint64_t block_count; /* of the file system */
	struct digest kernel; /* digest of the file: its name below weld/ */
	struct digest initrd;
	int64_t source_date; /* seconds since 1970 */
	size_t partition; /* index in boot_disk.partitions */
	const char *file_system; /* "erofs" or "squashfs" */
};

struct boot_disk {
	uint64_t size; /* bytes */
	struct boot_partition *partitions;
	size_t partition_count;
	struct boot_entry *generations; /* newest first, at least one */
	size_t generation_count;
	uint64_t good; /* the generation that came up last, 0: none yet */
	uint64_t trying; /* the generation that was started and did not report yet, 0: none */
};

/*
 * Read what a disk holds, and check that it could boot: both partition tables, the files of
 * weld-boot, one partition for each generation.
 *
 * The contents of stores are not read: boot_disk_verify() does that.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (damaged, or no disk of weld: says what), ERR_DIGEST (kernel or initrd
 *         changed), ERR_NOT_FOUND, ERR_IO
 */
int boot_disk_read(struct arena *arena, const char *path, struct boot_disk *ret_disk);

/*
 * Check every block of the stores of all generations against their root digests.
 *
 * Errors: ERR_DIGEST, naming generation and block; as boot_disk_read()
 */
int boot_disk_verify(const char *path);

/*
 * Put the file tree of a generation (0: the newest) into a directory that does not exist yet,
 * without privilege: all files belong to the caller. On failure nothing is left there.
 *
 * Errors: ERR_EXISTS (the directory), ERR_NOT_FOUND (no such generation; a tool: names the Debian
 *         package), ERR_FORMAT (the file system is damaged), ERR_NO_SPACE; as boot_disk_read()
 */
int boot_disk_extract(const char *path, uint64_t number, const char *directory);

#endif
