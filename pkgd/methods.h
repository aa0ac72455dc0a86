/* SPDX-License-Identifier: MIT */
/*
 * methods: what stands behind the rows of the method table in call.c.
 *
 * Parameters and replies are listed in pkgd/README.md.
 */
#ifndef PKGD_METHODS_H
#define PKGD_METHODS_H

#include "pkgd/request.h"

enum method_kind {
	METHOD_UNKNOWN, /* a row that does not say: the daemon serves it to nobody */
	METHOD_QUERY, /* changes nothing: any number at once */
	METHOD_PLANNED, /* sends a plan and does it with consent; with dry_run it is a query */
	METHOD_CHANGE, /* changes without a plan */
	METHOD_BACKGROUND, /* changes, and leaves the lock to others while it works */
	METHOD_LOCAL, /* works in directories of the caller's: in his own process only */
};

struct method {
	const char *name; /* behind PKGD_INTERFACE */
	request_handler *handler;
	const char *verb; /* what a daemon's policy calls it; "" for METHOD_LOCAL */
	enum method_kind kind;
};

/* The row of a method, from its full name. Errors: ERR_NOT_FOUND */
int method_find(const char *full_name, const struct method **ret_method);

/* The rows of the table in order; NULL behind the last. */
const struct method *method_at(size_t place);

int method_get_info(struct request *request);

/* method_change.c: transactions */
int method_install(struct request *request);
int method_remove(struct request *request);
int method_autoremove(struct request *request);
int method_upgrade(struct request *request);
int method_mark(struct request *request);
int method_relink(struct request *request);

/* method_run.c */
int method_run_root(struct request *request);

/* method_config.c */
int method_config_list(struct request *request);
int method_config_merge(struct request *request);

/* world/method_apply.c */
int method_apply(struct request *request);

/* method_query.c: what is installed and offered */
int method_list(struct request *request);
int method_search(struct request *request);
int method_info(struct request *request);
int method_files(struct request *request);
int method_provides(struct request *request);

/* graph/: how packages, images and symbols hang together */
int method_graph(struct request *request);
int method_why(struct request *request);
int method_tree(struct request *request);
int method_leaves(struct request *request);
int method_symbols(struct request *request);
int method_binds(struct request *request);
int method_owns(struct request *request);
int method_why_not(struct request *request);
int method_can_replace(struct request *request);

/* audit/method_audit.c: what advisories mean for what is installed */
int method_audit(struct request *request);

/* method_slots.c: how libraries are shared */
int method_slots(struct request *request);

/* method_improve.c: better images for what was compiled in a hurry */
int method_improve(struct request *request);
int method_improve_status(struct request *request);
int method_improve_stop(struct request *request);

/* method_debug.c: what a debugger needs */
int method_debug(struct request *request);

/* method_history.c: generations */
int method_history(struct request *request);
int method_generations(struct request *request);
int method_rollback(struct request *request);
int method_diff(struct request *request);

/* sbom/method_sbom.c: bills of materials */
int method_sbom(struct request *request);
int method_licenses(struct request *request);

/* sql/method_sql.c: questions in SQL */
int method_sql(struct request *request);

/* method_repo.c: what is trusted */
int method_repo_add(struct request *request);
int method_repo_list(struct request *request);
int method_repo_remove(struct request *request);
int method_repo_enable(struct request *request);
int method_repo_priority(struct request *request);
int method_update(struct request *request);

/* method_lower.c: what a builder publishes */
int method_repo_lower(struct request *request);

/* method_image.c: the root of a system image */
int method_image_root(struct request *request);

/* method_care.c: the root itself */
int method_verify(struct request *request);
int method_repair(struct request *request);
int method_gc(struct request *request);
int method_policy_show(struct request *request);
int method_policy_set(struct request *request);

#endif
