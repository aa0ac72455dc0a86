/* SPDX-License-Identifier: MIT */
/*
 * tap: the results of a test program in the Test Anything Protocol.
 *
 * A test calls tap_ok() for each promise and ends with `return tap_done();`.
 */
#ifndef TESTS_LIB_TAP_H
#define TESTS_LIB_TAP_H

#include <stdbool.h>

/* Report one promise, kept or not; returns is_ok. */
bool tap_ok(bool is_ok, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Report that two integers are equal, and both when they are not. */
bool tap_is_number(long long got, long long expected, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Report that two strings are equal, and both when they are not; NULL is a value. */
bool tap_is_string(const char *got, const char *expected, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Report a promise that cannot be tried here, and why. */
void tap_skip(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print a line for the reader of the log; newlines inside are kept. */
void tap_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Give up: nothing after this can be tried. */
_Noreturn void tap_bail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print the plan; returns the exit status: 0 when all went well. */
int tap_done(void);

#endif
