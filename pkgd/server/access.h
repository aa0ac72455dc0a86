/* SPDX-License-Identifier: MIT */
/*
 * access: the daemon's configuration: who may ask for what, as verbs by user and group.
 *
 * What no rule allows is denied. The owner of the root, and user 0, may all.
 */
#ifndef PKGD_SERVER_ACCESS_H
#define PKGD_SERVER_ACCESS_H

#include "base/json.h"
#include "pkgd/methods.h"
#include "pkgd/server/peer.h"
#include "pkgd/server/proxy.h"

#include <stdbool.h>

struct access; /* opaque: the rules */

#define ACCESS_FILE "/etc/weld/pkgd.conf"
#define ACCESS_LOCAL_FILES "local-files" /* the verb that no rule can give */

/*
 * Read the rules; where there is no file, everybody may read and only the owner change.
 *
 * Owner:  the caller frees *ret_access with access_free()
 * Errors: ERR_FORMAT (names file and rule), ERR_NOT_FOUND (a user or group that is named), ERR_IO
 *         (the file belongs to somebody else, or others can write to it, or read a password in it)
 * Source: weld-pkgd.conf(5)
 */
int access_read(const char *path, struct access **ret_access);

/* NULL is accepted, *access becomes NULL. */
void access_free(struct access **access);

/* The proxy that stands beside the rules. Owner: access */
const struct proxy *access_proxy(const struct access *access);

/* Whether a rule gives this verb to the peer. */
bool access_allows(const struct access *access, const struct peer *peer, const char *verb);

/*
 * Decide about a call from all that it says: the verb of its method, and those that its parameters
 * ask for besides.
 *
 * ret_verb is the verb that is missing.
 *
 * Errors: ERR_FAILED
 */
int access_check(const struct access *access, const struct peer *peer,
	const struct method *method, const json_t *parameters, const char **ret_verb);

/* Whether the call only asks what a change would do. */
bool access_is_question(const struct method *method, const json_t *parameters);

#endif
