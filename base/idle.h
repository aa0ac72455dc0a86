/* SPDX-License-Identifier: MIT */
/*
 * idle: work that takes only what nobody else wants.
 */
#ifndef BASE_IDLE_H
#define BASE_IDLE_H

/*
 * Do something in a thread that yields processor and disk to everybody else, and wait for it.
 *
 * Nice 19, SCHED_IDLE and the idle class of disk access hold for that thread and for the processes and
 * threads that it starts; the caller keeps its own priority.
 *
 * Errors: those of `work`, with its message; ERR_IO (no thread could be started)
 */
int idle_run(int (*work)(void *data), void *data);

#endif
