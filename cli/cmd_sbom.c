/* SPDX-License-Identifier: MIT */
/* Bills of materials, and the licences of what is installed. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"
#include "cli/ask.h"
#include "cli/image_root.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"

#include <stdio.h>
#include <string.h>

/* Where a bill goes: a file that is new, or standard output. */
static int
deliver(struct invocation *call, json_t *reply)
{
	const char *file = option_value(call, "output", NULL);
	const char *text = NULL;
	json_t *document = NULL;

	TRY(json_get_string(reply, "document", &text));
	if (file == NULL && call->output->is_json) {
		TRY(json_read(str_from(text), &document));
		output_json(call, json_pack("{s:s, s:o}", "format", reply_text(reply, "format"),
					  "document", document));
		return 0;
	}
	if (file == NULL) {
		fputs(text, stdout);
		return 0;
	}
	TRY(file_create(AT_FDCWD, file, text, strlen(text), 0644));
	if (call->output->is_json)
		output_json(call, json_pack("{s:s, s:s}", "format", reply_text(reply, "format"),
					  "output", file));
	else
		output_say(call->output, "%s is written", output_clean(call->arena, file));
	return 0;
}

int
cmd_sbom(struct invocation *call)
{
	struct scratch *scratch AUTO(scratch_free) = NULL;
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters AUTO(json_release) = NULL;

	TRY(ask_parameters(call, &parameters));
	TRY(ask_add_packages(call, parameters));
	TRY(image_root_choose(call, parameters, &scratch));
	json_object_set_new(
		parameters, "format", json_string(option_value(call, "format", "cyclonedx")));
	TRY(ask_pkgd(call, "Sbom", json_incref(parameters), &reply));
	return deliver(call, reply);
}

/* A text line by line: it may not move the cursor. */
static void
print_text(const struct invocation *call, const char *text)
{
	struct str rest = str_from(text);
	struct str line;

	while (str_cut(&rest, '\n', &line))
		printf("    %s\n", output_clean(call->arena, str_copy(call->arena, line)));
}

static void
print_texts(const struct invocation *call, const json_t *package)
{
	size_t i;
	json_t *text;

	json_array_foreach(json_object_get(package, "texts"), i, text)
	{
		printf("  %s%s%s\n", output_style(call->output, stdout, STYLE_FAINT),
			output_clean(call->arena, reply_text(text, "path")),
			output_style(call->output, stdout, STYLE_PLAIN));
		print_text(call, reply_text(text, "text"));
	}
}

/* The packages of one licence. */
static void
print_group(const struct invocation *call, const json_t *group, bool with_texts)
{
	size_t i;
	json_t *package;

	printf("%s%s%s\n", output_style(call->output, stdout, STYLE_STRONG),
		output_clean(call->arena, reply_text(group, "licence")),
		output_style(call->output, stdout, STYLE_PLAIN));
	json_array_foreach(json_object_get(group, "packages"), i, package)
	{
		bool has_text = json_array_size(json_object_get(package, "texts")) > 0;

		printf("  %s %s%s\n", reply_text(package, "name"),
			reply_text(package, "version"), has_text ? "" : "  (no text)");
		if (with_texts)
			print_texts(call, package);
	}
}

int
cmd_licenses(struct invocation *call)
{
	struct scratch *scratch AUTO(scratch_free) = NULL;
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters AUTO(json_release) = NULL;
	const json_t *without;
	size_t i;
	json_t *item;

	TRY(ask_parameters(call, &parameters));
	TRY(image_root_choose(call, parameters, &scratch));
	json_object_set_new(
		parameters, "names", json_from_strings(call->args, call->arg_count));
	json_object_set_new(parameters, "texts", json_boolean(option_given(call, "texts")));
	TRY(ask_answer(call, "Licenses", json_incref(parameters), &reply));
	if (reply == NULL)
		return 0;
	json_array_foreach(json_object_get(reply, "licences"), i, item)
		print_group(call, item, option_given(call, "texts"));
	json_array_foreach(json_object_get(reply, "problems"), i, item)
		output_warn(call->output,
			output_clean(call->arena, arena_printf(call->arena, "%s: licence: %s",
							  reply_text(item, "name"),
							  reply_text(item, "problem"))));
	without = json_object_get(reply, "without_text");
	if (json_array_size(without) > 0)
		output_say(call->output, "without a licence text: %s",
			reply_join(call->arena, without, ", "));
	return 0;
}
