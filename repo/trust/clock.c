/* SPDX-License-Identifier: MIT */
/* A root that two machines share, by a network or on a disk that is carried, has marks of both. */
#include "repo/trust/clock.h"

#include "base/err.h"
#include "base/file.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Which boot this is; without /proc nobody knows, and then no mark goes on by itself. */
static void
read_boot(char boot[CLOCK_BOOT_SIZE])
{
	int fd AUTO(file_close) = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char text[CLOCK_BOOT_SIZE] = "";

	if (fd >= 0 && read(fd, text, CLOCK_BOOT_SIZE - 1) == CLOCK_BOOT_SIZE - 1)
		memcpy(boot, text, CLOCK_BOOT_SIZE);
}

void
clock_read(struct clock_mark *ret_mark)
{
	struct timespec up = { 0 };

	*ret_mark = (struct clock_mark){ .time = (int64_t)time(NULL) };
	read_boot(ret_mark->boot);
	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	ret_mark->up = (int64_t)up.tv_sec;
}

int64_t
clock_earliest(const struct clock_mark *earlier, const struct clock_mark *now)
{
	if (earlier->time == 0 || earlier->boot[0] == '\0' ||
		strcmp(earlier->boot, now->boot) != 0 || now->up < earlier->up)
		return earlier->time;
	return earlier->time + (now->up - earlier->up);
}
