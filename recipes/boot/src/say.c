/* SPDX-License-Identifier: MIT */
#include "say.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_BYTES 512

/* An error's level in the kernel's log is seen on a quiet console, too: nothing is said without need. */
#define LEVEL 3

static void
put(const char *format, va_list args)
{
	char text[LINE_MAX_BYTES];
	char line[LINE_MAX_BYTES + 32];
	int fd = -1;

	vsnprintf(text, sizeof text, format, args);
	if (getpid() == 1)
		fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	if (fd >= 0)
		snprintf(line, sizeof line, "<%d>weld-boot: %s\n", LEVEL, text);
	else
		snprintf(line, sizeof line, "weld-boot: %s\n", text);
	(void)!write(fd >= 0 ? fd : STDERR_FILENO, line, strlen(line));
	if (fd >= 0)
		close(fd);
}

void
say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(format, args);
	va_end(args);
}

void
fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	put(format, args);
	va_end(args);
	exit(1);
}
