/* SPDX-License-Identifier: MIT */
/*
 * boot_image: from a root on disk to something that boots.
 *
 * The root was made to stand at BOOT_STANDING and is used up. Everything is made in a scratch
 * directory and gets its name in one step: no privilege, no mount, no loop device. The same
 * root and request give the same bytes.
 */
#ifndef KERNEL_IFACE_BOOT_IMAGE_H
#define KERNEL_IFACE_BOOT_IMAGE_H

#include "base/hash.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;

#define BOOT_STANDING "/weld" /* where the root of a system stands */

enum boot_format {
	BOOT_DISK, /* a file: GPT, boots by BIOS and EFI */
	BOOT_INITRD, /* a directory: vmlinuz, initrd (the whole system), cmdline */
	BOOT_DIRECTORY, /* a directory: the file system */
	BOOT_FORMAT_COUNT,
};

struct boot_request {
	enum boot_format format;
	const char *output; /* path */
	bool may_replace; /* an older image of that name */
	const char *scratch; /* a directory of ours on the output's file system */
	const char *root; /* directory: is used up */
	uint64_t generation; /* the current one of the root */
	const char *title; /* what the boot menu shows; printable ASCII */
	const char *passphrase; /* of root; NULL: as the packages have it */
	const char
		*onto; /* disk: path of the disk that the generation is added to; NULL: none */
	uint64_t size; /* disk: bytes, 0: as large as needed */
	int64_t source_date; /* seconds since 1970 */
};

struct boot_result {
	uint64_t size; /* bytes of what was made */
	uint64_t store_size; /* disk: bytes of the file system with its hash tree */
	struct digest root_digest; /* disk: of the hash tree */
	bool has_login; /* there is an account root */
	bool has_passphrase; /* and it asks for a passphrase */
};

/* The word for a format: "disk", "kernel+initrd", "dir". */
const char *boot_format_name(enum boot_format format);

/* The format of a word. Errors: ERR_USAGE, listing them */
int boot_format_parse(const char *name, enum boot_format *ret_format);

/*
 * Refuse an output that is in the way, before anything is made.
 *
 * Errors: ERR_EXISTS (with the remedy; also what is no image, whatever may be replaced),
 *         ERR_NOT_FOUND (its directory)
 */
int boot_check_output(const char *output, enum boot_format format, bool may_replace);

/*
 * Make the image and put it under its name.
 *
 * Errors: as boot_check_output(); ERR_NOT_FOUND (a file that a package of the image has to bring,
 *         a kernel module, a tool: names the package), ERR_NO_SPACE, ERR_IO, and as
 *         boot_disk_create() and boot_disk_add()
 */
int boot_image_make(struct arena *arena, const struct boot_request *request,
	struct boot_result *ret_result);

/*
 * Put the root of the newest generation of a disk into a new directory: what boot_image_make() made
 * it from, ready for another transaction.
 *
 * ret_root is its path, below the directory.
 *
 * Owner:  the arena
 * Errors: as boot_disk_extract()
 */
int boot_image_unpack(
	struct arena *arena, const char *disk, const char *directory, char **ret_root);

#endif
