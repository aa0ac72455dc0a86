/* SPDX-License-Identifier: MIT */
/*
 * partition: block devices by the name that their partition has in the disk's table.
 */
#ifndef PARTITION_H
#define PARTITION_H

#include <stdbool.h>
#include <stddef.h>

#define PARTITION_DIR "/sys/class/block"
#define PARTITION_NAME_SIZE 64 /* bytes, of "weld-state" or "vda3", NUL included */

struct partition {
	char device[PARTITION_NAME_SIZE]; /* in /dev: "vda3" */
	char disk[PARTITION_NAME_SIZE]; /* that it is a part of: "vda" */
};

/* The value of KEY in a text of KEY=VALUE lines; false when it is not there or too long. */
bool uevent_get(const char *text, const char *key, char *ret_value, size_t size);

/*
 * Look for a partition once.
 *
 * Shape: `disk` NULL: on any disk, the first by name
 */
bool partition_find(const char *class_dir, const char *name, const char *disk,
	struct partition *ret_partition);

/* Look until it is there, for half a minute; telling so after two seconds. False: it never came. */
bool partition_wait(const char *name, const char *disk, struct partition *ret_partition);

#endif
