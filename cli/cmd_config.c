/* SPDX-License-Identifier: MIT */
/* weld config: what the user changed in configuration files, and what packages changed since. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/process.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>

static const struct state_text {
	const char *state;
	const char *text;
} state_texts[] = {
	{ "same", "as the package has it" },
	{ "changed", "changed by you" },
	{ "pending", "to be merged: changed by you, and by the package since" },
	{ "odd", "no file that can be read" },
};

static int
ask_list(struct invocation *call, json_t **ret_reply)
{
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(
		parameters, "names", json_from_strings(call->args, call->arg_count));
	return ask_pkgd(call, "ConfigList", parameters, ret_reply);
}

static bool
is_same(const json_t *file)
{
	return strcmp(reply_text(file, "state"), "same") == 0;
}

/* Leave out those that do not differ. */
static void
drop_same(json_t *files)
{
	for (size_t i = json_array_size(files); i > 0; i--)
		if (is_same(json_array_get(files, i - 1)))
			json_array_remove(files, i - 1);
}

int
cmd_config_list(struct invocation *call)
{
	struct table table = { .arena = call->arena, .columns = 3 };
	json_t *reply AUTO(json_release) = NULL;
	json_t *file;
	size_t i;

	TRY(ask_list(call, &reply));
	if (!option_given(call, "all"))
		drop_same(json_object_get(reply, "files"));
	if (call->output->is_json) {
		output_json(call, json_incref(reply));
		return 0;
	}
	json_array_foreach(json_object_get(reply, "files"), i, file)
	{
		const char *cells[3] = { reply_text(file, "path"), reply_text(file, "package"),
			"" };

		for (size_t k = 0; k < sizeof state_texts / sizeof state_texts[0]; k++)
			if (strcmp(reply_text(file, "state"), state_texts[k].state) == 0)
				cells[2] = state_texts[k].text;
		table_add(&table, STYLE_PLAIN, cells);
	}
	table_print(&table, call->output, stdout);
	return 0;
}

/* One difference as diff -u shows it; it has nothing to say of what cannot be read. */
static int
show_difference(struct invocation *call, const json_t *file, json_t *ret_text)
{
	const char *path = reply_text(file, "path");
	const char *argv[] = { "/usr/bin/diff", "-u", "--label",
		arena_printf(call->arena, "%s (%s)", path, reply_text(file, "package")),
		"--label", arena_printf(call->arena, "%s (yours)", path), "--",
		reply_text(file, "theirs"), reply_text(file, "yours"), NULL };
	const struct process process = { .argv = argv };
	struct str text;
	int status;

	TRY(process_capture(call->arena, &process, &status, &text));
	if (status > 1)
		return err_set(ERR_IO, "%s: %s", path, output_clean(call->arena, text.at));
	if (!call->output->is_json)
		fwrite(text.at, 1, text.len, stdout);
	else if (json_can_hold(text.at))
		json_object_set_new(ret_text, path, json_string(text.at));
	return 0;
}

int
cmd_config_diff(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *texts = json_object();
	json_t *files;
	json_t *file;
	size_t i;

	TRY(ask_list(call, &reply));
	files = json_object_get(reply, "files");
	drop_same(files);
	json_object_set_new(reply, "differences", texts);
	json_array_foreach(files, i, file)
	{
		TRY(show_difference(call, file, texts));
	}
	if (call->output->is_json)
		output_json(call, json_incref(reply));
	return json_array_size(files) == 0 ? 0 : err_exit_status(ERR_FINDINGS);
}

static int
show_merged(struct invocation *call, const json_t *reply)
{
	const json_t *merged = json_object_get(reply, "merged");
	const json_t *failed = json_object_get(reply, "failed");
	json_t *item;
	size_t i;

	json_array_foreach(merged, i, item) printf("%s: %s\n", json_string_value(item),
		ask_is_dry_run(call) ? "would be merged" : "is merged");
	json_array_foreach(failed, i, item)
	{
		output_warn(
			call->output, output_clean(call->arena, reply_text(item, "problem")));
	}
	if (json_array_size(merged) + json_array_size(failed) == 0)
		output_say(call->output, "Nothing is to be merged.");
	return json_array_size(failed) == 0 ? 0 : err_exit_status(ERR_FINDINGS);
}

int
cmd_config_merge(struct invocation *call)
{
	bool is_ours = option_given(call, "ours");
	bool is_theirs = option_given(call, "theirs");
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;

	if (is_ours && is_theirs)
		return err_set(ERR_USAGE, "--ours and --theirs: one excludes the other");
	TRY(ask_parameters(call, &parameters));
	json_object_set_new(
		parameters, "names", json_from_strings(call->args, call->arg_count));
	json_object_set_new(parameters, "choice",
		json_string(is_ours     ? "ours"
			    : is_theirs ? "theirs"
					: "merge"));
	TRY(ask_pkgd(call, "ConfigMerge", parameters, &reply));
	if (!call->output->is_json)
		return show_merged(call, reply);
	output_json(call, json_incref(reply));
	return json_array_size(json_object_get(reply, "failed")) == 0
		       ? 0
		       : err_exit_status(ERR_FINDINGS);
}
