/* SPDX-License-Identifier: MIT */
/* weld attach: what the daemon is doing; to follow it, or to end it. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan_view.h"
#include "cli/reply.h"
#include "cli/table.h"

#include <inttypes.h>
#include <stdio.h>

static int
list(struct invocation *call)
{
	struct table table = { .arena = call->arena, .columns = 5 };
	json_t *reply AUTO(json_release) = NULL;
	json_t *operation;
	size_t i;

	TRY(ask_daemon(call, "Operations", json_object(), &reply));
	if (call->output->is_json) {
		output_json(call, json_incref(reply));
		return 0;
	}
	json_array_foreach(json_object_get(reply, "operations"), i, operation)
	{
		const char *cells[5] = {
			arena_printf(
				call->arena, "%" PRId64, reply_number(operation, "operation")),
			reply_text(operation, "phase"),
			arena_printf(
				call->arena, "user %" PRId64, reply_number(operation, "uid")),
			output_duration(
				call->arena, (double)reply_number(operation, "seconds")),
			output_clean(call->arena, reply_text(operation, "command")),
		};

		table_add(&table, STYLE_PLAIN, cells);
	}
	if (table.rows.len == 0)
		output_say(call->output, "The daemon changes nothing.");
	table_print(&table, call->output, stdout);
	return 0;
}

static int
cancel(struct invocation *call, json_t *parameters)
{
	json_t *reply AUTO(json_release) = NULL;

	TRY(ask_daemon(call, "Cancel", parameters, &reply));
	if (call->output->is_json)
		output_json(call, json_incref(reply));
	else if (reply_flag(reply, "cancelled"))
		output_say(call->output, "Operation %" PRId64 " is being ended.",
			reply_number(reply, "operation"));
	else
		output_say(call->output, "Operation %" PRId64 " has ended already.",
			reply_number(reply, "operation"));
	return 0;
}

static int
follow(struct invocation *call, json_t *parameters)
{
	json_t *reply AUTO(json_release) = NULL;
	const json_t *operation, *result;

	TRY(ask_daemon(call, "Attach", parameters, &reply));
	if (call->output->is_json) {
		output_json(call, json_incref(reply));
		return 0;
	}
	operation = json_object_get(reply, "operation");
	result = json_object_get(reply, "reply");
	output_say(call->output, "'%s' by user %" PRId64 " is done.",
		output_clean(call->arena, reply_text(operation, "command")),
		reply_number(operation, "uid"));
	if (json_object_get(result, "images") != NULL)
		plan_view_summary(call, result);
	return 0;
}

int
cmd_attach(struct invocation *call)
{
	json_t *parameters = json_object();
	char *end;
	long long number;

	if (option_given(call, "list")) {
		json_decref(parameters);
		return list(call);
	}
	if (call->arg_count > 0) {
		number = strtoll(call->args[0], &end, 10);
		if (call->args[0][0] < '0' || call->args[0][0] > '9' || *end != '\0') {
			json_decref(parameters);
			return err_set(
				ERR_USAGE, "%s: not the number of an operation", call->args[0]);
		}
		json_object_set_new(parameters, "operation", json_integer(number));
	}
	return option_given(call, "cancel") ? cancel(call, parameters)
					    : follow(call, parameters);
}
