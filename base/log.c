/* SPDX-License-Identifier: MIT */
/* Topics are compared with the comma-separated words of WELD_DEBUG. */
#include "base/log.h"

#include "base/str.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static bool
topic_is_on(const char *topic)
{
	struct str rest = str_from(getenv("WELD_DEBUG"));
	struct str word;

	while (str_cut(&rest, ',', &word))
		if (str_is(word, "all") || str_is(word, topic))
			return true;
	return false;
}

void
log_debug(const char *topic, const char *format, ...)
{
	char line[1024];
	va_list args;

	if (!topic_is_on(topic))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof line, format, args);
	va_end(args);
	fprintf(stderr, "debug: %s: %s\n", topic, line);
}
