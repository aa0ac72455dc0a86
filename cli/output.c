/* SPDX-License-Identifier: MIT */
/*
 * Plain stdio. Colours are the eight that every terminal has; they are used
 * only on a terminal that is not "dumb", or when asked for.
 */
#include "cli/output.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/options.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define WIDTH_DEFAULT 80u /* columns */
#define WIDTH_MAX 10000u /* columns: more is a mistake in COLUMNS */

static unsigned
terminal_width(int fd)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	unsigned long wanted = columns == NULL ? 0 : strtoul(columns, NULL, 10);

	if (wanted > 0 && wanted <= WIDTH_MAX)
		return (unsigned)wanted;
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return WIDTH_DEFAULT;
}

int
output_decide(const struct invocation *call, struct output *ret_output)
{
	const char *colour = option_value(call, "color", "auto");
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");
	struct output output = { 0 };
	bool allowed = (no_colour == NULL || no_colour[0] == '\0') && term != NULL &&
		       strcmp(term, "dumb") != 0;

	output.is_json = option_given(call, "json");
	output.is_quiet = option_given(call, "quiet");
	output.out_is_terminal = isatty(STDOUT_FILENO) == 1;
	output.err_is_terminal =
		isatty(STDERR_FILENO) == 1 && term != NULL && strcmp(term, "dumb") != 0;
	if (strcmp(colour, "auto") == 0) {
		output.out_colour = allowed && output.out_is_terminal;
		output.err_colour = allowed && output.err_is_terminal;
	} else if (strcmp(colour, "always") == 0) {
		output.out_colour = output.err_colour = true;
	} else if (strcmp(colour, "never") != 0) {
		return err_set(ERR_USAGE, "--color=%s: not one of auto, always, never", colour);
	}
	if (output.out_is_terminal)
		output.width = terminal_width(STDOUT_FILENO);
	else if (output.err_is_terminal)
		output.width = terminal_width(STDERR_FILENO);
	*ret_output = output;
	return 0;
}

const char *
output_style(const struct output *output, const FILE *stream, enum style style)
{
	static const char *const codes[] = {
		[STYLE_PLAIN] = "\033[0m",
		[STYLE_STRONG] = "\033[1m",
		[STYLE_NEW] = "\033[32m",
		[STYLE_CHANGED] = "\033[33m",
		[STYLE_REMOVED] = "\033[31m",
		[STYLE_FAINT] = "\033[2m",
	};

	if (stream == stderr ? !output->err_colour : !output->out_colour)
		return "";
	return codes[style];
}

void
output_say(const struct output *output, const char *format, ...)
{
	va_list args;

	if (output->is_quiet)
		return;
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void
output_warn(const struct output *output, const char *text)
{
	fprintf(stderr, "weld: %swarning:%s %s\n", output_style(output, stderr, STYLE_CHANGED),
		output_style(output, stderr, STYLE_PLAIN), text);
}

static void
print_json(const json_t *value)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	json_write_pretty(value, &text);
	fwrite(text.at, 1, text.len, stdout);
}

static json_t *
new_document(const struct invocation *call)
{
	json_t *document = json_object();

	json_object_set_new(document, "schema", json_integer(OUTPUT_SCHEMA));
	if (call->command != NULL)
		json_object_set_new(document, "command", json_string(call->command->name));
	return document;
}

void
output_json(const struct invocation *call, json_t *answer)
{
	json_t *document AUTO(json_release) = new_document(call);

	json_object_update(document, answer);
	json_decref(answer);
	print_json(document);
}

void
output_failure(const struct invocation *call, int code)
{
	const struct output *output = call->output;

	if (output->is_json) {
		json_t *document AUTO(json_release) = new_document(call);

		json_object_set_new(document, "error",
			json_pack("{s:s, s:s, s:i}", "code", err_name(code), "message",
				err_message(), "status", err_exit_status(code)));
		print_json(document);
		return;
	}
	fflush(stdout);
	if (code == ERR_NOTHING)
		output_say(output, "%s", output_clean(call->arena, err_message()));
	else
		fprintf(stderr, "weld: %serror:%s %s\n",
			output_style(output, stderr, STYLE_REMOVED),
			output_style(output, stderr, STYLE_PLAIN),
			output_clean(call->arena, err_message()));
}

const char *
output_size(struct arena *arena, uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double size = (double)bytes;
	size_t unit = 0;

	while (size >= 999.95 && unit < 4) {
		size /= 1000;
		unit++;
	}
	if (unit == 0)
		return arena_printf(arena, "%u B", (unsigned)bytes);
	return arena_printf(arena, size < 99.95 ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

const char *
output_duration(struct arena *arena, double seconds)
{
	unsigned long whole = (unsigned long)(seconds + 0.5);

	if (seconds < 59.5)
		return arena_printf(arena, seconds < 9.95 ? "%.1f s" : "%.0f s", seconds);
	if (whole < 3600)
		return arena_printf(arena, "%lu min %lu s", whole / 60, whole % 60);
	return arena_printf(arena, "%lu h %lu min", whole / 3600, whole / 60 % 60);
}

const char *
output_time(struct arena *arena, int64_t unix_seconds)
{
	time_t moment = (time_t)unix_seconds;
	struct tm parts;
	char text[32];

	if (localtime_r(&moment, &parts) == NULL ||
		strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts) == 0)
		return "?";
	return arena_string(arena, text);
}

const char *
output_clean(struct arena *arena, const char *text)
{
	char *clean = arena_string(arena, text);

	for (char *at = clean; *at != '\0'; at++)
		if (((unsigned char)*at < ' ' && *at != '\n' && *at != '\t') || *at == 0x7f)
			*at = '?';
	return clean;
}

void
output_paragraph(const struct output *output, FILE *stream, unsigned indent, const char *text)
{
	unsigned width = output->width == 0 ? WIDTH_DEFAULT : output->width;
	unsigned column = 0;

	if (width > 100)
		width = 100;
	while (*text != '\0') {
		size_t length = strcspn(text, " \n");

		if (column != 0 && column + 1 + length > width) {
			fputc('\n', stream);
			column = 0;
		}
		if (length > 0) {
			if (column == 0)
				column = (unsigned)fprintf(stream, "%*s", (int)indent, "");
			else
				column += (unsigned)fprintf(stream, " ");
			fwrite(text, 1, length, stream);
			column += (unsigned)length;
		}
		text += length;
		if (*text == '\n') {
			fputc('\n', stream);
			column = 0;
		}
		text += *text != '\0';
	}
	if (column != 0)
		fputc('\n', stream);
}

bool
output_is_watched(const struct output *output)
{
	return !output->is_json && isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

int
output_ask(const struct output *output, const char *question)
{
	char answer[16];

	if (output->is_json || isatty(STDIN_FILENO) != 1)
		return err_set(
			ERR_CONSENT, "needs consent, and there is nobody to ask (use --yes)");
	fprintf(stderr, "%s [y/N] ", question);
	fflush(stderr);
	if (fgets(answer, sizeof answer, stdin) == NULL) {
		fputc('\n', stderr);
		answer[0] = '\0';
	}
	if (tolower((unsigned char)answer[0]) == 'y')
		return 0;
	return err_set(ERR_CONSENT, "not done: the answer was not yes; nothing has changed");
}
