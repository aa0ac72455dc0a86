/* SPDX-License-Identifier: MIT */
/* weld repo add, list, remove, enable, disable, priority, and update: what this root trusts. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"
#include "cli/table.h"
#include "cli/url.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOT_METADATA_MAX (1u << 20) /* bytes */

/* Send the request; a change of this kind has one line as its answer. */
static int
change(struct invocation *call, const char *method, json_t *parameters, const char *done)
{
	json_t *reply AUTO(json_release) = NULL;

	TRY(ask_answer(call, method, parameters, &reply));
	if (reply != NULL && !ask_is_dry_run(call))
		output_say(call->output, "%s", done);
	return 0;
}

int
cmd_repo_add(struct invocation *call)
{
	const char *key = option_value(call, "key", NULL);
	const char *url = NULL;
	struct str metadata;
	json_t *parameters;

	if (key == NULL)
		return err_set(ERR_USAGE,
			"weld repo add: needs --key=FILE, the root metadata that "
			"the repository's owner gave you");
	TRY(url_of(call->arena, call->args[1], &url));
	TRY(file_read(call->arena, AT_FDCWD, key, ROOT_METADATA_MAX, &metadata));
	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "name", json_string(call->args[0]));
	json_object_set_new(parameters, "url", json_string(url));
	json_object_set_new(parameters, "root_metadata", json_string(metadata.at));
	return change(call, "RepoAdd", parameters,
		arena_printf(call->arena, "repository %s is trusted (now run 'weld update')",
			call->args[0]));
}

static int
repo_request(struct invocation *call, json_t **ret_parameters)
{
	TRY(ask_parameters(call, ret_parameters));
	json_object_set_new(*ret_parameters, "name", json_string(call->args[0]));
	return 0;
}

int
cmd_repo_remove(struct invocation *call)
{
	json_t *parameters;

	TRY(repo_request(call, &parameters));
	return change(call, "RepoRemove", parameters,
		arena_printf(call->arena, "repository %s is forgotten", call->args[0]));
}

static int
set_enabled(struct invocation *call, bool enabled)
{
	json_t *parameters;

	TRY(repo_request(call, &parameters));
	json_object_set_new(parameters, "enabled", json_boolean(enabled));
	return change(call, "RepoEnable", parameters,
		arena_printf(call->arena, "repository %s is %s", call->args[0],
			enabled ? "used" : "not used"));
}

int
cmd_repo_enable(struct invocation *call)
{
	return set_enabled(call, true);
}

int
cmd_repo_disable(struct invocation *call)
{
	return set_enabled(call, false);
}

int
cmd_repo_priority(struct invocation *call)
{
	json_t *parameters;
	char *end;
	long priority;

	errno = 0;
	priority = strtol(call->args[1], &end, 10);
	if (errno != 0 || end == call->args[1] || *end != '\0')
		return err_set(ERR_USAGE, "%s: not a number", call->args[1]);
	TRY(repo_request(call, &parameters));
	json_object_set_new(parameters, "priority", json_integer(priority));
	return change(call, "RepoPriority", parameters,
		arena_printf(call->arena, "repository %s has priority %ld", call->args[0],
			priority));
}

int
cmd_repo_list(struct invocation *call)
{
	static const char *const headings[] = { "Name", ">Priority", ">Packages", "Updated",
		"Use", "URL" };
	struct table table = { .arena = call->arena, .columns = 6, .headings = headings };
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	size_t i;
	json_t *repo;

	TRY(ask_parameters(call, &parameters));
	TRY(ask_answer(call, "RepoList", parameters, &reply));
	json_array_foreach(json_object_get(reply, "repositories"), i, repo)
	{
		json_int_t updated = json_integer_value(json_object_get(repo, "updated"));
		const char *cells[6] = { reply_text(repo, "name"),
			arena_printf(call->arena, "%" JSON_INTEGER_FORMAT,
				json_integer_value(json_object_get(repo, "priority"))),
			arena_printf(call->arena, "%" JSON_INTEGER_FORMAT,
				json_integer_value(json_object_get(repo, "packages"))),
			updated == 0 ? "never" : output_time(call->arena, updated),
			json_is_true(json_object_get(repo, "enabled")) ? "" : "disabled",
			reply_text(repo, "url") };

		table_add(&table, STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
	return 0;
}

int
cmd_update(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	size_t i;
	json_t *repo;

	TRY(ask_parameters(call, &parameters));
	TRY(ask_answer(call, "Update", parameters, &reply));
	json_array_foreach(json_object_get(reply, "updated"), i, repo) printf(
		"%s: %s, %" JSON_INTEGER_FORMAT " packages\n", reply_text(repo, "name"),
		json_is_true(json_object_get(repo, "changed")) ? "updated" : "was current",
		json_integer_value(json_object_get(repo, "packages")));
	return 0;
}
