/* SPDX-License-Identifier: MIT */
/* weld image build: pkgd makes a root, kernel-iface makes a system of it. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/scratch.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"
#include "kernel-iface/boot_disk.h"
#include "kernel-iface/boot_image.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE_PACKAGE "system"
#define PASSPHRASE_MAX 512 /* bytes */
#define SIZE_UNIT (UINT64_C(1) << 20) /* bytes: disks are whole mebibytes */
#define TITLE_ROOM 60 /* bytes: what fits into a menu */

/* The absolute path of the directory that the output will stand in, and of the output. */
static int
place_output(struct invocation *call, const char **ret_parent, const char **ret_output)
{
	const char *output = option_value(call, "output", NULL);
	const char *slash;
	char *real;

	if (output == NULL)
		return err_set(ERR_USAGE, "where the image goes is missing (give -o FILE)");
	slash = strrchr(output, '/');
	if (output[0] == '\0' || (slash != NULL && slash[1] == '\0'))
		return err_set(ERR_USAGE, "-o %s: names no file", output);
	real = realpath(slash == NULL
				? "."
				: str_copy(call->arena,
					  (struct str){ output, (size_t)(slash - output + 1) }),
		NULL);
	if (real == NULL)
		return err_errno("%s", output);
	*ret_parent = arena_string(call->arena, real);
	*ret_output = arena_printf(call->arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
		slash == NULL ? output : slash + 1);
	free(real);
	return 0;
}

/* "512M", "2G": bytes. */
static int
read_size(const struct invocation *call, uint64_t *ret_size)
{
	const char *text = option_value(call, "size", NULL);
	uint64_t unit;
	uint64_t number;
	char *end;

	*ret_size = 0;
	if (text == NULL)
		return 0;
	errno = 0;
	number = strtoull(text, &end, 10);
	unit = strcmp(end, "M") == 0 ? SIZE_UNIT : strcmp(end, "G") == 0 ? SIZE_UNIT << 10 : 0;
	if (errno != 0 || text[0] < '0' || text[0] > '9' || unit == 0 || number == 0 ||
		__builtin_mul_overflow(number, unit, ret_size) || *ret_size > INT64_MAX)
		return err_set(ERR_USAGE, "--size=%s: not a size (such as 512M or 2G)", text);
	return 0;
}

/* When what is made says it was made. */
static int
read_source_date(int64_t *ret_date)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end;

	*ret_date = 0;
	if (text == NULL)
		return 0;
	errno = 0;
	*ret_date = strtoll(text, &end, 10);
	if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0')
		return err_set(ERR_USAGE,
			"SOURCE_DATE_EPOCH=%s: not a number of seconds since 1970", text);
	return 0;
}

static int
read_passphrase(struct invocation *call, const char **ret_passphrase)
{
	const char *path = option_value(call, "passphrase-file", NULL);
	struct str text;
	struct str line;

	*ret_passphrase = NULL;
	if (path == NULL)
		return 0;
	TRY(file_read(call->arena, AT_FDCWD, path, PASSPHRASE_MAX, &text));
	if (!str_cut(&text, '\n', &line) || line.len == 0)
		return err_set(ERR_USAGE, "%s: its first line is empty", path);
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.at[i] < ' ' || line.at[i] == 0x7f)
			return err_set(ERR_USAGE,
				"%s: byte %zu of its first line is a control character, which "
				"nobody can type",
				path, i + 1);
	*ret_passphrase = str_copy(call->arena, line);
	return 0;
}

static int
read_request(struct invocation *call, const char **ret_parent, struct boot_request *ret_request)
{
	struct boot_request request = { .may_replace = option_given(call, "force"),
		.onto = option_value(call, "onto", NULL) };

	TRY(boot_format_parse(
		option_value(call, "format", boot_format_name(BOOT_DISK)), &request.format));
	TRY(place_output(call, ret_parent, &request.output));
	TRY(read_size(call, &request.size));
	if (request.format != BOOT_DISK && (request.onto != NULL || request.size != 0))
		return err_set(ERR_USAGE, "--%s: only a disk has that (see --format)",
			request.onto != NULL ? "onto" : "size");
	TRY(read_source_date(&request.source_date));
	TRY(read_passphrase(call, &request.passphrase));
	TRY(boot_check_output(request.output, request.format, request.may_replace));
	*ret_request = request;
	return 0;
}

/* Have pkgd make the root, below the scratch directory. */
static int
make_root(struct invocation *call, const struct boot_request *request, json_t **ret_reply)
{
	const char *base = option_value(call, "base", BASE_PACKAGE);
	const char *cpu = option_value(call, "cpu", NULL);
	const char *services = option_value(call, "services", NULL);
	json_t *parameters;
	int ret;

	TRY(ask_parameters(call, &parameters));
	ret = ask_add_packages(call, parameters);
	if (ret < 0) {
		json_decref(parameters);
		return ret;
	}
	if (strcmp(base, "none") != 0)
		json_array_append_new(json_object_get(parameters, "names"), json_string(base));
	json_object_set_new(parameters, "directory", json_string(request->root));
	json_object_set_new(parameters, "standing", json_string(BOOT_STANDING));
	json_object_set_new(parameters, "time", json_integer((json_int_t)request->source_date));
	if (cpu != NULL)
		json_object_set_new(parameters, "cpu", json_string(cpu));
	if (services != NULL)
		json_object_set_new(parameters, "services", json_string(services));
	return ask_pkgd(call, "ImageRoot", parameters, ret_reply);
}

/* What the boot menu says: the packages that were asked for, as far as there is room. */
static const char *
make_title(struct invocation *call, const json_t *reply)
{
	struct strbuf title AUTO(strbuf_free) = { 0 };
	const char *separator = ": ";
	const char *name;
	size_t i;
	json_t *package;

	strbuf_printf(&title, "weld generation %" PRId64, reply_number(reply, "generation"));
	json_array_foreach(json_object_get(reply, "packages"), i, package)
	{
		if (!reply_flag(package, "manual"))
			continue;
		name = arena_printf(call->arena, "%s%s %s", separator,
			reply_text(package, "name"), reply_text(package, "version"));
		if (title.len + strlen(name) > TITLE_ROOM) {
			strbuf_add_string(&title, " ...");
			break;
		}
		strbuf_add_string(&title, name);
		separator = ", ";
	}
	return arena_string(call->arena, strbuf_string(&title));
}

static void
print_json(struct invocation *call, const struct boot_request *request,
	const struct boot_result *result, const json_t *reply)
{
	json_t *answer = json_pack("{s:s, s:s, s:I, s:I, s:O, s:O?, s:O?}", "output",
		request->output, "format", boot_format_name(request->format), "size",
		(json_int_t)result->size, "generation", (json_int_t)request->generation,
		"packages", json_object_get(reply, "packages"), "images",
		json_object_get(reply, "images"), "services",
		json_object_get(reply, "services"));

	json_object_set_new(answer, "root_login",
		json_string(!result->has_login       ? "none"
			    : result->has_passphrase ? "passphrase"
						     : "open"));
	if (request->format == BOOT_DISK) {
		json_object_set_new(
			answer, "root_digest", json_from_digest(&result->root_digest));
		json_object_set_new(
			answer, "store_size", json_integer((json_int_t)result->store_size));
	}
	output_json(call, answer);
}

static void
print_result(struct invocation *call, const struct boot_request *request,
	const struct boot_result *result, const json_t *reply)
{
	const char *output = option_value(call, "output", NULL);
	size_t count = json_array_size(json_object_get(reply, "packages"));
	char hex[DIGEST_HEX_SIZE];
	size_t i;
	json_t *service;

	printf("%s: %s, %s, generation %" PRIu64 ", %zu package%s\n", output,
		boot_format_name(request->format), output_size(call->arena, result->size),
		request->generation, count, count == 1 ? "" : "s");
	if (request->format == BOOT_DISK)
		printf("store: %s, root digest %s\n",
			output_size(call->arena, result->store_size),
			digest_hex(&result->root_digest, hex));
	json_array_foreach(json_object_get(reply, "services"), i, service) printf(
		"service %s %s\n", reply_text(service, "name"),
		reply_flag(service, "starts") ? "starts with the machine"
					      : "does not start by itself (see --services)");
	if (result->has_login)
		printf("root logs in %s\n", result->has_passphrase
						    ? "with a passphrase"
						    : "without a passphrase (see "
						      "--passphrase-file)");
	if (request->format == BOOT_DIRECTORY)
		printf("Run it: chroot %s /bin/sh\n", output);
	else
		printf("Run it: weld image run %s\n", output);
}

/* Everything but the name is made in the scratch directory. */
static int
build_in(struct invocation *call, const struct scratch *scratch, struct boot_request *request)
{
	json_t *reply AUTO(json_release) = NULL;
	struct boot_result result;
	char *root = arena_printf(call->arena, "%s/root", scratch_path(scratch));

	if (request->onto != NULL)
		TRY(boot_image_unpack(call->arena, request->onto,
			arena_printf(call->arena, "%s/old", scratch_path(scratch)), &root));
	request->scratch = scratch_path(scratch);
	request->root = root;
	TRY(make_root(call, request, &reply));
	if (ask_is_dry_run(call)) {
		if (call->output->is_json)
			output_json(call, json_incref(reply));
		return 0;
	}
	if (reply_flag(reply, "nothing"))
		return err_set(ERR_NOTHING, "%s: there is nothing new to put beside it",
			request->onto == NULL ? "the image" : request->onto);
	request->generation = (uint64_t)reply_number(reply, "generation");
	request->title = make_title(call, reply);
	output_say(call->output, "making the image");
	TRY(boot_image_make(call->arena, request, &result));
	if (call->output->is_json)
		print_json(call, request, &result, reply);
	else
		print_result(call, request, &result, reply);
	return 0;
}

int
cmd_image_build(struct invocation *call)
{
	struct scratch *scratch AUTO(scratch_free) = NULL;
	struct boot_request request;
	const char *parent = NULL;

	TRY(read_request(call, &parent, &request));
	TRY(scratch_new(parent, &scratch));
	return build_in(call, scratch, &request);
}
