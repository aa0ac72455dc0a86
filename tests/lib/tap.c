/* SPDX-License-Identifier: MIT */
/* TAP version 12: results as they come, the plan at the end. */
#include "tests/lib/tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int result_count;
static int failure_count;

static void
print_result(bool is_ok, const char *format, va_list args)
{
	char name[1024];

	vsnprintf(name, sizeof name, format, args);
	/* A name is one line, whatever case it quotes. */
	for (char *c = name; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == '#')
			*c = '?';
	result_count++;
	if (!is_ok)
		failure_count++;
	printf("%s %d - %s\n", is_ok ? "ok" : "not ok", result_count, name);
	fflush(stdout);
}

bool
tap_ok(bool is_ok, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_result(is_ok, format, args);
	va_end(args);
	return is_ok;
}

bool
tap_is_number(long long got, long long expected, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_result(got == expected, format, args);
	va_end(args);
	if (got != expected)
		tap_note("got %lld, expected %lld", got, expected);
	return got == expected;
}

bool
tap_is_string(const char *got, const char *expected, const char *format, ...)
{
	bool is_ok = got == expected ||
		     (got != NULL && expected != NULL && strcmp(got, expected) == 0);
	va_list args;

	va_start(args, format);
	print_result(is_ok, format, args);
	va_end(args);
	if (!is_ok)
		tap_note("got      \"%s\"\nexpected \"%s\"", got == NULL ? "(null)" : got,
			expected == NULL ? "(null)" : expected);
	return is_ok;
}

void
tap_skip(const char *format, ...)
{
	va_list args;

	printf("ok %d # SKIP ", ++result_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void
tap_note(const char *format, ...)
{
	char text[8192];
	char *rest = text;
	char *line;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	while ((line = strsep(&rest, "\n")) != NULL)
		printf("# %s\n", line);
	fflush(stdout);
}

void
tap_bail(const char *format, ...)
{
	va_list args;

	fputs("Bail out! ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	exit(1);
}

int
tap_done(void)
{
	printf("1..%d\n", result_count);
	return failure_count == 0 && result_count > 0 ? 0 : 1;
}
