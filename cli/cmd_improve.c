/* SPDX-License-Identifier: MIT */
/* weld improve: better images of what was compiled in a hurry, now or in the background. */
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
print_status(struct invocation *call, json_t *parameters)
{
	struct table table = { .arena = call->arena, .columns = 2 };
	json_t *reply AUTO(json_release) = NULL;
	const char *failure;
	size_t i;
	json_t *image;

	TRY(ask_answer(call, "ImproveStatus", parameters, &reply));
	if (reply == NULL)
		return 0;
	failure = output_clean(call->arena, reply_text(reply, "failure"));
	if (reply_number(reply, "pid") != 0)
		printf("process %" PRId64 " makes better images (see 'weld improve --stop')\n",
			reply_number(reply, "pid"));
	else if (failure[0] != '\0')
		printf("nobody makes better images; the last attempt failed: %s\n", failure);
	json_array_foreach(json_object_get(reply, "worse"), i, image)
	{
		const char *cells[2] = { arena_printf(call->arena, "%s%s",
						 reply_flag(image, "slot") ? "lib" : "",
						 reply_text(image, "name")),
			reply_text(image, "tier") };

		table_add(&table, STYLE_PLAIN, cells);
	}
	if (table.rows.len == 0)
		printf("all images are full\n");
	table_print(&table, call->output, stdout);
	return 0;
}

static int
stop(struct invocation *call, json_t *parameters)
{
	json_t *reply AUTO(json_release) = NULL;

	TRY(ask_answer(call, "ImproveStop", parameters, &reply));
	if (reply != NULL)
		output_say(call->output,
			reply_flag(reply, "stopped") ? "It was ended." : "Nobody was at it.");
	return 0;
}

int
cmd_improve(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	if (option_given(call, "status"))
		return print_status(call, parameters);
	if (option_given(call, "stop"))
		return stop(call, parameters);
	json_object_set_new(parameters, "idle", json_boolean(option_given(call, "idle")));
	json_object_set_new(
		parameters, "background", json_boolean(option_given(call, "background")));
	TRY(ask_answer(call, "Improve", parameters, &reply));
	if (reply == NULL || option_given(call, "background"))
		return 0;
	if (reply_flag(reply, "nothing"))
		output_say(call->output, "Nothing to do.");
	else
		plan_view_summary(call, reply);
	return 0;
}
