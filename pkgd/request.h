/* SPDX-License-Identifier: MIT */
/*
 * request: one request that pkgd is carrying out, and how it reports.
 */
#ifndef PKGD_REQUEST_H
#define PKGD_REQUEST_H

#include "pkgd/protocol.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct request {
	struct arena *arena; /* freed when the request is answered */
	const json_t *parameters;
	const char *root; /* absolute path of the installation */
	bool is_dry_run;
	bool is_offline;
	unsigned wait_s; /* seconds to wait for the lock */
	pkgd_event *event; /* may be NULL */
	void *event_data;
	json_t *reply; /* an object: what the handler puts here is the answer */
};

/* What answers a method. */
typedef int request_handler(struct request *request);

/* Say that something began. */
void request_step(struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Say something that the person should know although the request goes on. */
void request_warn(struct request *request, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Report progress. `line` is what a log shows for it, "" for nothing.
 */
void request_progress(struct request *request, const char *step, const char *object,
	const char *line, uint64_t done, uint64_t total);

/*
 * Send the plan, with its digest, and get the person's answer.
 *
 * A request that says "plan" agreed to the plan of that digest beforehand, and to no other.
 *
 * Errors: ERR_CONSENT
 */
int request_consent(struct request *request, json_t *plan);

/* The strings of a parameter; a missing one is an empty list. Errors: ERR_FORMAT */
int
request_strings(struct request *request, const char *key, char ***ret_texts, size_t *ret_count);

/* A string parameter; NULL when it is missing. Errors: ERR_FORMAT */
int request_string(struct request *request, const char *key, const char **ret_text);

/* A flag; false when it is missing. */
bool request_flag(const struct request *request, const char *key);

/* An integer; the fallback when it is missing. */
int64_t request_integer(const struct request *request, const char *key, int64_t fallback);

#endif
