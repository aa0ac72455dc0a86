/* SPDX-License-Identifier: MIT */
/*
 * report: what the boot loader is told of a generation, and what it knows.
 *
 * The boot loader notes weld_trying=N before it starts generation N, and does not choose N again by itself
 * unless weld_good=N was noted: that is done here, when start-up is through.
 */
#ifndef REPORT_H
#define REPORT_H

/* Note that the running generation came up; fails with a message. */
void report_good(void);

/* Print what is running and what the boot loader knows of it. */
void report_status(void);

#endif
