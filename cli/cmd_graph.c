/* SPDX-License-Identifier: MIT */
/* How packages hang together: the graph in several forms, chains of requirements, trees, leaves. */
#include "cli/commands.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "cli/ask.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/reply.h"
#include "cli/table.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SYMBOLS_SHOWN 3 /* of those that tie two packages; with --verbose all */
#define PICTURE_MAX ((size_t)1 << 30) /* bytes */

/* Have Graphviz draw what it is told. */
static int
draw(struct invocation *call, struct str text, struct str *ret_picture)
{
	static const char *const argv[] = { "dot", "-Tsvg", NULL };
	struct process process = { .argv = argv, .dies_with_caller = true };
	int in AUTO(file_close) = -1;
	int out AUTO(file_close) = -1;
	int status;
	int ret;

	TRY(file_memory("graph", &in));
	TRY(file_memory("picture", &out));
	TRY(file_write_fd(in, text.at, text.len));
	if (lseek(in, 0, SEEK_SET) < 0)
		return err_errno("graph");
	process.stdin_fd = in;
	process.stdout_fd = out;
	ret = process_run(&process, &status);
	if (ret == ERR_NOT_FOUND)
		return err_set(ERR_NOT_FOUND,
			"dot: not found (install the Debian package graphviz, or use --format "
			"html)");
	TRY(ret);
	if (status != 0)
		return err_set(ERR_FAILED, "dot: ended with status %d", status);
	if (lseek(out, 0, SEEK_SET) < 0)
		return err_errno("picture");
	return file_read_fd(call->arena, out, PICTURE_MAX, ret_picture);
}

/* To the file that was named, complete or not at all, or to standard output. */
static int
deliver(struct invocation *call, struct str text)
{
	const char *path = option_value(call, "output", NULL);

	if (path != NULL)
		return file_replace(AT_FDCWD, path, text.at, text.len, 0644);
	fwrite(text.at, 1, text.len, stdout);
	return 0;
}

/* "requires,binds" as a list. */
static json_t *
edges_from(struct invocation *call, const char *text)
{
	struct str rest = str_from(text);
	json_t *list = json_array();
	struct str word;

	while (str_cut(&rest, ',', &word))
		json_array_append_new(list, json_string(str_copy(call->arena, word)));
	return list;
}

static int
ask_graph(struct invocation *call, const char *format, json_t **ret_reply)
{
	bool is_picture = strcmp(format, "svg") == 0 || strcmp(format, "dot") == 0;
	/* In a picture the compilers are but a tangle of lines. */
	const char *edges =
		option_value(call, "edges", is_picture ? "requires,contains,links,binds" : "");
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	if (call->arg_count > 0)
		json_object_set_new(parameters, "name", json_string(call->args[0]));
	json_object_set_new(
		parameters, "format", json_string(strcmp(format, "svg") == 0 ? "dot" : format));
	json_object_set_new(parameters, "invert", json_boolean(option_given(call, "invert")));
	json_object_set_new(parameters, "edges", edges_from(call, edges));
	return ask_pkgd(call, "Graph", parameters, ret_reply);
}

int
cmd_graph(struct invocation *call)
{
	const char *format =
		option_value(call, "format", call->output->is_json ? "json" : "dot");
	json_t *reply AUTO(json_release) = NULL;
	struct str text;

	if (call->output->is_json && strcmp(format, "json") != 0)
		return err_set(
			ERR_USAGE, "--json and --format %s contradict each other", format);
	TRY(ask_graph(call, format, &reply));
	text = str_from(reply_text(reply, "text"));
	/* pkgd's object, with what every answer begins with. */
	if (strcmp(format, "json") == 0)
		text = str_from(
			arena_printf(call->arena, "{\"schema\":%d,\"command\":\"%s\",%s",
				OUTPUT_SCHEMA, call->command->name, text.at + 1));
	if (strcmp(format, "svg") == 0)
		TRY(draw(call, text, &text));
	return deliver(call, text);
}

/* "lib:z: crc32, deflate and 7 more"; the requirement alone when no symbols are known. */
static const char *
tie_text(const struct invocation *call, const json_t *link)
{
	const json_t *symbols = json_object_get(link, "symbols");
	size_t count = json_array_size(symbols);
	size_t shown =
		option_given(call, "verbose") || count < SYMBOLS_SHOWN ? count : SYMBOLS_SHOWN;
	struct strbuf text AUTO(strbuf_free) = { 0 };

	strbuf_add_string(&text, reply_text(link, "by"));
	for (size_t i = 0; i < shown; i++)
		strbuf_printf(&text, "%s%s", i == 0 ? ": " : ", ",
			json_string_value(json_array_get(symbols, i)));
	if (shown < count)
		strbuf_printf(&text, " and %zu more", count - shown);
	return output_clean(call->arena, strbuf_string(&text));
}

static void
print_chain(const struct invocation *call, const json_t *chain)
{
	size_t n;
	json_t *link;

	json_array_foreach(chain, n, link)
	{
		if (n > 0)
			printf(" -(%s)-> ", tie_text(call, link));
		printf("%s", reply_text(link, "package"));
	}
	putchar('\n');
}

int
cmd_why(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	size_t i;
	json_t *package;

	TRY(ask_names(call, "Why", &reply));
	json_array_foreach(json_object_get(reply, "packages"), i, package)
	{
		const json_t *chains = json_object_get(package, "chains");
		const char *name = reply_text(package, "name");
		size_t k;
		json_t *chain;

		if (json_array_size(chains) == 0)
			printf("%s: nothing that was asked for needs it (see 'weld "
			       "autoremove')\n",
				name);
		json_array_foreach(chains, k, chain) if (json_array_size(chain) == 1)
			printf("%s: asked for\n", name);
		else print_chain(call, chain);
	}
	return 0;
}

static void
print_tree(const struct invocation *call, const json_t *node, unsigned depth)
{
	const char *tie = tie_text(call, node);
	size_t i;
	json_t *child;

	printf("%*s%s%s%s %s%s%s%s%s%s\n", (int)depth * 2, "",
		output_style(call->output, stdout, STYLE_STRONG), reply_text(node, "name"),
		output_style(call->output, stdout, STYLE_PLAIN), reply_text(node, "version"),
		tie[0] == '\0' ? "" : "  (", tie, tie[0] == '\0' ? "" : ")",
		reply_flag(node, "installed") ? "" : "  (not installed)",
		reply_flag(node, "repeated") ? "  (see above)" : "");
	json_array_foreach(json_object_get(node, "children"), i, child)
		print_tree(call, child, depth + 1);
}

int
cmd_tree(struct invocation *call)
{
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;

	TRY(ask_parameters(call, &parameters));
	json_object_set_new(parameters, "name", json_string(call->args[0]));
	json_object_set_new(parameters, "invert", json_boolean(option_given(call, "invert")));
	TRY(ask_answer(call, "Tree", parameters, &reply));
	if (reply != NULL)
		print_tree(call, json_object_get(reply, "tree"), 0);
	return 0;
}

int
cmd_leaves(struct invocation *call)
{
	static const char *const headings[] = { "Name", "Version", "Mark", ">Size", "Summary" };
	struct table table = { .arena = call->arena, .columns = 5, .headings = headings };
	json_t *reply AUTO(json_release) = NULL;
	json_t *parameters;
	size_t i;
	json_t *package;

	TRY(ask_parameters(call, &parameters));
	TRY(ask_answer(call, "Leaves", parameters, &reply));
	json_array_foreach(json_object_get(reply, "packages"), i, package)
	{
		const char *cells[5] = { reply_text(package, "name"),
			reply_text(package, "version"),
			reply_flag(package, "manual") ? "" : "automatic",
			output_size(call->arena, (uint64_t)reply_number(package, "size")),
			reply_text(package, "summary") };

		table_add(&table, STYLE_STRONG, cells);
	}
	table_print(&table, call->output, stdout);
	return 0;
}
