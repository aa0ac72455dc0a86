/* SPDX-License-Identifier: MIT */
#include "modules.h"

#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATH_SIZE 512

/* Without its hardware (ENODEV) a module is not needed, nor are those that use it (ENOENT). */
static bool
is_well(int error)
{
	return error == EEXIST || error == ENODEV || error == ENOENT;
}

static void
load(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) < 0 && !is_well(errno)))
		say("module %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

bool
modules_has_feature(const char *cpuinfo, const char *feature)
{
	const char *flags = strstr(cpuinfo, "\nflags");
	size_t len = strlen(feature);

	if (flags == NULL)
		return false;
	for (flags++; *flags != '\0' && *flags != '\n'; flags += strcspn(flags, " \n")) {
		flags += strspn(flags, " ");
		if (strncmp(flags, feature, len) == 0 && strchr(" \n", flags[len]) != NULL)
			return true;
	}
	return false;
}

/* Faster hashing is refused, after its signature was checked, by a CPU without the instructions. */
static bool
is_for_this_cpu(const char *name)
{
	char text[8192]; /* the first CPU's flags are among these */
	int fd;
	ssize_t len;

	if (strcmp(name, "sha256-ssse3.ko") != 0)
		return true;
	fd = open("/proc/cpuinfo", O_RDONLY | O_CLOEXEC);
	len = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
	if (fd >= 0)
		close(fd);
	text[len < 0 ? 0 : len] = '\0';
	return modules_has_feature(text, "ssse3");
}

void
modules_load(const char *directory, bool (*is_enough)(const void *data), const void *data)
{
	char path[PATH_SIZE];
	char name[PATH_SIZE / 2];
	FILE *order;

	snprintf(path, sizeof path, "%s/order", directory);
	order = fopen(path, "re");
	if (order == NULL)
		return; /* a kernel with everything built in */
	while (fgets(name, sizeof name, order) != NULL) {
		name[strcspn(name, "\n")] = '\0';
		if (name[0] == '\0' || !is_for_this_cpu(name))
			continue;
		if (is_enough(data))
			break;
		snprintf(path, sizeof path, "%s/%s", directory, name);
		load(path);
	}
	fclose(order);
}
