/* SPDX-License-Identifier: MIT */
/*
 * help: what `weld help` and `weld COMMAND --help` print, from the command table.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include "cli/command.h"

/* Print all commands with their summaries. */
void help_overview(const struct invocation *call);

/* Print one command's usage, text and options. */
void help_command(const struct invocation *call, const struct command *command);

/* The commands about weld itself: rows of the table. */
int cmd_help(struct invocation *call);
int cmd_version(struct invocation *call);
int cmd_completion(struct invocation *call);

#endif
