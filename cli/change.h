/* SPDX-License-Identifier: MIT */
/*
 * change: what all commands that make a new generation have in common.
 */
#ifndef CLI_CHANGE_H
#define CLI_CHANGE_H

#include "base/json.h"

struct invocation;

/* The command as a person would type it: history shows it. Owner: the arena of the invocation */
const char *change_command_text(const struct invocation *call);

/*
 * Show what became of a change; with --json the reply itself.
 *
 * `written` is a file that was written besides; NULL: none.
 */
int change_show(struct invocation *call, json_t *reply, const char *written);

#endif
