/* SPDX-License-Identifier: MIT */
/* What would happen: what forbids a version, and whether a package could take another's place. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The clauses of one problem: what was asked for, what that needs, and what stands against it. */
static void
print_clauses(const struct invocation *call, const json_t *clauses)
{
	size_t i;
	json_t *clause;

	json_array_foreach(clauses, i, clause) printf("%*s%s\n", i == 0 ? 0 : 2, "",
		output_clean(call->arena, json_string_value(clause)));
}

static void
print_possible(const struct invocation *call, const json_t *reply)
{
	size_t i;
	json_t *change;

	output_say(call->output, "Nothing forbids %s: 'weld install' would change",
		reply_text(reply, "wanted"));
	json_array_foreach(json_object_get(reply, "changes"), i, change)
		output_say(call->output, "  %s %s %s", reply_text(change, "action"),
			reply_text(change, "name"), reply_text(change, "version"));
}

int
cmd_why_not(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	const json_t *problems;
	size_t i;
	json_t *problem;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "what", json_string(call->args[0]));
	TRY(ask_pkgd(call, "WhyNot", parameters, &reply));
	problems = json_object_get(reply, "problems");
	if (call->output->is_json) {
		output_json(call, json_incref(reply));
		return json_array_size(problems) > 0 ? 0 : err_exit_status(ERR_NOTHING);
	}
	json_array_foreach(problems, i, problem)
		print_clauses(call, json_object_get(problem, "clauses"));
	if (json_array_size(problems) > 0)
		return 0;
	if (reply_flag(reply, "installed"))
		output_say(call->output, "%s is installed", reply_text(reply, "wanted"));
	else
		print_possible(call, reply);
	return err_exit_status(ERR_NOTHING);
}

/* What is wrong, for a person: "type i32 (ptr) becomes i64 (ptr)". */
static const char *
difference(struct arena *arena, const json_t *problem)
{
	const char *kind = reply_text(problem, "kind");
	const char *old_type = reply_text(problem, "old_type");

	if (strcmp(kind, "vanished") == 0)
		return old_type[0] == '\0'
			       ? "is gone"
			       : arena_printf(arena, "is gone (it was %s)", old_type);
	if (strcmp(kind, "size") == 0)
		return arena_printf(arena,
			"has another size: %" PRId64 " bytes (%s) become %" PRId64 " (%s)",
			reply_number(problem, "old_size"), old_type,
			reply_number(problem, "new_size"), reply_text(problem, "new_type"));
	if (strcmp(kind, "type") == 0)
		return arena_printf(arena, "has another type: %s becomes %s", old_type,
			reply_text(problem, "new_type"));
	return strcmp(kind, "required") == 0 ? "is not met" : "is not there";
}

static void
print_problem(const struct invocation *call, const json_t *problem)
{
	struct arena *arena = call->arena;
	const char *unit = reply_text(problem, "unit");
	bool is_library = strcmp(reply_text(problem, "unit_kind"), "library") == 0;
	const char *kind = reply_text(problem, "kind");
	const char *library = reply_text(problem, "library");
	bool names_symbol = library[0] != '\0' && strcmp(kind, "library") != 0 &&
			    strcmp(library, reply_text(problem, "symbol")) != 0;

	printf("%s-%s%s%s%s: %s%s%s%s %s\n", reply_text(problem, "package"),
		reply_text(problem, "version"), unit[0] == '\0' ? "" : ", ",
		is_library ? "lib" : "", unit,
		strcmp(kind, "required") == 0 ? "the requirement " : "",
		output_clean(arena, reply_text(problem, "symbol")),
		names_symbol ? " of lib" : "", names_symbol ? library : "",
		output_clean(arena, difference(arena, problem)));
}

int
cmd_can_replace(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	const json_t *problems;
	size_t i;
	json_t *problem;
	const char *successor;

	TRY(ask_package(call, call->args[1], &successor));
	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "old", json_string(call->args[0]));
	json_object_set_new(parameters, "new", json_string(successor));
	TRY(ask_pkgd(call, "CanReplace", parameters, &reply));
	problems = json_object_get(reply, "problems");
	if (call->output->is_json) {
		output_json(call, json_incref(reply));
		return json_array_size(problems) == 0 ? 0 : err_exit_status(ERR_FINDINGS);
	}
	json_array_foreach(problems, i, problem) print_problem(call, problem);
	output_say(call->output,
		"%s %s the place of %s: %" PRId64 " programs and libraries use it; "
		"%" PRId64 " symbols are gone and %" PRId64 " changed that none of them needs",
		reply_text(reply, "new"),
		json_array_size(problems) == 0 ? "can take" : "cannot take",
		reply_text(reply, "old"), reply_number(reply, "users"),
		reply_number(reply, "unused_vanished"), reply_number(reply, "unused_changed"));
	return json_array_size(problems) == 0 ? 0 : err_exit_status(ERR_FINDINGS);
}
