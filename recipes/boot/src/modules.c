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

void
modules_load(const char *directory)
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
		if (name[0] == '\0')
			continue;
		snprintf(path, sizeof path, "%s/%s", directory, name);
		load(path);
	}
	fclose(order);
}
