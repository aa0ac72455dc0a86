/* SPDX-License-Identifier: MIT */
/* Control characters are replaced: whoever names a package cannot begin a line of his own. */
#include "pkgd/server/journal.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

#define LINE_MAX 1024 /* bytes, the NUL included */

void
journal_open(bool on_stderr)
{
	openlog("pkgd", LOG_PID | LOG_NDELAY | (on_stderr ? LOG_PERROR : 0), LOG_AUTHPRIV);
}

static void write_line(int priority, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static void
write_line(int priority, const char *format, va_list args)
{
	char line[LINE_MAX];

	vsnprintf(line, sizeof line, format, args);
	for (char *c = line; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?';
	syslog(priority, "%s", line);
}

void
journal_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_INFO, format, args);
	va_end(args);
}

void
journal_warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_line(LOG_WARNING, format, args);
	va_end(args);
}
