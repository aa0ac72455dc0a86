/* SPDX-License-Identifier: MIT */
/*
 * output: what people and programs read.
 *
 * Standard output carries the answer, standard error the talk. With --json
 * one object on standard output is all that is printed there, failures too.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define OUTPUT_SCHEMA 1 /* rises when a member of the JSON output changes its meaning */

struct arena;
struct invocation;

enum style {
	STYLE_PLAIN,
	STYLE_STRONG,
	STYLE_NEW,
	STYLE_CHANGED,
	STYLE_REMOVED,
	STYLE_FAINT,
};

struct output { /* how to print, decided once */
	bool is_json;
	bool is_quiet;
	bool out_is_terminal;
	bool err_is_terminal;
	bool out_colour;
	bool err_colour;
	unsigned width; /* columns of the terminal; 0: not a terminal */
};

/*
 * Decide how to print from the options, NO_COLOR, TERM and where the streams go.
 *
 * Errors: ERR_USAGE (--color is none of auto, always, never)
 */
int output_decide(const struct invocation *call, struct output *ret_output);

/* The control bytes that begin a style on a stream, and STYLE_PLAIN ends it; "" without colour. */
const char *output_style(const struct output *output, const FILE *stream, enum style style);

/* Print one line of talk on standard error; nothing with --quiet. */
void output_say(const struct output *output, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Print a warning on standard error, with --quiet too. */
void output_warn(const struct output *output, const char *text);

/*
 * Print the answer as JSON: the members of `answer` behind "schema" and "command".
 *
 * Owner: takes the reference to answer
 */
void output_json(const struct invocation *call, json_t *answer);

/* Report the failure that err_message() describes: once, at the end. */
void output_failure(const struct invocation *call, int code);

/* A size for a person: "812 B", "1.3 MB". Owner: the arena */
const char *output_size(struct arena *arena, uint64_t bytes);

/* A duration for a person: "0.4 s", "1 min 20 s". Owner: the arena */
const char *output_duration(struct arena *arena, double seconds);

/* A moment in local time: "2024-05-01 13:45". Owner: the arena */
const char *output_time(struct arena *arena, int64_t unix_seconds);

/* Text from outside with control characters replaced: it cannot move the cursor. Owner: the arena */
const char *output_clean(struct arena *arena, const char *text);

/* Print text wrapped to the terminal's width (80 otherwise), every line indented. */
void
output_paragraph(const struct output *output, FILE *stream, unsigned indent, const char *text);

/* Whether a person sits at a terminal and waits for what is done. */
bool output_is_watched(const struct output *output);

/*
 * Ask a yes-or-no question on the terminal; anything but yes is no.
 *
 * Errors: ERR_CONSENT (there is no terminal to ask on, or the answer was no)
 */
int output_ask(const struct output *output, const char *question);

#endif
