/* SPDX-License-Identifier: MIT */
/*
 * /sys/class/block/DEVICE is a link that ends in DISK/DEVICE for a partition, and its uevent says
 * PARTNAME. Disks appear when their driver is ready, so a missing one may still come.
 */
#include "partition.h"

#include "say.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 20
#define TELL_AFTER_MS 2000
#define GIVE_UP_AFTER_MS 30000

bool
uevent_get(const char *text, const char *key, char *ret_value, size_t size)
{
	size_t key_len = strlen(key);

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		if (len > key_len && strncmp(text, key, key_len) == 0 && text[key_len] == '=') {
			len -= key_len + 1;
			if (len >= size)
				return false;
			memcpy(ret_value, text + key_len + 1, len);
			ret_value[len] = '\0';
			return true;
		}
		text += len + (text[len] == '\n');
	}
	return false;
}

static bool
read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	if (len < 0)
		return false;
	text[len] = '\0';
	return true;
}

/* The directory in which the device's own stands: its disk. */
static bool
find_disk(const char *class_dir, const char *device, char *ret_disk)
{
	char path[PATH_MAX];
	char target[PATH_MAX];
	char *slash;
	ssize_t len;

	snprintf(path, sizeof path, "%s/%s", class_dir, device);
	len = readlink(path, target, sizeof target - 1);
	if (len < 0)
		return false;
	target[len] = '\0';
	slash = strrchr(target, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	slash = strrchr(target, '/');
	if (slash == NULL || strlen(slash + 1) >= PARTITION_NAME_SIZE)
		return false;
	memcpy(ret_disk, slash + 1, strlen(slash + 1) + 1);
	return true;
}

static bool
is_wanted(const char *class_dir, const char *device, const char *name, const char *disk,
	struct partition *ret_partition)
{
	char path[PATH_MAX];
	char text[4096];
	char found[PARTITION_NAME_SIZE];
	struct partition partition;

	snprintf(path, sizeof path, "%s/%s/uevent", class_dir, device);
	if (!read_text(path, text, sizeof text) ||
		!uevent_get(text, "PARTNAME", found, sizeof found) ||
		strcmp(found, name) != 0 ||
		!uevent_get(text, "DEVNAME", partition.device, sizeof partition.device) ||
		!find_disk(class_dir, device, partition.disk) ||
		(disk != NULL && strcmp(partition.disk, disk) != 0))
		return false;
	*ret_partition = partition;
	return true;
}

bool
partition_find(const char *class_dir, const char *name, const char *disk,
	struct partition *ret_partition)
{
	DIR *dir = opendir(class_dir);
	struct partition found;
	struct dirent *entry;
	bool is_found = false;

	if (dir == NULL)
		return false;
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' ||
			!is_wanted(class_dir, entry->d_name, name, disk, &found))
			continue;
		if (!is_found || strcmp(found.device, ret_partition->device) < 0)
			*ret_partition = found;
		is_found = true;
	}
	closedir(dir);
	return is_found;
}

bool
partition_wait(const char *name, const char *disk, struct partition *ret_partition)
{
	const struct timespec pause = { .tv_nsec = POLL_MS * 1000000L };

	for (int waited = 0; waited <= GIVE_UP_AFTER_MS; waited += POLL_MS) {
		if (partition_find(PARTITION_DIR, name, disk, ret_partition))
			return true;
		if (waited == TELL_AFTER_MS)
			say("waiting for the partition %s", name);
		nanosleep(&pause, NULL);
	}
	return false;
}
