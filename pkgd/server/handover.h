/* SPDX-License-Identifier: MIT */
/*
 * handover: what a daemon leaves to the program that takes its place in the same process.
 *
 * Descriptors stay open over exec(); what belongs to them, and the changes that are done and can
 * still be asked for, stands in a file in memory. Nothing is handed over while an operation is under way.
 */
#ifndef PKGD_SERVER_HANDOVER_H
#define PKGD_SERVER_HANDOVER_H

#include "base/json.h"
#include "pkgd/server/server.h"

#define HANDOVER_VARIABLE "WELD_PKGD_HANDOVER" /* in the environment: the file's descriptor */

/* Whether this process has been handed a daemon's work. */
bool handover_is_there(void);

/*
 * Write down what there is.
 *
 * Owner:  the caller closes *ret_fd
 * Errors: ERR_IO
 */
int handover_write(const struct server *server, int *ret_fd);

/*
 * Let every descriptor that belongs to it stay open over exec(), or again not.
 *
 * Errors: ERR_IO
 */
int handover_keep_open(const struct server *server, int fd, bool stays);

/*
 * Read what was handed over, and check that it can be taken.
 *
 * Owner:  the caller releases *ret_state
 * Errors: ERR_FORMAT (no descriptor, or from a program that this one does not understand), ERR_IO
 */
int handover_read(json_t **ret_state);

/*
 * Take it: listener, connections, and the operations that are done.
 *
 * Errors: ERR_FORMAT
 */
int handover_take(struct server *server, const json_t *state);

#endif
