/* SPDX-License-Identifier: MIT */
/* weld run: a root with the package, then weld becomes the program. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"

#include <string.h>
#include <unistd.h>

static bool
has_program(const json_t *programs, const char *name)
{
	json_t *program;
	size_t i;

	json_array_foreach(programs, i, program)
	{
		if (strcmp(json_string_value(program), name) == 0)
			return true;
	}
	return false;
}

/* The one that was asked for, the package's namesake, or the only one. */
static int
choose_program(struct invocation *call, const json_t *reply, const char **ret_name)
{
	const json_t *programs = json_object_get(reply, "programs");
	const char *what = call->args[0];
	const char *package = arena_printf(call->arena, "%.*s", (int)strcspn(what, "="), what);
	const char *wanted = option_value(call, "program", NULL);

	if (json_array_size(programs) == 0)
		return err_set(ERR_NOT_FOUND, "%s: has no programs", what);
	if (wanted == NULL)
		wanted = json_array_size(programs) == 1
				 ? json_string_value(json_array_get(programs, 0))
				 : package;
	if (!has_program(programs, wanted))
		return err_set(ERR_NOT_FOUND,
			"%s: has no program %s (--program takes one of %s)", what, wanted,
			reply_join(call->arena, programs, ", "));
	*ret_name = wanted;
	return 0;
}

static int
run_program(struct invocation *call, const json_t *reply)
{
	char **argv = arena_array(call->arena, call->arg_count + 1, sizeof *argv);
	const char *name = NULL;
	char *path;

	TRY(choose_program(call, reply, &name));
	path = arena_printf(
		call->arena, "%s/current/bin/%s", reply_text(reply, "directory"), name);
	argv[0] = arena_string(call->arena, name);
	for (size_t i = 1; i < call->arg_count; i++)
		argv[i] = call->args[i];
	execv(path, argv);
	return err_errno("%s", path);
}

int
cmd_run(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "name", json_string(call->args[0]));
	json_object_set_new(parameters, "command",
		json_string(arena_printf(call->arena, "weld run %s", call->args[0])));
	TRY(ask_pkgd(call, "RunRoot", parameters, &reply));
	if (call->output->is_json) {
		output_json(call, json_incref(reply));
		return 0;
	}
	return ask_is_dry_run(call) ? 0 : run_program(call, reply);
}
