/* SPDX-License-Identifier: MIT */
/*
 * process: run another program with a fixed argument list and wait for it.
 *
 * There is no shell and no command line made of text: arguments travel as an
 * array. All descriptors but the given ones are closed in the child.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct arena;

struct process { /* { 0 } with argv set is valid: own environment, own directory */
	const char *const
		*argv; /* NULL-terminated; argv[0] is looked up in PATH without a slash */
	const char *const *envp; /* NULL-terminated; NULL: the caller's */
	const char *directory; /* NULL: the caller's */
	int stdin_fd; /* 0: /dev/null */
	int stdout_fd; /* 0: the caller's standard output */
	int stderr_fd; /* 0: the caller's standard error */
	const int *keep_fds; /* handed to the child under the same numbers */
	size_t keep_count;
	unsigned timeout_ms; /* process_run() kills it then; 0: never */
	bool dies_with_caller; /* killed when the thread that started it ends */
	int (*before_exec)(void *data); /* in the child; negative ends it; may be NULL */
	void *data;
};

/*
 * Start a program.
 *
 * Errors: ERR_NOT_FOUND (no such program), ERR_IO
 */
int process_start(const struct process *process, pid_t *ret_pid);

/*
 * Wait for a program to end.
 *
 * ret_status is its exit status, or 128 + the signal that killed it.
 *
 * Errors: ERR_IO
 */
int process_wait(pid_t pid, int *ret_status);

/*
 * Wait for a program to end, and kill it when it has not ended in time; 0: wait for ever.
 *
 * Errors: ERR_LIMIT (it was killed), ERR_IO
 * Source: pidfd_open(2)
 */
int process_wait_until(pid_t pid, unsigned timeout_ms, int *ret_status);

/* Start and wait. Errors: as process_start(), process_wait_until() */
int process_run(const struct process *process, int *ret_status);

/*
 * Start, wait, and keep what it printed on standard output and error together.
 *
 * Owner:  the arena
 * Errors: as process_run(), ERR_LIMIT (more than 64 MiB)
 */
int process_capture(struct arena *arena, const struct process *process, int *ret_status,
	struct str *ret_output);

#endif
