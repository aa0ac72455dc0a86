/* SPDX-License-Identifier: MIT */
/*
 * say: one line for the person at the console.
 *
 * The first program of a machine writes to the kernel's log, which every console shows; otherwise
 * lines go to standard error.
 */
#ifndef SAY_H
#define SAY_H

/* Tell what is not as usual: why it takes so long, what will be missed. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/*
 * Tell what is wrong, object first and the remedy behind it, and end the program.
 *
 * When it is the first program the kernel panics then, and starts again if it was told `panic=N`.
 */
__attribute__((format(printf, 1, 2), noreturn)) void fail(const char *format, ...);

#endif
