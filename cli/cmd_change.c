/* SPDX-License-Identifier: MIT */
/* The commands that make a new generation: all show a plan, ask, and end with one line. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/change.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan_view.h"
#include "cli/reply.h"

#include <stdio.h>
#include <string.h>

const char *
change_command_text(const struct invocation *call)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	strbuf_printf(&text, "weld %s", call->command->name);
	for (size_t i = 0; i < call->option_count; i++)
		if (call->command->options != NULL)
			for (const struct option_row *row = call->command->options; row->name;
				row++)
				if (row == call->options[i].row)
					strbuf_printf(&text, " --%s", row->name);
	for (size_t i = 0; i < call->arg_count; i++)
		strbuf_printf(&text, " %s", call->args[i]);
	return arena_string(call->arena, strbuf_string(&text));
}

/* After the first generation: where the programs are. */
static int
tell_where(const struct invocation *call, const json_t *reply)
{
	const char *arch = reply_text(reply, "arch");
	const char *root;

	TRY(options_root(call, &root));
	if (reply_flag(reply, "is_foreign"))
		output_say(call->output,
			"The programs are in %s/current/bin. They run on %s machines, and here "
			"under qemu-%s.",
			root, arch, arch);
	else
		output_say(call->output, "The programs are in %s/current/bin (see 'weld env').",
			root);
	return 0;
}

int
change_show(struct invocation *call, json_t *reply, const char *written)
{
	if (call->output->is_json) {
		output_json(call, json_incref(reply));
		return 0;
	}
	if (json_is_true(json_object_get(reply, "nothing")))
		output_say(call->output, "Nothing to do.");
	else
		plan_view_summary(call, reply);
	if (written != NULL)
		output_say(call->output, "%s is written.", written);
	if (reply_number(reply, "generation") == 1)
		TRY(tell_where(call, reply));
	return 0;
}

/* Ask for a change, and show what became of it. */
static int
change(struct invocation *call, const char *method, json_t *parameters)
{
	json_t *reply AUTO(json_release) = NULL;

	json_object_set_new(parameters, "command", json_string(change_command_text(call)));
	TRY(ask_pkgd(call, method, parameters, &reply));
	return change_show(call, reply, NULL);
}

static int
change_names(struct invocation *call, const char *method, const char *flag)
{
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(
		parameters, "names", json_from_strings(call->args, call->arg_count));
	if (flag != NULL)
		json_object_set_new(parameters, flag, json_true());
	return change(call, method, parameters);
}

int
cmd_install(struct invocation *call)
{
	const char *arch = option_value(call, "arch", NULL);
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	TRY(ask_add_packages(call, parameters));
	json_object_set_new(
		parameters, "reinstall", json_boolean(option_given(call, "reinstall")));
	json_object_set_new(parameters, "may_downgrade",
		json_boolean(option_given(call, "allow-downgrade")));
	if (arch != NULL)
		json_object_set_new(parameters, "arch", json_string(arch));
	return change(call, "Install", parameters);
}

static int
remove_names(struct invocation *call, bool is_purge)
{
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(
		parameters, "names", json_from_strings(call->args, call->arg_count));
	json_object_set_new(
		parameters, "may_remove", json_boolean(option_given(call, "cascade")));
	json_object_set_new(parameters, "purge", json_boolean(is_purge));
	return change(call, "Remove", parameters);
}

int
cmd_remove(struct invocation *call)
{
	return remove_names(call, false);
}

int
cmd_purge(struct invocation *call)
{
	return remove_names(call, true);
}

int
cmd_autoremove(struct invocation *call)
{
	return change_names(call, "Autoremove", NULL);
}

int
cmd_upgrade(struct invocation *call)
{
	return change_names(call, "Upgrade", option_given(call, "full") ? "full" : NULL);
}

static int
mark(struct invocation *call, const char *what, char *const *names, size_t count)
{
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "mark", json_string(what));
	json_object_set_new(parameters, "names", json_from_strings(names, count));
	return change(call, "Mark", parameters);
}

int
cmd_hold(struct invocation *call)
{
	return mark(call, "hold", call->args, call->arg_count);
}

int
cmd_unhold(struct invocation *call)
{
	return mark(call, "unhold", call->args, call->arg_count);
}

int
cmd_mark(struct invocation *call)
{
	const char *what = call->args[0];

	if (strcmp(what, "auto") != 0 && strcmp(what, "manual") != 0)
		return err_set(ERR_USAGE, "%s: not one of auto, manual", what);
	return mark(call, what, call->args + 1, call->arg_count - 1);
}

int
cmd_relink(struct invocation *call)
{
	return change_names(call, "Relink", option_given(call, "reseed") ? "reseed" : NULL);
}
