/* SPDX-License-Identifier: MIT */
/*
 * weld debug: find debug information, offer to install what is missing, and become gdb.
 *
 * gdb finds slots by itself. What it is told is where the program's symbols are, and
 * a directory (its sysroot) in which the slots have debug information.
 */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int
ask_debug(struct invocation *call, json_t **ret_reply)
{
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "program", json_string(call->args[0]));
	return ask_pkgd(call, "Debug", parameters, ret_reply);
}

/* Add "debug:NAME=VERSION-RELEASE" of a package "NAME-VERSION-RELEASE", once. */
static void
add_wanted(struct invocation *call, json_t *names, const char *label)
{
	const char *release = strrchr(label, '-');
	const char *version = release;
	const char *name;
	size_t i;
	json_t *old;

	while (version > label && version[-1] != '-')
		version--;
	if (release == NULL || version == label)
		return;
	name = arena_printf(
		call->arena, "debug:%.*s=%s", (int)(version - 1 - label), label, version);
	json_array_foreach(names, i, old) if (strcmp(json_string_value(old), name) == 0) return;
	json_array_append_new(names, json_string(name));
}

static json_t *
list_wanted(struct invocation *call, const json_t *reply)
{
	json_t *names = json_array();
	size_t i, n;
	json_t *image, *missing;

	json_array_foreach(json_object_get(reply, "images"), i, image)
		json_array_foreach(json_object_get(image, "missing"), n, missing)
			add_wanted(call, names, json_string_value(missing));
	return names;
}

/* Install one debug package; 1 when nobody offers it, which is no failure. */
static int
install_one(struct invocation *call, const json_t *name)
{
	json_t *parameters, *reply = NULL;
	int ret;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "names", json_pack("[s]", json_string_value(name)));
	json_object_set_new(parameters, "command",
		json_string(arena_printf(call->arena, "weld debug %s", call->args[0])));
	ret = ask_pkgd(call, "Install", parameters, &reply);
	json_decref(reply);
	if (ret == ERR_NOT_FOUND || ret == ERR_UNRESOLVABLE) {
		output_say(call->output, "%s: nobody offers it", json_string_value(name));
		return 1;
	}
	return ret;
}

/* Install what is missing and offered; whether anything was. */
static int
install_missing(struct invocation *call, const json_t *reply, bool *ret_is_new)
{
	json_t *names AUTO(json_release) = list_wanted(call, reply);
	size_t i;
	json_t *name;

	*ret_is_new = false;
	json_array_foreach(names, i, name)
	{
		int ret = install_one(call, name);

		TRY(ret);
		*ret_is_new = *ret_is_new || ret == 0;
	}
	return 0;
}

static void
tell_images(const struct invocation *call, const json_t *reply)
{
	size_t i;
	json_t *image;

	json_array_foreach(json_object_get(reply, "images"), i, image)
	{
		const char *why_not = json_string_value(json_object_get(image, "why_not"));

		output_say(call->output, "%s: %s",
			json_string_value(json_object_get(image, "name")),
			why_not == NULL ? "source lines and variables" : why_not);
	}
}

/* The arguments of gdb: before the program those that were given before its name. */
static int
run_gdb(struct invocation *call, const json_t *reply)
{
	const char *symbols = json_string_value(json_object_get(reply, "symbols"));
	const char *program = json_string_value(json_object_get(reply, "program"));
	const char *sysroot = json_string_value(json_object_get(reply, "sysroot"));
	const char *core = option_value(call, "core", NULL);
	const char *pid = option_value(call, "pid", NULL);
	VEC(const char *) argv = { 0 };

	vec_push(call->arena, &argv, "gdb");
	vec_push(call->arena, &argv, "-iex");
	vec_push(call->arena, &argv, arena_printf(call->arena, "set sysroot %s", sysroot));
	/* Paths of sources are padded with slashes, as all that has the prefix in it. */
	vec_push(call->arena, &argv, "-iex");
	vec_push(call->arena, &argv, "set filename-display basename");
	for (size_t i = 0; i < call->option_count; i++)
		if (strcmp(call->options[i].row->name, "execute") == 0) {
			vec_push(call->arena, &argv, "-ex");
			vec_push(call->arena, &argv, call->options[i].value);
		}
	if (option_given(call, "batch"))
		vec_push(call->arena, &argv, "-batch");
	if (core != NULL || pid != NULL) {
		vec_push(
			call->arena, &argv, arena_printf(call->arena, "--symbols=%s", symbols));
		vec_push(call->arena, &argv, arena_printf(call->arena, "--exec=%s", program));
		vec_push(call->arena, &argv,
			core != NULL ? arena_printf(call->arena, "--core=%s", core)
				     : arena_printf(call->arena, "--pid=%s", pid));
	} else {
		vec_push(call->arena, &argv, "--args");
		vec_push(call->arena, &argv, symbols);
		for (size_t i = 1; i < call->arg_count; i++)
			vec_push(call->arena, &argv, call->args[i]);
	}
	vec_push(call->arena, &argv, NULL);
	fflush(stdout);
	execvp(argv.at[0], (char *const *)argv.at);
	return err_errno("gdb: cannot be run (install it with your system's packages)");
}

int
cmd_debug(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL, *again = NULL;
	bool is_new = false;

	if (option_given(call, "core") && option_given(call, "pid"))
		return err_set(ERR_USAGE, "--core and --pid: one of them");
	TRY(ask_debug(call, &reply));
	if (!option_given(call, "no-install"))
		TRY(install_missing(call, reply, &is_new));
	if (is_new) {
		TRY(ask_debug(call, &again));
		json_decref(reply);
		reply = again;
	}
	if (call->output->is_json)
		return output_json(call, json_incref(reply)), 0;
	tell_images(call, reply);
	return run_gdb(call, reply);
}
