/* SPDX-License-Identifier: MIT */
/*
 * commands: what stands behind the rows of the command table.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

#endif
