/* SPDX-License-Identifier: MIT */
/* Everything here is read from the table; nothing about a command is repeated. */
#include "cli/help.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/output.h"
#include "cli/table.h"
#include "cli/version.h"

#include <stdio.h>
#include <string.h>

static void
print_options(const struct invocation *call, const char *title, const struct option_row *rows)
{
	struct table table = { .arena = call->arena, .columns = 2 };

	for (; rows != NULL && rows->name != NULL; rows++) {
		const char *letter = rows->letter == 0
					     ? "    "
					     : arena_printf(call->arena, "-%c, ", rows->letter);
		const char *cells[2] = {
			arena_printf(call->arena, "  %s--%s%s%s", letter, rows->name,
				rows->argument == NULL || option_is_optional(rows) ? "" : "=",
				rows->argument == NULL ? "" : rows->argument),
			rows->help
		};

		table_add(&table, STYLE_PLAIN, cells);
	}
	if (table.rows.len == 0)
		return;
	printf("\n%s%s:%s\n", output_style(call->output, stdout, STYLE_STRONG), title,
		output_style(call->output, stdout, STYLE_PLAIN));
	table_print(&table, call->output, stdout);
}

static json_t *
options_json(const struct option_row *rows)
{
	json_t *list = json_array();

	for (; rows != NULL && rows->name != NULL; rows++) {
		json_t *option =
			json_pack("{s:s, s:s}", "name", rows->name, "help", rows->help);

		if (rows->letter != 0)
			json_object_set_new(option, "letter", json_stringn(&rows->letter, 1));
		if (rows->argument != NULL)
			json_object_set_new(option, "argument", json_string(rows->argument));
		json_array_append_new(list, option);
	}
	return list;
}

static json_t *
command_json(const struct command *command)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name", command->name, "aliases",
		command->aliases, "arguments", command->arguments, "summary", command->summary,
		"help", command->help == NULL ? "" : command->help, "options",
		options_json(command->options));
}

/* One command, or all of them. */
static void
print_json(const struct invocation *call, const struct command *command)
{
	json_t *list = json_array();

	for (const struct command *row = command_table; row->name != NULL; row++)
		if (command == NULL || command == row)
			json_array_append_new(list, command_json(row));
	output_json(call, json_pack("{s:o, s:o}", "commands", list, "global_options",
				  options_json(global_options)));
}

void
help_overview(const struct invocation *call)
{
	struct table table = { .arena = call->arena, .columns = 2 };

	if (call->output->is_json) {
		print_json(call, NULL);
		return;
	}
	printf("Usage: weld [OPTION...] COMMAND [ARGUMENT...]\n\n"
	       "Packages are compiler IR; weld compiles and links them for this machine.\n\n");
	for (const struct command *row = command_table; row->name != NULL; row++) {
		const char *cells[2] = { arena_printf(call->arena, "  %s", row->name),
			row->aliases[0] == '\0' ? row->summary
						: arena_printf(call->arena, "%s (%s)",
							  row->summary, row->aliases) };

		table_add(&table, STYLE_PLAIN, cells);
	}
	table_print(&table, call->output, stdout);
	print_options(call, "Options of every command", global_options);
	printf("\n'weld COMMAND --help' tells more about one command.\n");
}

void
help_command(const struct invocation *call, const struct command *command)
{
	if (call->output->is_json) {
		print_json(call, command);
		return;
	}
	printf("Usage: weld %s%s%s%s\n\n%s.\n", command->name,
		command->options == NULL ? "" : " [OPTION...]",
		command->arguments[0] == '\0' ? "" : " ", command->arguments, command->summary);
	if (command->aliases[0] != '\0')
		printf("Also known as: %s\n", command->aliases);
	if (command->help != NULL) {
		putchar('\n');
		output_paragraph(call->output, stdout, 0, command->help);
	}
	print_options(call, "Options", command->options);
	print_options(call, "Options of every command", global_options);
}

int
cmd_help(struct invocation *call)
{
	const struct command *command;
	size_t words;

	if (call->arg_count == 0) {
		help_overview(call);
		return 0;
	}
	if (call->arg_count == 1 && command_is_group(call->args[0]) && call->output->is_json) {
		help_overview(call);
		return 0;
	}
	if (call->arg_count == 1 && command_is_group(call->args[0])) {
		size_t length = strlen(call->args[0]);

		for (const struct command *row = command_table; row->name != NULL; row++)
			if (strncmp(row->name, call->args[0], length) == 0 &&
				(row->name[length] == ' ' || row->name[length] == '\0'))
				printf("weld %s%s%s\n    %s.\n", row->name,
					row->arguments[0] == '\0' ? "" : " ", row->arguments,
					row->summary);
		return 0;
	}
	TRY(command_find(call->args, call->arg_count, &command, &words));
	help_command(call, command);
	return 0;
}

int
cmd_version(struct invocation *call)
{
	if (call->output->is_json) {
		output_json(call, json_pack("{s:s}", "version", WELD_VERSION));
		return 0;
	}
	printf("weld %s\n", WELD_VERSION);
	return 0;
}
