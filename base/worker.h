/* SPDX-License-Identifier: MIT */
/*
 * worker: a program of weld's that reads what nobody trusts, and what its maker believes of it.
 *
 * It starts with the descriptors that it is given and no others, without an
 * environment; it locks itself in before it reads a byte (kernel-iface/sandbox.h);
 * it dies with its maker, or at its deadline. Its results go into descriptors. What it says is one
 * short text, which is cleaned before anybody sees it.
 */
#ifndef BASE_WORKER_H
#define BASE_WORKER_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;

#define WORKER_REPORTED 3 /* exit status: it said why it failed */
#define WORKER_MESSAGE_MAX ((size_t)64 << 10) /* bytes that a worker can say */
#define WORKERS_MAX 64 /* that one waits for at once */
#define WORKER_TIMEOUT_MS (30U * 60 * 1000) /* nobody waits longer for one worker */

struct worker_job { /* { 0 } with name and program set is valid */
	const char *name; /* what it works on, for messages: "jq-1.6-1: bin/jq" */
	const char *program; /* its path (program_find()) */
	const char *const
		*arguments; /* after the program's name, NULL-terminated; may be NULL */
	int output_fd; /* its standard output; 0: what it says there counts as said */
	const int *fds; /* handed on under the same numbers */
	size_t fd_count;
	uint64_t stack; /* bytes that its stack may grow to; 0: as many as ours */
	unsigned timeout_ms; /* 0: WORKER_TIMEOUT_MS */
	const char
		*no_memory; /* after "needs more": "than 2 GB of memory (...)"; may be NULL */
	const char
		*remedy; /* in brackets, when it died or was late; NULL: "it may be damaged" */
	const enum err *
		believed; /* codes that it may report, ended by 0; all others become ERR_WORKER */
};

struct worker { /* open: it stands where its maker wants it; { 0 } runs nothing */
	const struct worker_job *job; /* NULL: none runs */
	pid_t pid;
	int pid_fd; /* readable when it ended */
	int said; /* memory file, of fixed size: its standard error */
	uint64_t start; /* ms, of the monotonic clock */
	bool is_late; /* it was ended at its deadline */
};

/*
 * Start a worker.
 *
 * Owner:  the caller ends it with worker_finish() or worker_stop(); the job must live as long
 * Errors: ERR_WORKER
 */
int worker_start(const struct worker_job *job, struct worker *ret_worker);

/*
 * Wait until one of several workers has ended; ret_index says which. One whose deadline passed is
 * ended. Those that do not run are passed over; one must run.
 *
 * Errors: ERR_IO
 */
int worker_wait(struct worker *const *workers, size_t count, size_t *ret_index);

/* How long a worker has been running, in ms. */
unsigned worker_time_ms(const struct worker *worker);

/*
 * Take leave of a worker, waiting for its end if need be.
 *
 * Owner:  the worker is { 0 } afterwards, whatever comes back
 * Errors: ERR_WORKER (it died, was killed by a limit or was late: names the job and the cause),
 *         those of `believed` when it reported one
 */
int worker_finish(struct worker *worker);

/* End a worker at once, if it runs: for AUTO(). */
void worker_stop(struct worker *worker);

/*
 * In a worker: tell this thread's failure to who started it, in one line on standard error, and
 * give the status to exit with: WORKER_REPORTED. To be called once, last.
 */
int worker_report(int code);

/* A descriptor's number, from a worker's command line; -1 when it is none. */
int worker_parse_fd(const char *text);

/* Text that a worker wrote, as one clean line of a message: what cannot be printed becomes "?". */
char *worker_clean_line(struct arena *arena, const char *text, size_t length);

#endif
