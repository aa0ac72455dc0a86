/* SPDX-License-Identifier: MIT */
/*
 * ask: one request to pkgd, with its plan shown, consent asked and progress drawn.
 */
#ifndef CLI_ASK_H
#define CLI_ASK_H

#include "base/json.h"

#include <stdbool.h>

struct invocation;

/* Whether --dry-run or --simulate was given. */
bool ask_is_dry_run(const struct invocation *call);

/*
 * The parameters that every request has: root, wait, offline.
 *
 * Owner:  the caller
 * Errors: as options_root(), ERR_USAGE
 */
int ask_parameters(const struct invocation *call, json_t **ret_parameters);

/*
 * What pkgd gets for an argument: 0 and a name as it is, or 1 and the absolute path of a package file,
 * which has a slash or ends in .weld.
 *
 * Errors: ERR_NOT_FOUND (a file), ERR_USAGE (a path that JSON cannot hold)
 */
int ask_package(struct invocation *call, const char *argument, const char **ret_package);

/*
 * Put the invocation's arguments into the parameters: names of packages as "names", package files,
 * which have a slash or end in .weld, with their absolute paths as "files".
 *
 * Errors: ERR_NOT_FOUND (a file), ERR_USAGE (a path that JSON cannot hold)
 */
int ask_add_packages(struct invocation *call, json_t *parameters);

/*
 * Hand a request to pkgd: to the daemon of the root where one is, else to this process.
 *
 * Owner:  takes the reference to parameters; the caller releases *ret_reply
 * Errors: any that pkgd gives
 */
int
ask_pkgd(struct invocation *call, const char *method, json_t *parameters, json_t **ret_reply);

/*
 * Ask the daemon about itself; there must be one.
 *
 * Owner:  takes the reference to parameters; the caller releases *ret_reply
 * Errors: any that it gives, ERR_NOT_FOUND (there is none)
 */
int
ask_daemon(struct invocation *call, const char *method, json_t *parameters, json_t **ret_reply);

/*
 * Ask with the invocation's arguments as "names"; with --json the reply is printed.
 *
 * ret_reply is NULL when the reply was printed: nothing is left to show.
 */
int ask_names(struct invocation *call, const char *method, json_t **ret_reply);

/* ask_pkgd(), and with --json print the reply: *ret_reply is NULL then. */
int
ask_answer(struct invocation *call, const char *method, json_t *parameters, json_t **ret_reply);

#endif
