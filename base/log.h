/* SPDX-License-Identifier: MIT */
/*
 * log: debug output by topic, off unless WELD_DEBUG names the topic.
 *
 * WELD_DEBUG=link,solve or WELD_DEBUG=all; lines go to standard error.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

/* Print one line when the topic is on. */
void
log_debug(const char *topic, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
