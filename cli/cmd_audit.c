/* SPDX-License-Identifier: MIT */
/* weld audit: what advisories mean for what is installed. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A path as pkgd needs it: absolute, unless it is a URL. */
static const char *
absolute(struct arena *arena, const char *place)
{
	char directory[4096];

	if (place[0] == '/' || strstr(place, "://") != NULL ||
		getcwd(directory, sizeof directory) == NULL)
		return place;
	return arena_printf(arena, "%s/%s", directory, place);
}

/* All values of an option that may be given several times. */
static json_t *
option_places(const struct invocation *call, const char *name)
{
	json_t *list = json_array();

	for (size_t i = 0; i < call->option_count; i++)
		if (strcmp(call->options[i].row->name, name) == 0)
			json_array_append_new(list,
				json_string(absolute(call->arena, call->options[i].value)));
	return list;
}

static enum style
style_of(const json_t *finding)
{
	if (!reply_flag(finding, "counts"))
		return STYLE_FAINT;
	return strcmp(reply_text(finding, "state"), "reachable") == 0 ? STYLE_REMOVED
								      : STYLE_CHANGED;
}

/* How a step was come to, in front of its name. */
static const char *
arrow_of(const char *how)
{
	static const struct {
		const char *how;
		const char *arrow;
	} arrows[] = { { "copy", " > (copy of) " }, { "indirect", " ~> " },
		{ "address", " ~> " }, { "alias", " = " } };

	for (size_t i = 0; i < sizeof arrows / sizeof arrows[0]; i++)
		if (strcmp(arrows[i].how, how) == 0)
			return arrows[i].arrow;
	return " > ";
}

/* main > read_all > [slot lzma] lzma_code ~> ... */
static void
print_chain(const struct invocation *call, const json_t *finding)
{
	const json_t *steps = json_object_get(finding, "steps");
	const char *image = reply_text(finding, "image");
	struct strbuf text AUTO(strbuf_free) = { 0 };
	size_t i;
	json_t *step;

	json_array_foreach(steps, i, step)
	{
		const char *in = reply_text(step, "image");
		bool is_own = strcmp(in, reply_text(finding, "image")) == 0;

		if (i > 0)
			strbuf_add_string(&text, arrow_of(reply_text(step, "how")));
		if (strcmp(in, image) != 0)
			strbuf_printf(&text, "[%s%s] ",
				is_own                    ? ""
				: strchr(in, ':') != NULL ? "plug-in "
							  : "slot ",
				in);
		image = in;
		strbuf_add_string(&text, reply_text(step, "symbol"));
	}
	if (text.len > 0)
		output_paragraph(call->output, stdout, 4,
			output_clean(call->arena, strbuf_string(&text)));
}

static void
print_indirect(const struct invocation *call, const json_t *finding)
{
	size_t i;
	json_t *one;

	json_array_foreach(json_object_get(finding, "indirect"), i, one)
	{
		const char *type = reply_text(one, "type");

		output_paragraph(call->output, stdout, 4,
			output_clean(call->arena,
				arena_printf(call->arena,
					"only if %s calls %s through a pointer%s%s",
					reply_text(one, "from"), reply_text(one, "to"),
					type[0] == '\0' ? "" : " to ", type)));
	}
}

static void
print_finding(const struct invocation *call, const json_t *finding)
{
	const struct output *output = call->output;
	const json_t *waived = json_object_get(finding, "waived");
	const char *image = reply_text(finding, "image");
	const char *symbol = reply_text(finding, "symbol");

	printf("%s%-11s%s %s %s-%s%s%s%s%s%s\n",
		output_style(output, stdout, style_of(finding)), reply_text(finding, "state"),
		output_style(output, stdout, STYLE_PLAIN), reply_text(finding, "advisory"),
		reply_text(finding, "package"), reply_text(finding, "version"),
		image[0] == '\0' ? "" : " in ", output_clean(call->arena, image),
		symbol[0] == '\0' ? "" : ": ", output_clean(call->arena, symbol),
		waived == NULL ? "" : " (waived)");
	for (size_t i = 0; option_given(call, "verbose") && i < 2; i++)
		output_paragraph(output, stdout, 4,
			output_clean(call->arena,
				reply_text(finding, i == 0 ? "summary" : "reference")));
	if (reply_text(finding, "note")[0] != '\0')
		output_paragraph(output, stdout, 4,
			output_clean(call->arena, reply_text(finding, "note")));
	if (waived != NULL)
		output_paragraph(output, stdout, 4,
			output_clean(call->arena, arena_printf(call->arena, "until %s: %s",
							  reply_text(waived, "expires"),
							  reply_text(waived, "reason"))));
	print_chain(call, finding);
	print_indirect(call, finding);
}

/* Print what counts, or with --all everything; returns how many count. */
static size_t
print_findings(const struct invocation *call, const json_t *findings)
{
	bool all = option_given(call, "all");
	size_t count = 0;
	size_t i;
	json_t *finding;

	json_array_foreach(findings, i, finding)
	{
		bool counts = reply_flag(finding, "counts");

		count += counts;
		if (!call->output->is_json && (counts || all))
			print_finding(call, finding);
	}
	return count;
}

static void
print_summary(const struct invocation *call, const json_t *reply, size_t count)
{
	const json_t *states = json_object_get(reply, "states");
	const json_t *advisories = json_object_get(reply, "advisories");

	output_say(call->output,
		"%zu findings, %lld waived; %lld unreachable, %lld not linked in%s", count,
		(long long)reply_number(reply, "waived"),
		(long long)reply_number(states, "unreachable"),
		(long long)reply_number(states, "absent"),
		option_given(call, "all") ? "" : " (see --all)");
	output_say(call->output, "%lld of %lld advisories affect what is installed",
		(long long)reply_number(advisories, "matching"),
		(long long)reply_number(advisories, "read"));
}

int
cmd_audit(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	size_t count;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(
		parameters, "names", json_from_strings(call->args, call->arg_count));
	json_object_set_new(parameters, "advisories", option_places(call, "advisories"));
	json_object_set_new(parameters, "waivers", option_places(call, "waivers"));
	json_object_set_new(parameters, "all",
		json_boolean(call->output->is_json || option_given(call, "all")));
	TRY(ask_pkgd(call, "Audit", parameters, &reply));
	count = print_findings(call, json_object_get(reply, "findings"));
	if (call->output->is_json)
		output_json(call, json_incref(reply));
	else
		print_summary(call, reply, count);
	return count == 0 ? 0 : err_exit_status(ERR_FINDINGS);
}
