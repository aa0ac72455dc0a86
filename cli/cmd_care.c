/* SPDX-License-Identifier: MIT */
/* weld verify, repair, gc, policy, env and debug dump. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan_view.h"
#include "cli/reply.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

int
cmd_verify(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	const json_t *findings;
	size_t i;
	json_t *finding;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(
		parameters, "names", json_from_strings(call->args, call->arg_count));
	json_object_set_new(parameters, "all", json_boolean(option_given(call, "all")));
	json_object_set_new(parameters, "deep", json_boolean(option_given(call, "deep")));
	TRY(ask_pkgd(call, "Verify", parameters, &reply));
	findings = json_object_get(reply, "findings");
	if (call->output->is_json) {
		output_json(call, json_incref(reply));
		return json_array_size(findings) == 0 ? 0 : err_exit_status(ERR_FINDINGS);
	}
	json_array_foreach(findings, i, finding) printf("%s: %s%s%s%s\n",
		reply_text(finding, "path"), reply_text(finding, "problem"),
		reply_text(finding, "package")[0] == '\0' ? "" : " (",
		reply_text(finding, "package"),
		reply_text(finding, "package")[0] == '\0' ? "" : ")");
	if (json_array_size(findings) == 0) {
		output_say(call->output, "All is as it should be.");
		return 0;
	}
	output_say(call->output, "%zu findings (run 'weld repair')", json_array_size(findings));
	return err_exit_status(ERR_FINDINGS);
}

int
cmd_repair(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	TRY(ask_answer(call, "Repair", parameters, &reply));
	if (reply == NULL)
		return 0;
	if (reply_flag(reply, "nothing"))
		output_say(call->output, "Nothing is damaged.");
	else if (!ask_is_dry_run(call))
		plan_view_summary(call, reply);
	return 0;
}

int
cmd_gc(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	size_t i;
	json_t *item;
	long keep;

	TRY(option_number(call, "keep", 1, 1000000, -1, &keep));
	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "keep", json_integer(keep));
	json_object_set_new(parameters, "cache", json_boolean(option_given(call, "cache")));
	TRY(ask_answer(call, "Gc", parameters, &reply));
	if (reply == NULL)
		return 0;
	if (ask_is_dry_run(call) || option_given(call, "verbose"))
		json_array_foreach(json_object_get(reply, "removed"), i, item)
			printf("%s\n", reply_text(item, "path"));
	printf("%s %zu generations and %zu directories and files, %s\n",
		ask_is_dry_run(call) ? "would remove" : "removed",
		json_array_size(json_object_get(reply, "forgotten")),
		json_array_size(json_object_get(reply, "removed")),
		output_size(call->arena, (uint64_t)reply_number(reply, "bytes")));
	return 0;
}

int
cmd_policy_show(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	const json_t *harden;
	const char *key;
	json_t *value;

	TRY(ask_parameters(call, &parameters));
	TRY(ask_answer(call, "PolicyShow", parameters, &reply));
	json_object_foreach(json_object_get(reply, "policy"), key, value)
		printf("%s %s\n", key, json_string_value(value));
	if (reply == NULL)
		return 0;
	harden = json_object_get(reply, "harden");
	if (strcmp(reply_text(harden, "without"), "none") != 0)
		output_say(call->output, "there is no %s on %s: images have %s",
			reply_text(harden, "without"), reply_text(harden, "arch"),
			reply_text(harden, "with"));
	else
		output_say(call->output, "defences that are built in: %s",
			reply_text(harden, "with"));
	return 0;
}

int
cmd_policy_set(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "key", json_string(call->args[0]));
	json_object_set_new(parameters, "value", json_string(call->args[1]));
	TRY(ask_answer(call, "PolicySet", parameters, &reply));
	if (reply != NULL && !ask_is_dry_run(call))
		output_say(call->output,
			"policy %s is %s (from the next link on; see 'weld relink')",
			call->args[0], call->args[1]);
	return 0;
}

int
cmd_env(struct invocation *call)
{
	const char *root;

	TRY(options_root(call, &root));
	if (call->output->is_json) {
		output_json(
			call, json_pack("{s:s, s:s, s:s}", "root", root, "bin",
				      arena_printf(call->arena, "%s/current/bin", root), "man",
				      arena_printf(call->arena, "%s/current/share/man", root)));
		return 0;
	}
	printf("export PATH='%s/current/bin':\"$PATH\"\n", root);
	printf("export MANPATH='%s/current/share/man':\"${MANPATH-}\"\n", root);
	return 0;
}
