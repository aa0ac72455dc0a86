/* SPDX-License-Identifier: MIT */
/*
 * options: the command line against the command table.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/command.h"

/*
 * Read the whole command line: options may stand anywhere, `--` ends them.
 *
 * Fills command, args and options of the invocation. With --help or --version
 * the arguments are not counted.
 *
 * Errors: ERR_USAGE, naming the word and the nearest correct one
 */
int options_parse(struct invocation *call, int argc, char **argv);

/* Whether an option was given; the name must be in the tables. */
bool option_given(const struct invocation *call, const char *name);

/* The last value of an option; the fallback when it was not given. */
const char *option_value(const struct invocation *call, const char *name, const char *fallback);

/*
 * The value of an option as a number.
 *
 * Errors: ERR_USAGE (not a number from min to max)
 */
int option_number(const struct invocation *call, const char *name, long min, long max,
	long fallback, long *ret_number);

/*
 * The directory of the root: --root, WELD_ROOT, or the default; absolute.
 *
 * Errors: ERR_USAGE (empty), ERR_NOT_FOUND (no home directory)
 */
int options_root(const struct invocation *call, const char **ret_root);

#endif
