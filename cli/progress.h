/* SPDX-License-Identifier: MIT */
/*
 * progress: one honest bar from 0 to 100 %, or a plain line a step.
 *
 * The bar shows work done of work known, never a guess that runs backwards.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "base/json.h"
#include "cli/output.h"

struct progress { /* { 0 } with output set is ready */
	const struct output *output;
	double started; /* seconds, monotonic */
	double drawn; /* when the bar was last drawn */
	double share; /* 0..1, never falls */
	const char *step; /* of those in the table in progress.c */
	bool is_visible;
};

/* Say that work begins now: rates count from here. */
void progress_begin(struct progress *progress);

/* Show one "progress" event. */
void progress_show(struct progress *progress, const json_t *event);

/* Remove the bar from the screen, so that other text can be printed. */
void progress_hide(struct progress *progress);

#endif
