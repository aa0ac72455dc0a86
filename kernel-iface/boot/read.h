/* SPDX-License-Identifier: MIT */
/*
 * read: an open disk of weld, checked.
 */
#ifndef KERNEL_IFACE_BOOT_READ_H
#define KERNEL_IFACE_BOOT_READ_H

#include "kernel-iface/boot/gpt.h"
#include "kernel-iface/boot/menu.h"

struct arena;

struct read_disk { /* { 0 } is closed */
	int fd;
	struct gpt gpt;
	uint8_t boot_code[GPT_BOOT_CODE_SIZE];
	struct menu_list list; /* with partition and file system of each entry */
	uint64_t good; /* as struct boot_disk */
	uint64_t trying;
};

/* Close; for AUTO(). */
void read_close(struct read_disk *disk);

/*
 * Open and check a disk: all but the contents of stores and of state.
 *
 * Owner:  the caller closes *ret_disk; strings are in the arena
 * Errors: as boot_disk_read()
 */
int read_open(struct arena *arena, const char *path, struct read_disk *ret_disk);

/*
 * Check every block of a generation's store, as the kernel will.
 *
 * Errors: ERR_DIGEST (names the block), ERR_IO
 */
int read_check_store(const struct read_disk *disk, const struct boot_entry *entry);

#endif
