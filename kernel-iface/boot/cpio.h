/* SPDX-License-Identifier: MIT */
/*
 * cpio: archives as the kernel unpacks them into its first file system ("newc").
 *
 * Everything belongs to root and has one time. The same calls give the same bytes.
 */
#ifndef KERNEL_IFACE_BOOT_CPIO_H
#define KERNEL_IFACE_BOOT_CPIO_H

#include "base/str.h"

#include <stdint.h>
#include <sys/types.h>

struct cpio { /* one archive being written; begin with cpio_begin() */
	int fd; /* borrowed */
	int64_t time; /* seconds since 1970, of every member */
	uint32_t next_inode;
	const ino_t *skipped; /* files that cpio_add_tree() leaves out */
	size_t skip_count;
};

/* Begin an archive in an open file, which stays the caller's. */
struct cpio cpio_begin(int fd, int64_t time);

/*
 * Add a member; its parent directory must have been added before, for so the kernel wants it.
 * Paths have no slash at the front.
 *
 * Errors: ERR_LIMIT (4 GiB or more), ERR_NO_SPACE, ERR_IO
 */
int cpio_add_directory(struct cpio *cpio, const char *path, mode_t mode);
int cpio_add_bytes(struct cpio *cpio, const char *path, struct str bytes, mode_t mode);
int cpio_add_link(struct cpio *cpio, const char *path, const char *target);
int cpio_add_console(struct cpio *cpio, const char *path); /* character device 5, 1 */

/* Add a file's contents. Errors: also ERR_NOT_FOUND */
int cpio_add_file(struct cpio *cpio, const char *path, const char *file, mode_t mode);

/* Add all that is below an open directory but for what is skipped, sorted, with its own modes. Errors:
 * as above */
int cpio_add_tree(struct cpio *cpio, int directory);

/* End the archive. Errors: ERR_NO_SPACE, ERR_IO */
int cpio_end(struct cpio *cpio);

#endif
