/* SPDX-License-Identifier: MIT */
/* weld repo init, publish, sign, rotate, check, serve: making and showing a repository. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/signing.h"
#include "repo/publish.h"
#include "repo/serve.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One key signs for every role. */
static struct publish_keys
all_roles(const struct key *key)
{
	return (struct publish_keys){ key, key, key, key };
}

static void
print_report(const struct invocation *call, const char *directory,
	const struct publish_report *report)
{
	if (call->output->is_json)
		output_json(call,
			json_pack("{s:I, s:I, s:I, s:I}", "added", (json_int_t)report->added,
				"kept", (json_int_t)report->kept, "total",
				(json_int_t)report->total, "version",
				(json_int_t)report->version));
	else
		printf("%s: %zu packages, %zu new, version %" PRIu64 "\n", directory,
			report->total, report->added, report->version);
}

int
cmd_repo_init(struct invocation *call)
{
	struct key *key AUTO(key_free) = NULL;
	struct publish_options options = { 0 };
	struct publish_keys keys;
	const char *directory = call->args[0];

	TRY(signing_open(call, &key));
	keys = all_roles(key);
	TRY(publish_init(directory, &keys, &options));
	if (call->output->is_json)
		output_json(
			call, json_pack("{s:s, s:s}", "directory", directory, "root_metadata",
				      arena_printf(call->arena, "%s/metadata/1.root.json",
					      directory)));
	else
		printf("%s: empty repository; users trust it by %s/metadata/1.root.json\n",
			directory, directory);
	return 0;
}

int
cmd_repo_publish(struct invocation *call)
{
	struct key *key AUTO(key_free) = NULL;
	struct publish_options options = { 0 };
	struct publish_report report = { 0 };
	struct publish_keys keys;

	TRY(signing_open(call, &key));
	keys = all_roles(key);
	TRY(publish_add(call->arena, call->args[0], &keys, &options,
		(const char *const *)call->args + 1, call->arg_count - 1, &report));
	print_report(call, call->args[0], &report);
	return 0;
}

int
cmd_repo_sign(struct invocation *call)
{
	struct key *key AUTO(key_free) = NULL;
	struct publish_options options = { 0 };
	struct publish_report report = { 0 };
	struct publish_keys keys;

	TRY(signing_open(call, &key));
	keys = all_roles(key);
	TRY(publish_sign(call->arena, call->args[0], &keys, &options, &report));
	print_report(call, call->args[0], &report);
	return 0;
}

int
cmd_repo_rotate(struct invocation *call)
{
	struct key *old_key AUTO(key_free) = NULL;
	struct key *new_key AUTO(key_free) = NULL;
	const char *old_name = option_value(call, "key", NULL);
	const char *new_name = option_value(call, "new-key", NULL);
	struct publish_options options = { 0 };
	struct publish_report report = { 0 };
	struct publish_keys old_keys;
	struct publish_keys new_keys;

	if (old_name == NULL || new_name == NULL)
		return err_set(ERR_USAGE, "repo rotate: --key and --new-key are needed");
	TRY(signing_open_named(call, old_name, &old_key));
	TRY(signing_open_named(call, new_name, &new_key));
	old_keys = all_roles(old_key);
	new_keys = all_roles(new_key);
	TRY(publish_rotate(
		call->arena, call->args[0], &old_keys, &new_keys, &options, &report));
	print_report(call, call->args[0], &report);
	return 0;
}

int
cmd_repo_check(struct invocation *call)
{
	struct publish_options options = { 0 };
	struct publish_report report = { 0 };
	int ret = publish_check(call->arena, call->args[0], &options, &report);

	if (ret < 0 && ret != ERR_FINDINGS)
		return ret;
	if (call->output->is_json)
		output_json(call,
			json_pack("{s:I, s:o}", "total", (json_int_t)report.total, "findings",
				json_from_strings(report.findings, report.finding_count)));
	else
		for (size_t i = 0; i < report.finding_count; i++)
			printf("%s\n", output_clean(call->arena, report.findings[i]));
	if (ret < 0)
		return err_exit_status(ret);
	if (!call->output->is_json)
		printf("%s: %zu packages, all right\n", call->args[0], report.total);
	return 0;
}

int
cmd_repo_serve(struct invocation *call)
{
	struct serve_options options = { .directory = call->args[0],
		.address = option_value(call, "address", "127.0.0.1") };
	struct serve serve AUTO(serve_close) = { .directory = -1, .socket = -1 };
	char *url;
	long port;

	TRY(option_number(call, "port", 0, 65535, 0, &port));
	options.port = (uint16_t)port;
	TRY(serve_open(&options, &serve));
	url = arena_printf(call->arena, "http://%s:%u", options.address, serve.port);
	/* Callers read the address of a port that they left to us from this line. */
	if (call->output->is_json)
		output_json(call, json_pack("{s:s, s:i}", "url", url, "port", serve.port));
	else
		printf("%s\n", url);
	fflush(stdout);
	return serve_run(&serve, option_given(call, "verbose"));
}
