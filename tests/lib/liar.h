/* SPDX-License-Identifier: MIT */
/*
 * liar: a web server on loopback that does what no web server should.
 */
#ifndef TESTS_LIB_LIAR_H
#define TESTS_LIB_LIAR_H

#include <stdint.h>

enum liar_manner {
	LIAR_ENDLESS_BODY, /* sends for ever */
	LIAR_ENDLESS_HEADERS,
	LIAR_SHORT, /* promises 1000 bytes, sends 10, closes */
	LIAR_SILENT, /* takes the connection, and then nothing */
	LIAR_SLOW, /* a byte now and then, for ever */
	LIAR_REDIRECT, /* to the target */
	LIAR_GARBAGE, /* no HTTP at all */
};

struct liar; /* opaque: a thread with a socket */

/* Start one; target is where LIAR_REDIRECT leads, NULL: to itself. Ends the test on failure. */
struct liar *liar_start(enum liar_manner manner, const char *target);

/* The port that it listens on, on 127.0.0.1. */
uint16_t liar_port(const struct liar *liar);

/* Stop it. */
void liar_stop(struct liar *liar);

#endif
