/* SPDX-License-Identifier: MIT */
/* weld build: from recipes to package files. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "cli/options.h"
#include "cli/output.h"
#include "repo/build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
parse_check(const struct invocation *call, enum manifest_check_level *ret_level)
{
	static const struct {
		const char *name;
		enum manifest_check_level level;
	} levels[] = { { "no", MANIFEST_CHECK_NONE }, { "quick", MANIFEST_CHECK_QUICK },
		{ "full", MANIFEST_CHECK_FULL } };
	const char *text = option_value(call, "check", "quick");

	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
		if (strcmp(text, levels[i].name) == 0) {
			*ret_level = levels[i].level;
			return 0;
		}
	return err_set(ERR_USAGE, "--check=%s: not one of no, quick, full", text);
}

static void
report(void *data, const struct build_event *event)
{
	const struct invocation *call = data;
	const char *text = event->text == NULL ? "" : event->text;

	if (call->output->is_json)
		return;
	if (event->step == BUILD_DONE)
		output_say(call->output, "%s %s: done in %s%s%s", event->name, event->version,
			output_duration(call->arena, event->seconds),
			text[0] == '\0' ? "" : "; ", text);
	else
		output_say(call->output, "%s %s: %s%s%s", event->name, event->version,
			build_step_name(event->step), text[0] == '\0' ? "" : ": ", text);
}

/* Where names of recipes are looked up: --recipes, WELD_RECIPES, or ./recipes. */
static const char *
recipes_directory(const struct invocation *call)
{
	const char *directory = option_value(call, "recipes", getenv("WELD_RECIPES"));

	if (directory == NULL && file_exists(AT_FDCWD, "recipes"))
		directory = "recipes";
	return directory;
}

static int
read_options(struct invocation *call, struct build_options *ret_options)
{
	VEC(const char *) patches = { 0 };
	struct build_options options = { .recipes_dir = recipes_directory(call),
		.output_dir = option_value(call, "output", "."),
		.cache_dir = option_value(call, "cache", NULL),
		.with_debug = option_given(call, "debug"),
		.is_forced = option_given(call, "force"),
		.is_offline = option_given(call, "offline"),
		.keep_build = option_given(call, "keep"),
		.report = report,
		.data = call };
	long release;
	long jobs;

	TRY(parse_check(call, &options.check));
	TRY(option_number(call, "release", 1, 999999, 0, &release));
	TRY(option_number(call, "jobs", 1, 1024, 0, &jobs));
	options.release = release;
	options.jobs = (unsigned)jobs;
	for (size_t i = 0; i < call->option_count; i++)
		if (strcmp(call->options[i].row->name, "patch") == 0)
			vec_push(call->arena, &patches, call->options[i].value);
	options.patches = patches.at;
	options.patch_count = patches.len;
	if (options.recipes_dir == NULL && option_given(call, "all"))
		return err_set(ERR_USAGE,
			"weld build --all: where are the recipes? (use --recipes=DIR)");
	*ret_options = options;
	return 0;
}

static void
print_packages(
	const struct invocation *call, const struct build_package *packages, size_t count)
{
	json_t *list AUTO(json_release) = json_array();

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:b}", "path", packages[i].path, "name",
				packages[i].manifest->name, "version",
				packages[i].manifest->version, "new", packages[i].is_new));
		if (!call->output->is_json)
			printf("%s\n", packages[i].path);
	}
	if (call->output->is_json)
		output_json(call, json_pack("{s:O}", "packages", list));
}

int
cmd_build(struct invocation *call)
{
	struct build_options options;
	struct build_package *packages;
	size_t count;

	if (call->arg_count == 0 && !option_given(call, "all"))
		return err_set(ERR_USAGE, "weld build: needs a recipe, or --all");
	TRY(read_options(call, &options));
	TRY(build_recipes(call->arena, &options, (const char *const *)call->args,
		option_given(call, "all") ? 0 : call->arg_count, &packages, &count));
	print_packages(call, packages, count);
	return 0;
}
