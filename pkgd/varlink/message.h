/* SPDX-License-Identifier: MIT */
/*
 * message: varlink's messages in a stream: JSON objects, each ended by a NUL.
 *
 * What is read comes from strangers: a message that is too long, too deep, or
 * no object is refused as soon as that is known.
 */
#ifndef PKGD_VARLINK_MESSAGE_H
#define PKGD_VARLINK_MESSAGE_H

#include "base/json.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define MESSAGE_CALL_MAX ((size_t)1 << 20) /* bytes of a request, the NUL included */
#define MESSAGE_REPLY_MAX ((size_t)1 << 30) /* bytes of what pkgd answers: whole graphs */
#define MESSAGE_DEPTH_MAX 32 /* arrays and objects inside each other, in a request */

struct message_reader { /* { 0 } with the limits set is valid */
	struct strbuf bytes; /* what was received and not given out yet */
	size_t start; /* of the message that comes next */
	size_t searched; /* up to here there is no NUL */
	size_t limit; /* bytes of one message */
	unsigned depth_limit; /* 0: what jansson allows */
};

/*
 * Take in what was received.
 *
 * Errors: ERR_LIMIT (more than one message's limit without an end)
 */
int message_feed(struct message_reader *reader, const void *bytes, size_t length);

/*
 * Give out the next message: 1, or 0 when none is complete.
 *
 * Owner:  the caller releases *ret_message
 * Errors: ERR_FORMAT (not an object in JSON, too deep)
 */
int message_next(struct message_reader *reader, json_t **ret_message);

/* Whether something was received that is not given out. */
bool message_is_begun(const struct message_reader *reader);

/* Free what was received. */
void message_free(struct message_reader *reader);

/* Append a message with its NUL. */
void message_write(const json_t *message, struct strbuf *buf);

#endif
