/* SPDX-License-Identifier: MIT */
/*
 * esp: the EFI system partition, a FAT file system in a file of its own while it is worked on.
 *
 * mkfs.vfat and mtools do the work. Names are relative: "weld/grub.cfg".
 */
#ifndef KERNEL_IFACE_BOOT_ESP_H
#define KERNEL_IFACE_BOOT_ESP_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct arena;

struct esp { /* { 0 } is closed; esp_create() or esp_open() fills it */
	int fd; /* the file system */
	int64_t source_date; /* seconds since 1970: the time of what is written */
};

/* Close; for AUTO(). */
void esp_close(struct esp *esp);

/*
 * Make an empty file system with the directories EFI/BOOT and weld.
 *
 * Units:  size in bytes
 * Owner:  the caller closes *ret_esp
 * Errors: ERR_NOT_FOUND (a tool), ERR_FAILED, ERR_IO
 */
int esp_create(struct arena *arena, uint64_t size, const struct digest *identity,
	int64_t source_date, struct esp *ret_esp);

/*
 * Take a copy of a partition out of a disk.
 *
 * Errors: ERR_FORMAT (not FAT), ERR_IO
 */
int
esp_open(int disk, uint64_t offset, uint64_t size, int64_t source_date, struct esp *ret_esp);

/*
 * Put a file of these bytes there, in the place of the one of that name.
 *
 * Errors: ERR_NO_SPACE (says what to do), ERR_NOT_FOUND (a tool), ERR_FAILED, ERR_IO
 */
int
esp_write(struct arena *arena, const struct esp *esp, const char *name, struct str contents);

/* Put a copy of an open file there; as esp_write(). */
int esp_write_file(struct arena *arena, const struct esp *esp, const char *name, int file);

/*
 * Read a file.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (it is not there, or the file system is damaged), ERR_LIMIT, ERR_NOT_FOUND
 *         (a tool), ERR_IO
 */
int esp_read(struct arena *arena, const struct esp *esp, const char *name, size_t limit,
	struct str *ret_contents);

/* Whether a file is there. */
bool esp_has(struct arena *arena, const struct esp *esp, const char *name);

#endif
