/* SPDX-License-Identifier: MIT */
/*
 * protocol: what is asked of pkgd, and how it answers.
 *
 * A request is {"method": "org.weld.pkgd.NAME", "parameters": {...}}; the
 * methods, their parameters and replies are listed in pkgd/README.md. While a
 * request runs pkgd sends events: objects with a member "event".
 *
 *   {"event": "plan", ...}        what will be done; the answer to it is consent
 *   {"event": "progress", "step": "fetch"|"store"|"lower"|"link"|"commit",
 *    "object", "done", "total"}   done and total count the whole request's work
 *   {"event": "step", "text"}     something began
 *   {"event": "warning", "text"}  something that the person should know
 *
 * A daemon, pkgd, serves the same requests over a socket, to other users too;
 * its events, besides:
 *
 *   {"event": "operation", "operation", "command"}  the number to attach to or cancel
 *   {"event": "waiting", "text", ...}               for whose turn a change waits
 */
#ifndef PKGD_PROTOCOL_H
#define PKGD_PROTOCOL_H

#include "base/json.h"

#include <stdbool.h>

struct arena;

#define PKGD_INTERFACE "org.weld.pkgd."

/*
 * Receive one event; borrowed for the call.
 *
 * The return value matters for "plan" only: negative (made by err_set()) stops
 * the request before anything has changed, and pkgd_call() returns it.
 */
typedef int pkgd_event(void *data, const json_t *event);

/*
 * Carry out one request in this process.
 *
 * Owner:  the caller releases *ret_reply
 * Errors: any; a request that fails has changed nothing in the root but caches
 * and trust state
 */
int pkgd_call(const json_t *request, pkgd_event *event, void *data, json_t **ret_reply);

/* Whether a daemon serves a method, from its full name; all others are for this process. */
bool pkgd_is_served(const char *method);

/*
 * The socket at which the daemon of a root is looked for: /run/weld/pkgd.sock for /weld, and
 * /run/weld/pkgd@NAME.sock for others, NAME being the path as systemd escapes it.
 *
 * Owner:  the arena
 * Errors: ERR_RANGE (too long for a socket)
 */
int pkgd_socket(struct arena *arena, const char *root, char **ret_path);

/*
 * Connect to a daemon; only one that runs as user 0 or as the caller is believed.
 *
 * Owner:  the caller closes *ret_fd
 * Errors: ERR_NOT_FOUND (nobody serves there), ERR_RANGE, ERR_IO
 */
int pkgd_connect(const char *path, int *ret_fd);

/*
 * Have a daemon carry out one request.
 *
 * As pkgd_call(), but the plan is asked for first and then agreed to by its digest: what the
 * person saw is what is done, and he is asked again when that has changed meanwhile. What was
 * begun goes on when the caller ends.
 *
 * Errors: any; ERR_IO (the daemon is gone)
 */
int pkgd_ask(int fd, const json_t *request, pkgd_event *event, void *data, json_t **ret_reply);

#endif
