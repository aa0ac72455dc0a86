/* SPDX-License-Identifier: MIT */
/* What was done, the states that came of it, and going back. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/plan_view.h"
#include "cli/reply.h"
#include "cli/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number of a generation or event, as an argument. */
static int
parse_number(const char *text, json_int_t *ret_number)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || end == text || number < 1)
		return err_set(ERR_USAGE, "%s: not a number", text);
	*ret_number = number;
	return 0;
}

static void
print_events(const struct invocation *call, const json_t *events)
{
	static const char *const headings[] = { ">Id", "When", "Generation", "Result",
		"Command" };
	struct table table = { .arena = call->arena, .columns = 5, .headings = headings };
	size_t i;
	json_t *event;

	json_array_foreach(events, i, event)
	{
		const char *cells[5] = { arena_printf(call->arena, "%" PRId64,
						 reply_number(event, "id")),
			output_time(call->arena, reply_number(event, "time")),
			arena_printf(call->arena, "%" PRId64 " -> %" PRId64,
				reply_number(event, "before"), reply_number(event, "after")),
			reply_text(event, "result"), reply_text(event, "command") };

		table_add(&table, STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
}

static void
print_changes(const struct invocation *call, const json_t *changes)
{
	struct table table = { .arena = call->arena, .columns = 3 };
	size_t i;
	json_t *change;

	json_array_foreach(changes, i, change)
	{
		const char *action = reply_text(change, "action");
		bool is_new = strcmp(action, "install") == 0;
		bool is_gone = strcmp(action, "remove") == 0;
		const char *cells[3] = { is_new    ? "+"
					 : is_gone ? "-"
						   : "~",
			reply_text(change, "name"),
			is_new    ? reply_text(change, "version")
			: is_gone ? reply_text(change, "old_version")
				  : arena_printf(call->arena, "%s -> %s",
					    reply_text(change, "old_version"),
					    reply_text(change, "version")) };

		table_add(&table,
			is_new    ? STYLE_NEW
			: is_gone ? STYLE_REMOVED
				  : STYLE_CHANGED,
			cells);
	}
	table_print(&table, call->output, stdout);
}

/* "+z -bz2" of two lists; "" when both are missing. */
static const char *
signed_names(struct arena *arena, const json_t *added, const json_t *removed)
{
	const char *more = reply_join(arena, added, " +");
	const char *less = reply_join(arena, removed, " -");

	return arena_printf(arena, "%s%s%s%s", more[0] == '\0' ? "" : " +", more,
		less[0] == '\0' ? "" : " -", less);
}

/* What became of an image: where it moved, what it is bound to now. */
static const char *
image_change(struct arena *arena, const json_t *image)
{
	const json_t *old = json_object_get(image, "old_slot");
	const json_t *new = json_object_get(image, "slot");
	const char *slots = signed_names(arena, json_object_get(image, "slots_added"),
		json_object_get(image, "slots_removed"));
	const char *privates = signed_names(arena, json_object_get(image, "private_added"),
		json_object_get(image, "private_removed"));
	const char *place = "";

	if (new != NULL && strcmp(reply_text(old, "address"), reply_text(new, "address")) != 0)
		place = arena_printf(arena, "%s -> %s, ", reply_text(old, "address"),
			reply_text(new, "address"));
	else if (reply_flag(image, "layout_changed"))
		place = "new layout, ";
	return arena_printf(arena, "%s%s -> %s%s%s%s%s", place,
		output_size(arena, (uint64_t)reply_number(image, "old_size")),
		output_size(arena, (uint64_t)reply_number(image, "size")),
		slots[0] == '\0' ? "" : ", slots", slots,
		privates[0] == '\0' ? "" : ", private", privates);
}

static void
print_images(const struct invocation *call, const json_t *images)
{
	struct table table = { .arena = call->arena, .columns = 4 };
	size_t i;
	json_t *image;

	json_array_foreach(images, i, image)
	{
		const char *action = reply_text(image, "action");
		bool is_new = strcmp(action, "add") == 0;
		bool is_gone = strcmp(action, "remove") == 0;
		const char *cells[4] = { is_new    ? "+"
					 : is_gone ? "-"
						   : "~",
			reply_text(image, "kind"), reply_text(image, "name"),
			is_new || is_gone ? reply_text(image, "package")
					  : image_change(call->arena, image) };

		table_add(&table,
			is_new    ? STYLE_NEW
			: is_gone ? STYLE_REMOVED
				  : STYLE_CHANGED,
			cells);
	}
	table_print(&table, call->output, stdout);
}

/* "3 full, 1 instant"; "" without images. */
static const char *
tiers_text(struct arena *arena, const json_t *tiers)
{
	static const char *const names[] = { "full", "fast", "instant" };
	const char *text = "";

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		int64_t count = reply_number(tiers, names[i]);

		if (count > 0)
			text = arena_printf(arena, "%s%s%" PRId64 " %s", text,
				text[0] == '\0' ? "" : ", ", count, names[i]);
	}
	return text;
}

static int
ask_history(struct invocation *call, json_int_t id, json_t **ret_reply)
{
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "id", json_integer(id));
	return ask_answer(call, "History", parameters, ret_reply);
}

int
cmd_history(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;

	TRY(ask_history(call, 0, &reply));
	if (reply != NULL)
		print_events(call, json_object_get(reply, "events"));
	return 0;
}

int
cmd_history_info(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	const char *tiers;
	json_int_t id;

	TRY(parse_number(call->args[0], &id));
	TRY(ask_history(call, id, &reply));
	if (reply == NULL)
		return 0;
	print_events(call, json_object_get(reply, "events"));
	print_changes(call, json_object_get(reply, "changes"));
	tiers = tiers_text(call->arena, json_object_get(reply, "tiers"));
	if (tiers[0] != '\0')
		printf("Images: %s\n", tiers);
	return 0;
}

int
cmd_generations(struct invocation *call)
{
	static const char *const headings[] = { ">Number", "", "When", ">Packages", "Images",
		"Command" };
	struct table table = { .arena = call->arena, .columns = 6, .headings = headings };
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	size_t i;
	json_t *generation;

	TRY(ask_parameters(call, &parameters));
	TRY(ask_answer(call, "Generations", parameters, &reply));
	json_array_foreach(json_object_get(reply, "generations"), i, generation)
	{
		bool is_current = json_is_true(json_object_get(generation, "current"));
		int64_t published = reply_number(generation, "published");
		const char *tiers =
			tiers_text(call->arena, json_object_get(generation, "tiers"));
		const char *cells[6] = { arena_printf(call->arena, "%" PRId64,
						 reply_number(generation, "number")),
			is_current ? "current" : "",
			output_time(call->arena, reply_number(generation, "time")),
			arena_printf(
				call->arena, "%" PRId64, reply_number(generation, "packages")),
			published == 0
				? tiers
				: arena_printf(call->arena, "%s; %" PRId64 " from builders",
					  tiers, published),
			reply_text(generation, "command") };

		table_add(&table, is_current ? STYLE_NEW : STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
	return 0;
}

int
cmd_rollback(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	json_int_t number = 0;

	if (call->arg_count > 0)
		TRY(parse_number(call->args[0], &number));
	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "generation", json_integer(number));
	json_object_set_new(parameters, "command",
		json_string(number == 0 ? "weld rollback"
					: arena_printf(call->arena, "weld rollback %" PRId64,
						  (int64_t)number)));
	TRY(ask_answer(call, "Rollback", parameters, &reply));
	if (reply != NULL && !ask_is_dry_run(call))
		printf("generation %" PRId64 " is current\n",
			reply_number(reply, "generation"));
	if (reply != NULL && !ask_is_dry_run(call))
		plan_view_services(call, reply);
	return 0;
}

int
cmd_diff(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	json_int_t from;
	json_int_t to;

	TRY(parse_number(call->args[0], &from));
	TRY(parse_number(call->args[1], &to));
	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "from", json_integer(from));
	json_object_set_new(parameters, "to", json_integer(to));
	TRY(ask_answer(call, "Diff", parameters, &reply));
	if (reply == NULL)
		return 0;
	print_changes(call, json_object_get(reply, "changes"));
	print_images(call, json_object_get(reply, "images"));
	return 0;
}
