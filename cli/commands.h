/* SPDX-License-Identifier: MIT */
/*
 * commands: what stands behind the rows of the command table.
 *
 * Each does what its row's summary says; 0 or a positive exit status when it
 * was done and reported, a negative code otherwise.
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

/* cmd_apply.c */
int cmd_apply(struct invocation *call);

/* cmd_attach.c */
int cmd_attach(struct invocation *call);

/* cmd_audit.c */
int cmd_audit(struct invocation *call);

/* cmd_build.c */
int cmd_build(struct invocation *call);

/* cmd_care.c */
int cmd_verify(struct invocation *call);
int cmd_repair(struct invocation *call);
int cmd_gc(struct invocation *call);
int cmd_policy_show(struct invocation *call);
int cmd_policy_set(struct invocation *call);
int cmd_env(struct invocation *call);

/* cmd_change.c */
int cmd_install(struct invocation *call);
int cmd_remove(struct invocation *call);
int cmd_purge(struct invocation *call);
int cmd_autoremove(struct invocation *call);
int cmd_upgrade(struct invocation *call);
int cmd_hold(struct invocation *call);
int cmd_unhold(struct invocation *call);
int cmd_mark(struct invocation *call);
int cmd_relink(struct invocation *call);
int cmd_improve(struct invocation *call);

/* cmd_graph.c */
int cmd_graph(struct invocation *call);
int cmd_why(struct invocation *call);
int cmd_tree(struct invocation *call);
int cmd_leaves(struct invocation *call);

/* cmd_history.c */
int cmd_history(struct invocation *call);
int cmd_history_info(struct invocation *call);
int cmd_generations(struct invocation *call);
int cmd_rollback(struct invocation *call);
int cmd_diff(struct invocation *call);

/* cmd_image.c */
int cmd_image_build(struct invocation *call);

/* cmd_machine.c */
int cmd_image_show(struct invocation *call);
int cmd_image_verify(struct invocation *call);
int cmd_image_extract(struct invocation *call);
int cmd_image_run(struct invocation *call);

/* cmd_key.c */
int cmd_key_generate(struct invocation *call);
int cmd_key_list(struct invocation *call);
int cmd_key_export(struct invocation *call);
int cmd_key_import(struct invocation *call);

/* cmd_publish.c */
int cmd_repo_init(struct invocation *call);
int cmd_repo_publish(struct invocation *call);
int cmd_repo_lower(struct invocation *call);
int cmd_repo_sign(struct invocation *call);
int cmd_repo_rotate(struct invocation *call);
int cmd_repo_check(struct invocation *call);
int cmd_repo_serve(struct invocation *call);

/* cmd_query.c */
int cmd_list(struct invocation *call);
int cmd_search(struct invocation *call);
int cmd_info(struct invocation *call);
int cmd_files(struct invocation *call);
int cmd_provides(struct invocation *call);

/* cmd_run.c */
int cmd_run(struct invocation *call);

/* cmd_sbom.c */
int cmd_sbom(struct invocation *call);
int cmd_licenses(struct invocation *call);

/* cmd_replace.c */
int cmd_why_not(struct invocation *call);
int cmd_can_replace(struct invocation *call);

/* cmd_slots.c */
int cmd_slots(struct invocation *call);

/* cmd_symbols.c */
int cmd_symbols(struct invocation *call);
int cmd_binds(struct invocation *call);
int cmd_owns(struct invocation *call);

/* cmd_sql.c */
int cmd_sql(struct invocation *call);

/* cmd_trust.c */
int cmd_repo_add(struct invocation *call);
int cmd_repo_remove(struct invocation *call);
int cmd_repo_enable(struct invocation *call);
int cmd_repo_disable(struct invocation *call);
int cmd_repo_priority(struct invocation *call);
int cmd_repo_list(struct invocation *call);
int cmd_update(struct invocation *call);

/* cmd_config.c */
int cmd_config_list(struct invocation *call);
int cmd_config_diff(struct invocation *call);
int cmd_config_merge(struct invocation *call);

/* cmd_debug.c */
int cmd_debug(struct invocation *call);
int cmd_debug_dump(struct invocation *call);

#endif
