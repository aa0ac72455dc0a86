/* SPDX-License-Identifier: MIT */
/*
 * tool: running the programs that make file systems.
 *
 * A tool sees a fixed environment and what it is handed, so that its output
 * depends on nothing else. A tool that is not there is named with the Debian
 * package that has it.
 */
#ifndef KERNEL_IFACE_BOOT_TOOL_H
#define KERNEL_IFACE_BOOT_TOOL_H

#include "base/str.h"

#include <stdint.h>

struct arena;

#define TOOL_FDS_MAX 4

struct tool { /* one run */
	const char *package; /* Debian's package of the tool */
	const char *const
		*argv; /* NULL-terminated; argv[0] is a name, looked up in PATH and sbin */
	int64_t source_date; /* seconds since 1970: the time that the tool sees where it can */
	const char *target; /* a path on the file system that it writes to; NULL: not told */
	int stdin_fd; /* 0: /dev/null */
	int stdout_fd; /* 0: kept with standard error, for the error message */
	int fds[TOOL_FDS_MAX]; /* handed over under the same numbers; 0 ends them */
};

/*
 * Find a tool in PATH, /usr/sbin, /sbin or /usr/local/sbin.
 *
 * Owner:  the arena
 * Errors: ERR_NOT_FOUND, naming the package
 */
int tool_find(struct arena *arena, const char *name, const char *package, char **ret_path);

/*
 * Run a tool to its end.
 *
 * Errors: ERR_NOT_FOUND, as tool_find(); ERR_NO_SPACE (it failed, and its target is full);
 *         ERR_FAILED, with the last line that it printed; ERR_IO
 */
int tool_run(struct arena *arena, const struct tool *tool);

/*
 * The path by which a tool opens a descriptor that was handed over.
 *
 * Owner: the arena
 */
const char *tool_fd_path(struct arena *arena, int fd);

#endif
