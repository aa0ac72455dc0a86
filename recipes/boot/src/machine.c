/* SPDX-License-Identifier: MIT */
/*
 * machine_start() lists the steps. The new root is put together at NEW_ROOT and moved to / at the
 * end; without weld.store the initrd's own root stays, which is in memory.
 */
#include "machine.h"

#include "defaults.h"
#include "modules.h"
#include "partition.h"
#include "say.h"
#include "verity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_ROOT "/new-root"
#define STATE_NAME "weld-state"
#define PATH_SIZE 512

static void
mount_or_fail(const char *what, const char *target, const char *type, unsigned long flags,
	const char *options)
{
	mkdir(target, 0755);
	if (mount(what, target, type, flags, options) < 0)
		fail("%s: %s cannot be mounted: %s", target, type, strerror(errno));
}

/* The console of the kernel becomes ours; what the initrd had was the same or nothing. */
static void
open_console(void)
{
	int fd = open("/dev/console", O_RDWR);

	for (int i = 0; fd >= 0 && i <= STDERR_FILENO; i++)
		if (fd != i)
			dup2(fd, i);
	if (fd > STDERR_FILENO)
		close(fd);
}

static void
mount_kernel(void)
{
	/* No message is seen before /dev is there. */
	mkdir("/dev", 0755);
	mount("dev", "/dev", "devtmpfs", MS_NOSUID, "mode=0755");
	open_console();
	mount_or_fail("proc", "/proc", "proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
	mount_or_fail("sys", "/sys", "sysfs", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
}

void
machine_parameters(struct parameters *ret_parameters)
{
	char line[4096];
	int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
	const char *problem;

	if (len < 0)
		fail("/proc/cmdline: %s", strerror(errno));
	close(fd);
	line[len] = '\0';
	problem = parameters_read(line, ret_parameters);
	if (problem != NULL)
		fail("kernel command line: %s (choose another generation in the boot menu)",
			problem);
}

/* What the verified device holds is found to be wrong when it is read: here for the first time. */
static void
mount_store(const char *device, const char *path)
{
	mkdir(NEW_ROOT, 0755);
	if (mount(path, NEW_ROOT, "erofs", MS_RDONLY | MS_NODEV, NULL) < 0)
		fail("store partition %s: cannot be mounted: %s (its contents are not what the "
		     "boot menu says: choose another generation there)",
			device, strerror(errno));
}

/* The state partition is one of the same disk: a second disk may be a copy of the first. */
static void
mount_state(const struct partition *store)
{
	struct partition state;
	char path[PATH_SIZE];

	if (!partition_wait(STATE_NAME, store->disk, &state))
		fail("state partition %s: disk %s has none (write the image to the disk again)",
			STATE_NAME, store->disk);
	snprintf(path, sizeof path, "/dev/%s", state.device);
	if (mount(path, NEW_ROOT "/weld/state", "ext4", MS_NOATIME | MS_NODEV, NULL) < 0)
		fail("state partition %s: cannot be mounted: %s (run e2fsck on it from another "
		     "system)",
			state.device, strerror(errno));
}

/* Whether a file of lines, as /proc has, has this word at some line's end. */
static bool
has_line(const char *path, const char *word)
{
	char line[256];
	bool is_found = false;
	FILE *file = fopen(path, "re");

	while (file != NULL && !is_found && fgets(line, sizeof line, file) != NULL) {
		char *blank = strrchr(line, '\t');

		line[strcspn(line, "\n")] = '\0';
		is_found = strcmp(blank == NULL ? line : blank + 1, word) == 0;
	}
	if (file != NULL)
		fclose(file);
	return is_found;
}

/* Whether the drivers of the store are there, and its disk with all that is needed of it. */
static bool
is_ready(const void *data)
{
	struct partition store;
	struct partition state;

	return access("/sys/module/dm_verity", F_OK) == 0 &&
	       has_line("/proc/filesystems", "erofs") &&
	       partition_find(PARTITION_DIR, data, NULL, &store) &&
	       partition_find(PARTITION_DIR, STATE_NAME, store.disk, &state);
}

static void
find_root(const struct parameters *parameters)
{
	char name[PARTITION_NAME_SIZE];
	char path[PATH_SIZE];
	struct partition store;

	snprintf(name, sizeof name, "weld-%.16s", parameters->digest);
	modules_load("/modules", is_ready, name);
	if (!partition_wait(name, NULL, &store))
		fail("store partition %s: no disk has it (choose another generation in the "
		     "boot "
		     "menu)",
			name);
	verity_start(store.device, parameters, path, sizeof path);
	mount_store(store.device, path);
	mount_state(&store);
}

/* Homes are in the state, too, whether or not the image brings any. */
static void
fill_state(const char *root)
{
	char defaults[PATH_SIZE];
	char state[PATH_SIZE];
	char path[PATH_SIZE * 2];
	int count = 0;

	snprintf(defaults, sizeof defaults, "%s/weld/defaults", root);
	snprintf(state, sizeof state, "%s/weld/state", root);
	mkdir(state, 0755);
	if (access(defaults, F_OK) == 0)
		count = defaults_copy(defaults, state, path, sizeof path);
	if (count < 0)
		fail("state: %s cannot be copied from /weld/defaults: %s (make room on the "
		     "state "
		     "partition)",
			path, strerror(errno));
	snprintf(path, sizeof path, "%s/root", state);
	mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/home", state);
	mkdir(path, 0755);
}

static void
mount_memory(const char *root)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof path, "%s/run", root);
	mount_or_fail("run", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755");
	snprintf(path, sizeof path, "%s/tmp", root);
	mount_or_fail("tmp", path, "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
}

static void
move(const char *from)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof path, NEW_ROOT "%s", from);
	if (mount(from, path, NULL, MS_MOVE, NULL) < 0)
		fail("%s: cannot be moved to the new root: %s", from, strerror(errno));
}

/* Remove what is in a directory, on this file system only: the initrd's memory becomes free. */
static void
remove_below(int fd, dev_t device)
{
	DIR *dir = fdopendir(fd);
	struct dirent *entry;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		struct stat info;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
			fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) < 0 ||
			info.st_dev != device)
			continue;
		if (S_ISDIR(info.st_mode)) {
			remove_below(openat(dirfd(dir), entry->d_name,
					     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
				device);
			unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
		} else {
			unlinkat(dirfd(dir), entry->d_name, 0);
		}
	}
	if (dir != NULL)
		closedir(dir);
}

static void
switch_root(void)
{
	struct stat info;
	int old = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	move("/dev");
	move("/proc");
	move("/sys");
	if (old >= 0 && fstat(old, &info) == 0)
		remove_below(old, info.st_dev);
	if (chdir(NEW_ROOT) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0 ||
		chroot(".") < 0 || chdir("/") < 0)
		fail("new root: cannot be entered: %s", strerror(errno));
}

void
machine_start(void)
{
	static char *const argv[] = { "/sbin/init", NULL };
	struct parameters parameters;

	mount_kernel();
	machine_parameters(&parameters);
	if (parameters.has_store)
		find_root(&parameters);
	fill_state(parameters.has_store ? NEW_ROOT : "");
	mount_memory(parameters.has_store ? NEW_ROOT : "");
	if (parameters.has_store)
		switch_root();
	execv(argv[0], argv);
	fail("/sbin/init: %s (build the image with the package system)", strerror(errno));
}
