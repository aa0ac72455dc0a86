/* SPDX-License-Identifier: MIT */
/*
 * journal: what the machine's log is told: each change, each denial, with who, what and result.
 *
 * Source: syslog(3); a line is one line whatever a caller wrote into it
 */
#ifndef PKGD_SERVER_JOURNAL_H
#define PKGD_SERVER_JOURNAL_H

#include <stdbool.h>

/* Open the log; with `on_stderr` lines go to standard error, too. */
void journal_open(bool on_stderr);

/* Write one line. */
void journal_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Write one line that somebody should look at. */
void journal_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
