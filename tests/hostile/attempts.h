/* SPDX-License-Identifier: MIT */
/*
 * attempts: ways out of a locked-in process, by name: "open", "create", "connect", "fork", "run", "signal",
 * "trace", "memory", "change" (the input), "descriptors", "die", "hang".
 */
#ifndef TESTS_HOSTILE_ATTEMPTS_H
#define TESTS_HOSTILE_ATTEMPTS_H

#include <stdbool.h>

/* Whether there is an attempt of this name. */
bool attempt_is_known(const char *name);

/* Try it: whether it succeeded. `input` is the descriptor that the worker reads. */
bool attempt_escapes(const char *name, int input);

#endif
