/* SPDX-License-Identifier: MIT */
/*
 * The environment block is written in place, as the boot loader does it: its two sectors
 * are all that changes on the EFI system partition.
 */
#include "report.h"

#include "grubenv.h"
#include "machine.h"
#include "partition.h"
#include "say.h"
#include "verity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_NAME "weld-boot"
#define MOUNT_POINT "/run/weld-boot"
#define BLOCK_FILE MOUNT_POINT "/weld/grubenv"

/* The partition with the boot menu: on the disk that the store is on. */
static void
find_boot(const struct parameters *parameters, struct partition *ret_boot)
{
	char name[PARTITION_NAME_SIZE];
	struct partition store;

	snprintf(name, sizeof name, "weld-%.16s", parameters->digest);
	if (!partition_wait(name, NULL, &store) ||
		!partition_wait(BOOT_NAME, store.disk, ret_boot))
		fail("partition %s: the disk of this system has none (write the image to the "
		     "disk "
		     "again)",
			BOOT_NAME);
}

static void
mount_boot(const struct parameters *parameters, unsigned long flags)
{
	struct partition boot;
	char path[PARTITION_NAME_SIZE + 8];

	find_boot(parameters, &boot);
	snprintf(path, sizeof path, "/dev/%s", boot.device);
	mkdir(MOUNT_POINT, 0700);
	if (mount(path, MOUNT_POINT, "vfat", flags | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) <
		0)
		fail("%s: cannot be mounted: %s (run fsck.fat on it)", path, strerror(errno));
}

/* After this a failure must not leave the partition mounted. */
static void
unmount_boot(void)
{
	umount2(MOUNT_POINT, 0);
	rmdir(MOUNT_POINT);
}

static const char *
read_block(int fd, char block[GRUBENV_SIZE])
{
	if (fd < 0 || pread(fd, block, GRUBENV_SIZE, 0) != GRUBENV_SIZE)
		return "cannot be read";
	if (!grubenv_is_valid(block))
		return "is damaged (run 'grub-editenv FILE create' on it)";
	return NULL;
}

/* Put the notes into the file. Nothing is written when they stand there already. */
static const char *
write_good(const char *generation)
{
	char block[GRUBENV_SIZE];
	int fd = open(BLOCK_FILE, O_RDWR | O_CLOEXEC);
	const char *problem = read_block(fd, block);
	int changed;

	if (problem != NULL) {
		if (fd >= 0)
			close(fd);
		return problem;
	}
	changed = grubenv_note_good(block, generation);
	if (changed < 0)
		problem = "has no room left";
	else if (changed > 0 &&
		 (pwrite(fd, block, GRUBENV_SIZE, 0) != GRUBENV_SIZE || fsync(fd) < 0))
		problem = "cannot be written";
	close(fd);
	return problem;
}

void
report_good(void)
{
	struct parameters parameters;
	char generation[32];
	const char *problem;

	machine_parameters(&parameters);
	/* Without a disk there is no boot menu that could ask. */
	if (!parameters.has_store || parameters.generation == 0)
		return;
	snprintf(generation, sizeof generation, "%" PRIu64, parameters.generation);
	mount_boot(&parameters, 0);
	problem = write_good(generation);
	unmount_boot();
	if (problem != NULL)
		fail("%s: %s", BLOCK_FILE, problem);
}

static void
print_notes(const struct parameters *parameters)
{
	static const char *const names[] = { "weld_good", "weld_trying" };
	char block[GRUBENV_SIZE];
	const char *problem;
	int fd;

	mount_boot(parameters, MS_RDONLY);
	fd = open(BLOCK_FILE, O_RDONLY | O_CLOEXEC);
	problem = read_block(fd, block);
	if (fd >= 0)
		close(fd);
	unmount_boot();
	if (problem != NULL)
		fail("%s: %s", BLOCK_FILE, problem);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char value[32];

		printf("%s: %s\n", names[i],
			grubenv_get(block, names[i], value, sizeof value) ? value : "none");
	}
}

void
report_status(void)
{
	struct parameters parameters;

	machine_parameters(&parameters);
	if (parameters.generation != 0)
		printf("generation: %" PRIu64 "\n", parameters.generation);
	if (!parameters.has_store) {
		puts("started without weld.store: everything is in memory");
		return;
	}
	printf("store: %s, %s\n", parameters.digest, verity_status());
	fflush(stdout);
	print_notes(&parameters);
}
