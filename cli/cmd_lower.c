/* SPDX-License-Identifier: MIT */
/*
 * weld repo lower: pkgd lowers what the repository has, into a directory of ours; then the
 * builder's key signs what came out, and the repository's key that it is the builder's.
 */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"
#include "cli/signing.h"
#include "cli/url.h"
#include "repo/publish.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METADATA_MAX (1u << 20) /* bytes */

struct lower_run {
	struct invocation *call;
	const char *directory; /* of the repository */
	struct publish_builder builder;
	char *output; /* a directory of ours; NULL before it is made */
	struct lowered_catalogue *catalogues;
	size_t count;
	json_t *reply;
};

static json_t *
split_list(struct arena *arena, const char *text)
{
	json_t *list = json_array();
	struct str rest = str_from(text);
	struct str word;

	while (str_cut(&rest, ',', &word))
		json_array_append_new(list, json_string(str_copy(arena, word)));
	return list;
}

static int
find_cache(struct invocation *call, const char **ret_cache)
{
	const char *given = option_value(call, "cache", NULL);
	const char *base = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	char *real;

	if (given == NULL && base != NULL && base[0] == '/')
		given = arena_printf(call->arena, "%s/weld/objects", base);
	else if (given == NULL && home != NULL)
		given = arena_printf(call->arena, "%s/.cache/weld/objects", home);
	else if (given == NULL)
		return err_set(ERR_USAGE, "HOME is not set (give --cache=DIR)");
	TRY(file_make_dirs(AT_FDCWD, given, 0755));
	real = realpath(given, NULL);
	if (real == NULL)
		return err_errno("%s", given);
	*ret_cache = arena_string(call->arena, real);
	free(real);
	return 0;
}

/* Have everything lowered; catalogues and bundles are in the output directory afterwards. */
static int
lower(struct lower_run *run)
{
	struct invocation *call = run->call;
	struct str metadata;
	const char *url;
	const char *cache = NULL;
	json_t *parameters;

	TRY(url_of(call->arena, run->directory, &url));
	TRY(file_read(call->arena, AT_FDCWD,
		arena_printf(call->arena, "%s/metadata/1.root.json", run->directory),
		METADATA_MAX, &metadata));
	TRY(find_cache(call, &cache));
	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "url", json_string(url));
	json_object_set_new(parameters, "root_metadata", json_string(metadata.at));
	json_object_set_new(parameters, "output", json_string(run->output));
	json_object_set_new(parameters, "cache", json_string(cache));
	json_object_set_new(parameters, "builder", json_string(run->builder.name));
	json_object_set_new(parameters, "levels",
		split_list(call->arena, option_value(call, "for", "x86-64-v2,x86-64-v3")));
	json_object_set_new(
		parameters, "names", json_from_strings(call->args + 1, call->arg_count - 1));
	return ask_pkgd(call, "RepoLower", parameters, &run->reply);
}

static int
read_catalogues(struct lower_run *run)
{
	struct arena *arena = run->call->arena;
	const json_t *levels = json_object_get(run->reply, "levels");
	size_t i;
	json_t *level;

	run->catalogues =
		arena_array(arena, json_array_size(levels) + 1, sizeof *run->catalogues);
	json_array_foreach(levels, i, level)
	{
		struct str text;

		TRY(file_read(arena, AT_FDCWD,
			arena_printf(
				arena, "%s/%s", run->output, reply_text(level, "catalogue")),
			LOWERED_CATALOGUE_MAX, &text));
		TRY(lowered_read(arena, text, &run->catalogues[run->count++]));
	}
	return 0;
}

static void
print(const struct lower_run *run, const struct publish_report *report)
{
	const json_t *levels = json_object_get(run->reply, "levels");
	size_t i;
	json_t *level;

	if (run->call->output->is_json) {
		json_object_set_new(
			run->reply, "version", json_integer((json_int_t)report->version));
		output_json(run->call, json_incref(run->reply));
		return;
	}
	json_array_foreach(levels, i, level)
		printf("%s: %" PRId64 " objects of %" PRId64 " packages, %s\n",
			reply_text(level, "level"), reply_number(level, "objects"),
			reply_number(level, "packages"),
			output_size(run->call->arena, (uint64_t)reply_number(level, "bytes")));
	printf("%s: signed by builder %s, version %" PRIu64 "\n", run->directory,
		run->builder.name, report->version);
}

static int
lower_and_publish(struct lower_run *run, const struct key *key)
{
	struct publish_keys keys = { key, key, key, key };
	struct publish_options options = { 0 };
	struct publish_report report;
	int bundles AUTO(file_close) = -1;

	TRY(file_temp_dir(run->call->arena, "/tmp", &run->output));
	TRY(lower(run));
	TRY(read_catalogues(run));
	TRY(file_open_dir(AT_FDCWD, run->output, &bundles));
	TRY(publish_objects(run->call->arena, run->directory, &keys, &run->builder, &options,
		run->catalogues, run->count, bundles, &report));
	print(run, &report);
	return 0;
}

int
cmd_repo_lower(struct invocation *call)
{
	struct key *key AUTO(key_free) = NULL;
	struct key *builder AUTO(key_free) = NULL;
	struct lower_run run = { .call = call, .directory = call->args[0] };
	int ret;

	run.builder.name = option_value(call, "builder", NULL);
	if (run.builder.name == NULL)
		return err_set(ERR_USAGE, "repo lower: --builder is needed (make its key with "
					  "'weld key generate')");
	TRY(signing_open(call, &key));
	TRY(signing_open_named(call, run.builder.name, &builder));
	run.builder.key = builder;
	ret = lower_and_publish(&run, key);
	json_decref(run.reply);
	if (run.output != NULL)
		(void)file_remove_tree(AT_FDCWD, run.output);
	return ret;
}
