/* SPDX-License-Identifier: MIT */
/*
 * What is new, changed and removed, in this order; then what linking makes of
 * it; then the bytes. Nothing is left out: the plan is what a yes agrees to.
 */
#include "cli/plan_view.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/reply.h"
#include "cli/table.h"

#include <inttypes.h>
#include <string.h>

struct heading {
	const char *action;
	const char *text;
	enum style style;
};

static const struct heading headings[] = {
	{ "install", "New", STYLE_NEW },
	{ "upgrade", "Upgraded", STYLE_CHANGED },
	{ "downgrade", "Downgraded", STYLE_CHANGED },
	{ "reinstall", "Replaced by another build of the same version", STYLE_CHANGED },
	{ "change", "Changed", STYLE_CHANGED },
	{ "remove", "Removed", STYLE_REMOVED },
};

static void
print_changes(const struct invocation *call, const json_t *changes,
	const struct heading *heading, FILE *stream)
{
	struct table table = { .arena = call->arena, .columns = 4 };
	size_t i;
	json_t *change;

	json_array_foreach(changes, i, change)
	{
		const char *old = reply_text(change, "old_version");
		const char *version = reply_text(change, "version");
		int64_t size = reply_number(change, "size");
		const char *cells[4] = { arena_printf(call->arena, "  %s",
						 reply_text(change, "name")),
			version, "", "" };

		if (strcmp(reply_text(change, "action"), heading->action) != 0)
			continue;
		if (version[0] == '\0')
			cells[1] = old;
		else if (old[0] != '\0' && strcmp(old, version) != 0)
			cells[1] = arena_printf(call->arena, "%s -> %s", old, version);
		if (size > 0)
			cells[2] = output_size(call->arena, (uint64_t)size);
		if (reply_flag(change, "automatic"))
			cells[3] = reply_text(change, "reason");
		table_add(&table, heading->style, cells);
	}
	if (table.rows.len == 0)
		return;
	fprintf(stream, "%s%s:%s\n", output_style(call->output, stream, STYLE_STRONG),
		heading->text, output_style(call->output, stream, STYLE_PLAIN));
	table_print(&table, call->output, stream);
}

static void
print_libraries(const struct invocation *call, const json_t *libraries, FILE *stream)
{
	struct table table = { .arena = call->arena, .columns = 3 };
	size_t i;
	json_t *library;

	json_array_foreach(libraries, i, library)
	{
		bool is_slot = strcmp(reply_text(library, "to"), "slot") == 0;
		const char *from = reply_text(library, "from");
		const char *cells[3] = {
			arena_printf(call->arena, "  lib%s", reply_text(library, "name")),
			is_slot ? "gets a slot" : "becomes private",
			arena_printf(call->arena, "(%s)", reply_text(library, "reason")),
		};

		if (from[0] == '\0' && !is_slot)
			cells[1] = "is linked privately";
		table_add(&table, STYLE_PLAIN, cells);
	}
	if (table.rows.len == 0)
		return;
	fprintf(stream, "%sLibraries:%s\n", output_style(call->output, stream, STYLE_STRONG),
		output_style(call->output, stream, STYLE_PLAIN));
	table_print(&table, call->output, stream);
}

/* A heading and the names below it; nothing when there are none. */
static void
print_names(
	const struct invocation *call, const char *heading, const json_t *names, FILE *stream)
{
	if (json_array_size(names) == 0)
		return;
	fprintf(stream, "%s%s:%s\n", output_style(call->output, stream, STYLE_STRONG), heading,
		output_style(call->output, stream, STYLE_PLAIN));
	output_paragraph(call->output, stream, 2,
		output_clean(call->arena, reply_join(call->arena, names, " ")));
}

static void
print_marks(const struct invocation *call, const json_t *marks, FILE *stream)
{
	static const char *const texts[][2] = { { "manual", "asked for" },
		{ "auto", "automatic" }, { "hold", "held at its version" },
		{ "unhold", "no longer held" } };
	struct table table = { .arena = call->arena, .columns = 2 };
	size_t i;
	json_t *mark;

	json_array_foreach(marks, i, mark)
	{
		const char *cells[2] = {
			arena_printf(call->arena, "  %s", reply_text(mark, "name")), ""
		};

		for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++)
			if (strcmp(reply_text(mark, "mark"), texts[k][0]) == 0)
				cells[1] = texts[k][1];
		table_add(&table, STYLE_CHANGED, cells);
	}
	if (table.rows.len == 0)
		return;
	fprintf(stream, "%sMarked:%s\n", output_style(call->output, stream, STYLE_STRONG),
		output_style(call->output, stream, STYLE_PLAIN));
	table_print(&table, call->output, stream);
}

/* Accounts and directories, each with its package. */
static void
print_makes(const struct invocation *call, const json_t *makes, FILE *stream)
{
	struct table table = { .arena = call->arena, .columns = 3 };
	size_t i;
	json_t *made;

	json_array_foreach(makes, i, made)
	{
		const char *cells[3] = { arena_printf(
						 call->arena, "  %s", reply_text(made, "kind")),
			reply_text(made, "name"), reply_text(made, "package") };

		table_add(&table, STYLE_PLAIN, cells);
	}
	if (table.rows.len == 0)
		return;
	fprintf(stream, "%sMade on this machine:%s\n",
		output_style(call->output, stream, STYLE_STRONG),
		output_style(call->output, stream, STYLE_PLAIN));
	table_print(&table, call->output, stream);
}

/* Services that come and go; what there is to do about it is said when it is done. */
static void
print_services(const struct invocation *call, const json_t *services, FILE *stream)
{
	struct table table = { .arena = call->arena, .columns = 3 };
	size_t i;
	json_t *service;

	json_array_foreach(services, i, service)
	{
		const char *change = reply_text(service, "change");
		const char *cells[3] = { arena_printf(call->arena, "  %s",
						 reply_text(service, "name")),
			change, reply_text(service, "package") };

		table_add(
			&table, strcmp(change, "new") == 0 ? STYLE_NEW : STYLE_REMOVED, cells);
	}
	if (table.rows.len == 0)
		return;
	fprintf(stream, "%sServices:%s\n", output_style(call->output, stream, STYLE_STRONG),
		output_style(call->output, stream, STYLE_PLAIN));
	table_print(&table, call->output, stream);
}

static void
print_policy(const struct invocation *call, const json_t *plan, FILE *stream)
{
	size_t i;
	json_t *row;

	json_array_foreach(json_object_get(plan, "policy"), i, row)
		fprintf(stream, "Policy: %s %s -> %s\n", reply_text(row, "key"),
			output_clean(call->arena, reply_text(row, "from")),
			output_clean(call->arena, reply_text(row, "to")));
	if (reply_flag(plan, "reseeds"))
		fprintf(stream, "Everything is linked again, with another seed.\n");
}

/* Whose objects are used, and for which CPU level. */
static void
print_published(const struct invocation *call, const json_t *published, FILE *stream)
{
	size_t i, count = json_array_size(published);
	const char *before = "";
	json_t *bundle;

	if (count == 0)
		return;
	fprintf(stream, "Compiled already, for %zu packages:", count);
	json_array_foreach(published, i, bundle)
	{
		const char *text = arena_printf(call->arena, "%s (%s)",
			reply_text(bundle, "builder"), reply_text(bundle, "level"));

		if (strcmp(text, before) != 0)
			fprintf(stream, "%s by builder %s", i == 0 ? "" : ",",
				output_clean(call->arena, text));
		before = text;
	}
	fputc('\n', stream);
}

bool
plan_view_is_marks(const json_t *plan)
{
	static const char *const others[] = { "changes", "libraries", "relinked", "policy" };

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (json_array_size(json_object_get(plan, others[i])) > 0)
			return false;
	return !reply_flag(plan, "reseeds") &&
	       json_array_size(json_object_get(plan, "marks")) > 0;
}

void
plan_view_print(const struct invocation *call, const json_t *plan, FILE *stream)
{
	const json_t *changes = json_object_get(plan, "changes");
	int64_t bytes = reply_number(plan, "download_bytes");
	int64_t compile_ms = reply_number(plan, "compile_ms");
	const char *tier = reply_text(plan, "tier");

	if (reply_flag(plan, "is_foreign"))
		fprintf(stream, "For %s machines, not for this one.\n",
			reply_text(plan, "arch"));
	for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++)
		print_changes(call, changes, &headings[i], stream);
	print_marks(call, json_object_get(plan, "marks"), stream);
	print_policy(call, plan, stream);
	print_libraries(call, json_object_get(plan, "libraries"), stream);
	print_names(call, "Installed programs that may be linked again",
		json_object_get(plan, "relinked"), stream);
	print_names(call, "No longer needed (see weld autoremove)",
		json_object_get(plan, "unneeded"), stream);
	print_makes(call, json_object_get(plan, "makes"), stream);
	print_services(call, json_object_get(plan, "services"), stream);
	print_published(call, json_object_get(plan, "published"), stream);
	if (bytes > 0)
		fprintf(stream, "To fetch: %s\n", output_size(call->arena, (uint64_t)bytes));
	if (compile_ms >= 1000)
		fprintf(stream, "To compile: up to %s (%s%s)\n",
			output_duration(call->arena, (double)compile_ms / 1000), tier,
			reply_flag(plan, "improves") && strcmp(tier, "full") != 0
				? "; better images follow in the background"
				: "");
}

/* ", rebound 12 (1.3 MB)"; nothing for none. Returns the count. */
static int64_t
print_made(const struct invocation *call, const json_t *images, const char *outcome)
{
	int64_t count = reply_number(images, outcome);
	uint64_t written = (uint64_t)reply_number(json_object_get(images, "written"), outcome);

	if (count > 0)
		printf(", %s %" PRId64 " (%s)", outcome, count,
			output_size(call->arena, written));
	return count;
}

/* What triggers made anew. */
static void
print_outputs(const json_t *outputs)
{
	const char *before = "; made ";
	size_t i;
	json_t *output;

	json_array_foreach(outputs, i, output)
	{
		if (reply_flag(output, "kept"))
			continue;
		printf("%s%s", before, reply_text(output, "path"));
		before = " ";
	}
}

void
plan_view_services(const struct invocation *call, const json_t *reply)
{
	static const char *const texts[][2] = { { "new", "is new" }, { "gone", "is gone" },
		{ "changed", "has changed" }, { "old", "still runs what was there before" } };
	size_t i;
	json_t *service;

	json_array_foreach(json_object_get(reply, "services"), i,
		service) for (size_t k = 0; k < sizeof texts / sizeof texts[0];
			      k++) if (strcmp(reply_text(service, "change"), texts[k][0]) == 0)
		output_say(call->output, "service %s %s: %s", reply_text(service, "name"),
			texts[k][1], reply_text(service, "command"));
}

void
plan_view_summary(const struct invocation *call, const json_t *reply)
{
	const json_t *images = json_object_get(reply, "images");
	const json_t *slots = json_object_get(reply, "new_slots");
	size_t i;
	json_t *slot;

	if (json_is_true(json_object_get(reply, "dry_run"))) {
		output_say(call->output, "Nothing was done: this was a dry run.");
		return;
	}
	if (call->output->is_quiet)
		return;
	printf("generation %" PRId64 ": kept %" PRId64 " images",
		reply_number(reply, "generation"), reply_number(images, "kept"));
	if (print_made(call, images, "rebound") + print_made(call, images, "linked") == 0)
		printf(", relinked nothing");
	print_made(call, images, "lowered");
	if (reply_number(images, "published") > 0)
		printf(", from builders %" PRId64, reply_number(images, "published"));
	json_array_foreach(slots, i, slot)
		printf("; lib%s has a slot at 0x%" PRIx64 " (%" PRId64 " %s)",
			reply_text(slot, "name"), (uint64_t)reply_number(slot, "base"),
			reply_number(slot, "users"),
			reply_number(slot, "users") == 1 ? "user" : "users");
	print_outputs(json_object_get(reply, "outputs"));
	printf("; %s\n",
		output_duration(call->arena, (double)reply_number(reply, "time_ms") / 1000));
	plan_view_services(call, reply);
	if (json_array_size(json_object_get(reply, "forgotten")) > 0)
		output_say(call->output, "Forgotten, by policy gc: %zu earlier generations.",
			json_array_size(json_object_get(reply, "forgotten")));
	if (reply_flag(reply, "improving"))
		output_say(call->output, "Better images are made in the background (see 'weld "
					 "improve --status').");
}
