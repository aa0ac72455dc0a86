/* SPDX-License-Identifier: MIT */
/*
 * On a terminal the bar is redrawn on its own line, at most ten times a
 * second. Elsewhere each object of each step gets one line when it is done.
 */
#include "cli/progress.h"

#include "base/str.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define REDRAW_S 0.1 /* seconds between two drawings */
#define RATE_AFTER_S 1.0 /* seconds of work before the rate is shown */
#define BAR_MAX 30u /* columns */
#define REST_WIDTH 58u /* columns of a line that are not the bar */

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The steps that pkgd names, as shown: the pointer is the identity. */
static const char *
step_text(const char *step)
{
	static const char *const texts[][2] = { { "fetch", "fetching" },
		{ "store", "unpacking" }, { "lower", "lowering" }, { "link", "linking" },
		{ "commit", "committing" } };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(step, texts[i][0]) == 0)
			return texts[i][1];
	return "working";
}

static void
draw(struct progress *progress, const char *object, double rate, double left_s)
{
	unsigned width = progress->output->width;
	unsigned room = width > REST_WIDTH + 10 ? width - REST_WIDTH : 10;
	unsigned full;
	char bar[BAR_MAX + 1];
	char speed[32] = "";
	char left[32] = "";

	if (room > BAR_MAX)
		room = BAR_MAX;
	full = (unsigned)(progress->share * room);
	memset(bar, '.', room);
	memset(bar, '#', full);
	bar[room] = '\0';
	if (rate > 0)
		snprintf(speed, sizeof speed, "%.1f %%/s", rate * 100);
	if (left_s >= 0 && left_s < 36000)
		snprintf(left, sizeof left, "%u:%02u left", (unsigned)left_s / 60,
			(unsigned)left_s % 60);
	fprintf(stderr, "\r[%s] %3d %% %9s %10s  %s %.18s\033[K", bar,
		(int)(progress->share * 100), speed, left, progress->step, object);
	fflush(stderr);
	progress->is_visible = true;
}

void
progress_show(struct progress *progress, const json_t *event)
{
	const char *step = "";
	const char *object = "";
	int64_t done = 0;
	int64_t total = 0;
	double now = now_s();
	double share;
	double rate;

	if (progress->output->is_quiet || progress->output->is_json ||
		json_get_string(event, "step", &step) < 0 ||
		json_get_string(event, "object", &object) < 0 ||
		json_get_integer(event, "done", &done) < 0 ||
		json_get_integer(event, "total", &total) < 0 || total <= 0)
		return;
	step = step_text(step);
	if (!progress->output->err_is_terminal) {
		const char *plain = "";

		if (json_get_string_or(event, "line", "", &plain) == 0 && plain[0] != '\0')
			fprintf(stderr, "%3d %% %s\n", (int)(100 * done / total), plain);
		return;
	}
	progress->step = step;
	share = (double)done / (double)total;
	if (share > 1)
		share = 1;
	if (share > progress->share)
		progress->share = share;
	if (now - progress->drawn < REDRAW_S && progress->share < 1)
		return;
	progress->drawn = now;
	/* A rate of the first moments would only be a guess. */
	rate = now - progress->started > RATE_AFTER_S
		       ? progress->share / (now - progress->started)
		       : 0;
	draw(progress, object, rate, rate > 0 ? (1 - progress->share) / rate : -1);
}

void
progress_begin(struct progress *progress)
{
	progress->started = now_s();
}

void
progress_hide(struct progress *progress)
{
	if (!progress->is_visible)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	progress->is_visible = false;
}
