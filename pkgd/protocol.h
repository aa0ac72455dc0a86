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
 */
#ifndef PKGD_PROTOCOL_H
#define PKGD_PROTOCOL_H

#include "base/json.h"

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

#endif
