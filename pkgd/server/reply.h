/* SPDX-License-Identifier: MIT */
/*
 * reply: the messages that pkgd answers with. The caller owns what is made.
 */
#ifndef PKGD_SERVER_REPLY_H
#define PKGD_SERVER_REPLY_H

#include "base/json.h"
#include "pkgd/varlink/interface.h"

#define REPLY_NEEDS_CONSENT "org.weld.pkgd.NeedsConsent"
#define REPLY_DENIED "org.weld.pkgd.Denied"
#define REPLY_FAILED "org.weld.pkgd.Failed"
#define REPLY_BUSY "org.weld.pkgd.Busy"
#define REPLY_CANCELLED "org.weld.pkgd.Cancelled"
#define REPLY_LOST "org.weld.pkgd.Lost"

/* One event, with more to follow; the event is copied. */
json_t *reply_event(const json_t *event);

/* The answer; takes the reference to the parameters. */
json_t *reply_answer(json_t *parameters);

/* An error of varlink's own or of pkgd's; takes the reference to the parameters. */
json_t *reply_error(const char *name, json_t *parameters);

/* Failed, with the code and err_message(). */
json_t *reply_failure(int code);

/* An error that says the text. */
json_t *reply_refusal(const char *name, const char *message);

/* NeedsConsent, with the plan that was not agreed to. */
json_t *reply_needs_consent(json_t *plan);

/* Whether more follow this message. */
bool reply_continues(const json_t *message);

/*
 * Check a message against what is described: of an error the parameters, else the method's reply, in
 * which an event stands if and only if more follow.
 *
 * method is its full name; NULL: of a message that answers no call, which can be an error only.
 *
 * Errors: ERR_FORMAT
 */
int reply_check(const struct interface *served, const char *method, const json_t *message);

#endif
