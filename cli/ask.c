/* SPDX-License-Identifier: MIT */
/* Events come while pkgd works; only the plan is answered. */
#include "cli/ask.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan_view.h"
#include "cli/progress.h"
#include "pkgd/protocol.h"

#include <stdlib.h>
#include <string.h>

struct ask {
	struct invocation *call;
	struct progress progress;
};

bool
ask_is_dry_run(const struct invocation *call)
{
	return option_given(call, "dry-run") || option_given(call, "simulate");
}

/* With a value it is how long to wait for the lock, without one that the best images be made now. */
static int
read_wait(const struct invocation *call, long *ret_seconds, bool *ret_is_full_now)
{
	struct invocation timed = *call;
	bool is_full_now = false;

	timed.options = arena_array(call->arena, call->option_count + 1, sizeof *timed.options);
	timed.option_count = 0;
	for (size_t i = 0; i < call->option_count; i++)
		if (strcmp(call->options[i].row->name, "wait") == 0 &&
			call->options[i].value == NULL)
			is_full_now = true;
		else
			timed.options[timed.option_count++] = call->options[i];
	TRY(option_number(&timed, "wait", 0, 86400, 0, ret_seconds));
	*ret_is_full_now = is_full_now;
	return 0;
}

int
ask_parameters(const struct invocation *call, json_t **ret_parameters)
{
	const char *root;
	bool is_full_now;
	long wait_s;
	json_t *parameters;

	TRY(options_root(call, &root));
	TRY(read_wait(call, &wait_s, &is_full_now));
	parameters = json_object();
	json_object_set_new(parameters, "root", json_string(root));
	json_object_set_new(parameters, "wait_s", json_integer(wait_s));
	json_object_set_new(parameters, "full_now", json_boolean(is_full_now));
	json_object_set_new(
		parameters, "is_watched", json_boolean(output_is_watched(call->output)));
	json_object_set_new(parameters, "offline", json_boolean(option_given(call, "offline")));
	json_object_set_new(parameters, "dry_run", json_boolean(ask_is_dry_run(call)));
	*ret_parameters = parameters;
	return 0;
}

/* Show what will be done and get a yes, from --yes or from the person. */
static int
consent_to_plan(struct ask *ask, const json_t *plan)
{
	const struct invocation *call = ask->call;
	bool dry_run = ask_is_dry_run(call);
	/* Marks are just what was asked for: there is nothing to find out about them. */
	bool is_settled = dry_run || option_given(call, "yes") || plan_view_is_marks(plan) ||
			  json_is_false(json_object_get(plan, "needs_consent"));

	if (call->output->is_json)
		return is_settled
			       ? 0
			       : err_set(ERR_CONSENT, "needs consent, and there is nobody to "
						      "ask (use --yes)");
	if (!call->output->is_quiet || dry_run)
		plan_view_print(call, plan, dry_run ? stdout : stderr);
	if (is_settled)
		return 0;
	return output_ask(call->output, "Do this?");
}

/* Closing the terminal does not end what a daemon does: say what does, before somebody tries. */
static void
tell_number(const struct ask *ask, const json_t *event)
{
	json_int_t number = json_integer_value(json_object_get(event, "operation"));

	if (!ask->call->output->is_json)
		output_say(ask->call->output,
			"pkgd does this, with or without this terminal ('weld attach %lld' "
			"follows it, 'weld attach --cancel %lld' ends it)",
			(long long)number, (long long)number);
}

static int
receive_event(void *data, const json_t *event)
{
	struct ask *ask = data;
	const char *kind = "";
	const char *text = "";

	TRY(json_get_string(event, "event", &kind));
	TRY(json_get_string_or(event, "text", "", &text));
	text = output_clean(ask->call->arena, text);
	if (strcmp(kind, "progress") == 0) {
		progress_show(&ask->progress, event);
		return 0;
	}
	progress_hide(&ask->progress);
	if (strcmp(kind, "plan") == 0) {
		TRY(consent_to_plan(ask, event));
		progress_begin(&ask->progress);
		return 0;
	}
	if (strcmp(kind, "operation") == 0)
		tell_number(ask, event);
	else if (strcmp(kind, "waiting") == 0)
		output_say(ask->call->output, "%s", text);
	else if (strcmp(kind, "warning") == 0)
		output_warn(ask->call->output, text);
	else if (strcmp(kind, "step") == 0 && !ask->call->output->is_json)
		output_say(ask->call->output, "%s", text);
	return 0;
}

/*
 * Connect to the daemon that serves the root: 1, or 0 when there is none. One that is named must be
 * there; the usual place may be empty.
 */
static int
reach_daemon(const struct invocation *call, const char *root, int *ret_fd)
{
	const char *named = getenv("WELD_SOCKET");
	char *usual;
	int ret;

	if (named != NULL && named[0] != '\0') {
		TRY(pkgd_connect(named, ret_fd));
		return 1;
	}
	if (pkgd_socket(call->arena, root, &usual) < 0)
		return 0;
	ret = pkgd_connect(usual, ret_fd);
	if (ret == ERR_NOT_FOUND)
		return 0;
	return ret < 0 ? ret : 1;
}

/* The request, and the daemon for it: -1 when this process carries it out. */
static int
prepare(const struct invocation *call, const char *method, json_t *parameters,
	json_t **ret_request, int *ret_fd)
{
	const char *name = arena_printf(call->arena, "%s%s", PKGD_INTERFACE, method);
	const char *root = json_string_value(json_object_get(parameters, "root"));

	*ret_request = json_pack("{s:s, s:o}", "method", name, "parameters", parameters);
	if (root == NULL || !pkgd_is_served(name))
		return 0;
	return reach_daemon(call, root, ret_fd);
}

int
ask_pkgd(struct invocation *call, const char *method, json_t *parameters, json_t **ret_reply)
{
	struct ask ask = { .call = call, .progress = { .output = call->output } };
	json_t *request AUTO(json_release) = NULL;
	int fd AUTO(file_close) = -1;
	int ret = prepare(call, method, parameters, &request, &fd);

	if (ret == 0)
		ret = pkgd_call(request, receive_event, &ask, ret_reply);
	else if (ret > 0)
		ret = pkgd_ask(fd, request, receive_event, &ask, ret_reply);
	progress_hide(&ask.progress);
	return ret;
}

/* A plan that somebody else agreed to, or was asked about. */
static int
receive_other(void *data, const json_t *event)
{
	struct ask *ask = data;
	const char *kind = "";

	TRY(json_get_string(event, "event", &kind));
	if (strcmp(kind, "operation") == 0)
		return 0;
	if (strcmp(kind, "plan") != 0)
		return receive_event(data, event);
	progress_begin(&ask->progress);
	return 0;
}

int
ask_daemon(struct invocation *call, const char *method, json_t *parameters, json_t **ret_reply)
{
	struct ask ask = { .call = call, .progress = { .output = call->output } };
	json_t *request AUTO(json_release) = json_pack("{s:s, s:o}", "method",
		arena_printf(call->arena, "%s%s", PKGD_INTERFACE, method), "parameters",
		parameters);
	int fd AUTO(file_close) = -1;
	const char *root;
	int ret;

	TRY(options_root(call, &root));
	ret = reach_daemon(call, root, &fd);
	if (ret == 0)
		return err_set(
			ERR_NOT_FOUND, "root %s: no daemon serves it (see pkgd(8))", root);
	TRY(ret);
	ret = pkgd_ask(fd, request, receive_other, &ask, ret_reply);
	progress_hide(&ask.progress);
	return ret;
}

int
ask_answer(struct invocation *call, const char *method, json_t *parameters, json_t **ret_reply)
{
	json_t *reply = NULL;

	TRY(ask_pkgd(call, method, parameters, &reply));
	if (call->output->is_json) {
		output_json(call, reply);
		reply = NULL;
	}
	*ret_reply = reply;
	return 0;
}

int
ask_names(struct invocation *call, const char *method, json_t **ret_reply)
{
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(
		parameters, "names", json_from_strings(call->args, call->arg_count));
	return ask_answer(call, method, parameters, ret_reply);
}

/* Package files are told from names by their ending or a slash. */
static bool
is_file(const char *argument)
{
	return strchr(argument, '/') != NULL || str_has_suffix(argument, ".weld");
}

static int
absolute_path(struct invocation *call, const char *path, const char **ret_path)
{
	char *real = realpath(path, NULL);

	if (real == NULL)
		return err_errno("%s", path);
	*ret_path = arena_string(call->arena, real);
	free(real);
	if (!json_can_hold(*ret_path))
		return err_set(ERR_USAGE,
			"%s: lies in a directory whose name is not UTF-8 text", path);
	return 0;
}

int
ask_package(struct invocation *call, const char *argument, const char **ret_package)
{
	if (is_file(argument)) {
		TRY(absolute_path(call, argument, ret_package));
		return 1;
	}
	*ret_package = argument;
	return 0;
}

int
ask_add_packages(struct invocation *call, json_t *parameters)
{
	json_t *names = json_array();
	json_t *files = json_array();

	json_object_set_new(parameters, "names", names);
	json_object_set_new(parameters, "files", files);
	for (size_t i = 0; i < call->arg_count; i++) {
		const char *package = NULL;
		int ret = ask_package(call, call->args[i], &package);

		TRY(ret);
		json_array_append_new(ret > 0 ? files : names, json_string(package));
	}
	return 0;
}
