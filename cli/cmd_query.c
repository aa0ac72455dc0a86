/* SPDX-License-Identifier: MIT */
/* Commands that only look. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"
#include "cli/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Ask with one text as its only parameter of its own. */
static int
ask_text(struct invocation *call, const char *method, const char *key, const char *text,
	json_t **ret_reply)
{
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, key, json_string(text));
	return ask_answer(call, method, parameters, ret_reply);
}

/* One name a line: for scripts and completion. */
static void
print_names(const json_t *packages)
{
	size_t i;
	json_t *package;

	json_array_foreach(packages, i, package) printf("%s\n", reply_text(package, "name"));
}

static const char *
marks_of(const json_t *package)
{
	if (reply_flag(package, "held"))
		return "held";
	return reply_flag(package, "manual") ? "" : "automatic";
}

int
cmd_list(struct invocation *call)
{
	static const char *const headings[] = { "Name", "Version", "Mark", "Summary" };
	struct table table = { .arena = call->arena, .columns = 4, .headings = headings };
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	size_t i;
	json_t *package;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(
		parameters, "upgradable", json_boolean(option_given(call, "upgradable")));
	json_object_set_new(parameters, "manual", json_boolean(option_given(call, "manual")));
	TRY(ask_answer(call, "List", parameters, &reply));
	if (reply == NULL)
		return 0;
	if (option_given(call, "names")) {
		print_names(json_object_get(reply, "packages"));
		return 0;
	}
	json_array_foreach(json_object_get(reply, "packages"), i, package)
	{
		const char *available = reply_text(package, "available");
		const char *cells[4] = { reply_text(package, "name"),
			reply_text(package, "version"), marks_of(package),
			reply_text(package, "summary") };

		if (available[0] != '\0')
			cells[1] = arena_printf(call->arena, "%s -> %s", cells[1], available);
		table_add(&table, STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
	return 0;
}

int
cmd_search(struct invocation *call)
{
	static const char *const headings[] = { "Name", "Version", "", "Summary" };
	struct table table = { .arena = call->arena, .columns = 4, .headings = headings };
	json_t *reply AUTO(json_release) = NULL;
	size_t i;
	json_t *package;

	TRY(ask_text(call, "Search", "text", call->arg_count > 0 ? call->args[0] : "", &reply));
	if (reply == NULL)
		return 0;
	if (option_given(call, "names")) {
		print_names(json_object_get(reply, "packages"));
		return 0;
	}
	json_array_foreach(json_object_get(reply, "packages"), i, package)
	{
		const char *cells[4] = { reply_text(package, "name"),
			reply_text(package, "version"),
			reply_flag(package, "installed") ? "installed" : "",
			reply_text(package, "summary") };

		table_add(&table, reply_flag(package, "installed") ? STYLE_NEW : STYLE_STRONG,
			cells);
	}
	if (table.rows.len == 0)
		return err_set(ERR_NOT_FOUND, "%s: no package matches",
			call->arg_count > 0 ? call->args[0] : "search");
	table_print(&table, call->output, stdout);
	return 0;
}

static void
print_field(const struct invocation *call, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		printf("%s%-14s%s %s\n", output_style(call->output, stdout, STYLE_STRONG), name,
			output_style(call->output, stdout, STYLE_PLAIN),
			output_clean(call->arena, value));
}

static void
print_list(const struct invocation *call, const char *name, const json_t *list)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		strbuf_printf(&text, "%s%s", i == 0 ? "" : ", ", json_string_value(item));
	print_field(call, name, strbuf_string(&text));
}

/* Images that have the same defences stand in one line: "bin/lua, bin/luac: stack-clash". */
static void
print_defences(const struct invocation *call, const json_t *images)
{
	size_t i, k;
	json_t *image, *other;

	json_array_foreach(images, i, image)
	{
		const char *harden = reply_text(image, "harden");
		struct strbuf names AUTO(strbuf_free) = { 0 };
		bool is_first = harden[0] != '\0';

		json_array_foreach(images, k, other)
		{
			if (strcmp(reply_text(other, "harden"), harden) != 0)
				continue;
			is_first = is_first && k >= i;
			strbuf_printf(&names, "%s%s%s", names.len == 0 ? "" : ", ",
				reply_flag(other, "slot") ? "lib" : "",
				reply_text(other, "name"));
		}
		if (is_first)
			print_field(call, "Defences",
				arena_printf(
					call->arena, "%s: %s", strbuf_string(&names), harden));
	}
}

/* "bin/jq (full), libz (instant)". */
static void
print_images(const struct invocation *call, const json_t *images)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	size_t i;
	json_t *image;

	json_array_foreach(images, i, image)
	{
		const char *tier = reply_text(image, "tier");

		strbuf_printf(&text, "%s%s%s%s%s%s", i == 0 ? "" : ", ",
			reply_flag(image, "slot") ? "lib" : "", reply_text(image, "name"),
			tier[0] == '\0' ? "" : " (", tier, tier[0] == '\0' ? "" : ")");
	}
	print_field(call, "Linked", strbuf_string(&text));
}

/* "x86-64-v3, full, by builder farm": once for all images that have the same said of them. */
static void
print_code(const struct invocation *call, const json_t *list)
{
	const char *before = "";
	size_t i;
	json_t *image;

	json_array_foreach(list, i, image)
	{
		struct str builder = str_from(reply_text(image, "builder"));
		struct str name = { 0 };
		const char *text;

		(void)str_cut(&builder, ' ', &name);
		text = arena_printf(call->arena, "%s, %s, %s%s", reply_text(image, "cpu"),
			reply_text(image, "tier"),
			name.len == 0 ? "lowered here" : "by builder ",
			name.len == 0 ? "" : str_copy(call->arena, name));
		if (reply_text(image, "cpu")[0] != '\0' && strcmp(text, before) != 0)
			print_field(call, "Code", text);
		before = text;
	}
}

/* "bin/jq: toupper (musl-1.2.3-1)": a line for each image and library. */
static void
print_inlined(const struct invocation *call, const json_t *list)
{
	size_t i, k;
	json_t *entry, *name;

	json_array_foreach(list, i, entry)
	{
		struct strbuf names AUTO(strbuf_free) = { 0 };

		json_array_foreach(json_object_get(entry, "functions"), k, name) strbuf_printf(
			&names, "%s%s", k == 0 ? "" : ", ", json_string_value(name));
		print_field(call, "Inlined",
			arena_printf(call->arena, "%s: %s (%s)", reply_text(entry, "image"),
				strbuf_string(&names), reply_text(entry, "package")));
	}
}

static void
print_info(const struct invocation *call, const json_t *entry)
{
	const json_t *installed = json_object_get(entry, "installed");
	const json_t *offer = json_object_get(entry, "available");
	const json_t *shown = offer != NULL ? offer : installed;
	json_int_t size = json_integer_value(json_object_get(offer, "installed_size"));
	json_int_t download = json_integer_value(json_object_get(offer, "download_size"));

	print_field(call, "Name", reply_text(shown, "name"));
	print_field(call, "Installed", reply_text(installed, "version"));
	if (installed != NULL)
		print_field(call, "Why",
			reply_flag(installed, "held")     ? "held at this version"
			: reply_flag(installed, "manual") ? "asked for"
							  : "needed by others");
	print_field(call, "Available", reply_text(offer, "version"));
	print_field(call, "Repository", reply_text(shown, "repository"));
	print_field(call, "Summary", reply_text(shown, "summary"));
	print_field(call, "Licence", reply_text(shown, "licence"));
	print_field(call, "Home page", reply_text(shown, "homepage"));
	print_list(call, "Requires", json_object_get(shown, "requires"));
	print_list(call, "Provides", json_object_get(shown, "provides"));
	print_list(call, "Conflicts", json_object_get(shown, "conflicts"));
	print_images(call, json_object_get(installed, "images"));
	print_inlined(call, json_object_get(installed, "inlined"));
	print_defences(call, json_object_get(installed, "images"));
	print_list(call, "Never with", json_object_get(installed, "harden_except"));
	print_list(call, "Programs", json_object_get(shown, "programs"));
	print_code(call, json_object_get(installed, "images"));
	if (offer != NULL)
		print_field(call, "Size",
			arena_printf(call->arena, "%s to fetch, %s unpacked",
				output_size(call->arena, (uint64_t)download),
				output_size(call->arena, (uint64_t)size)));
	print_field(call, "SHA-256", reply_text(shown, "sha256"));
}

int
cmd_info(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	size_t i;
	json_t *entry;

	TRY(ask_names(call, "Info", &reply));
	json_array_foreach(json_object_get(reply, "packages"), i, entry)
	{
		if (i > 0)
			putchar('\n');
		print_info(call, entry);
	}
	return 0;
}

int
cmd_files(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	size_t i;
	json_t *file;

	TRY(ask_names(call, "Files", &reply));
	json_array_foreach(json_object_get(reply, "files"), i, file)
		printf("%s\n", output_clean(call->arena, reply_text(file, "path")));
	return 0;
}

int
cmd_provides(struct invocation *call)
{
	struct table table = { .arena = call->arena, .columns = 4 };
	json_t *reply AUTO(json_release) = NULL;
	size_t i;
	json_t *provider;

	TRY(ask_text(call, "Provides", "text", call->args[0], &reply));
	json_array_foreach(json_object_get(reply, "providers"), i, provider)
	{
		const char *kind = reply_text(provider, "kind");
		const char *cells[4] = { reply_text(provider, "package"),
			reply_text(provider, "version"), kind,
			strcmp(kind, "symbol") == 0 ? arena_printf(call->arena, "in lib%s",
							      reply_text(provider, "where"))
						    : reply_text(provider, "where") };

		table_add(&table, STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
	return 0;
}
