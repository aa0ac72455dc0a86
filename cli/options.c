/* SPDX-License-Identifier: MIT */
/*
 * One pass over the words. The command is not known at first, so words are
 * collected until it is; options of the command may stand before its name only
 * when they are global ones. A command with `stops_options` takes everything
 * from its first argument on unread.
 */
#include "cli/options.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "base/nearest.h"
#include "base/str.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_row *
find_name(const struct option_row *rows, struct str name)
{
	for (; rows != NULL && rows->name != NULL; rows++)
		if (str_is(name, rows->name))
			return rows;
	return NULL;
}

bool
option_is_optional(const struct option_row *row)
{
	return row->argument != NULL && row->argument[0] == '[';
}

static const struct option_row *
find_letter(const struct option_row *rows, char letter)
{
	for (; rows != NULL && rows->name != NULL; rows++)
		if (rows->letter == letter)
			return rows;
	return NULL;
}

static const struct option_row *
own_options(const struct invocation *call)
{
	return call->command == NULL ? NULL : call->command->options;
}

static int
unknown_option(const struct invocation *call, struct str name)
{
	const char *candidates[128];
	size_t count = 0;
	const char *word = str_copy(call->arena, name);
	const char *nearest;

	for (const struct option_row *row = own_options(call);
		row != NULL && row->name != NULL && count < 100; row++)
		candidates[count++] = row->name;
	for (const struct option_row *row = global_options; row->name != NULL && count < 127;
		row++)
		candidates[count++] = row->name;
	nearest = nearest_name(word, candidates, count);
	if (nearest != NULL)
		return err_set(
			ERR_USAGE, "--%s: unknown option (did you mean --%s?)", word, nearest);
	return err_set(ERR_USAGE, "--%s: unknown option (see 'weld%s%s --help')", word,
		call->command == NULL ? "" : " ",
		call->command == NULL ? "" : call->command->name);
}

static void
add_option(struct invocation *call, const struct option_row *row, const char *value)
{
	call->options[call->option_count++] = (struct option_value){ row, value };
}

/* Take the command from the words so far, when they are enough to know it. */
static int
settle_command(struct invocation *call, bool is_last)
{
	size_t words;

	if (call->command != NULL || call->arg_count == 0)
		return 0;
	if (call->arg_count == 1 && command_is_group(call->args[0]) && !is_last)
		return 0;
	TRY(command_find(call->args, call->arg_count, &call->command, &words));
	call->args += words;
	call->arg_count -= words;
	return 0;
}

/* `--name`, `--name=value`, `--name value`; *index moves when the next word is taken. */
static int
parse_long(struct invocation *call, int argc, char **argv, int *index)
{
	const char *word = argv[*index] + 2;
	const char *equals = strchr(word, '=');
	struct str name = { word, equals == NULL ? strlen(word) : (size_t)(equals - word) };
	const struct option_row *row = find_name(own_options(call), name);
	const char *value = equals == NULL ? NULL : equals + 1;

	if (row == NULL)
		row = find_name(global_options, name);
	if (row == NULL && call->command == NULL && call->arg_count == 1 &&
		settle_command(call, true) >= 0)
		/* One word was enough: no word of a longer name comes after an option. */
		row = find_name(own_options(call), name);
	if (row == NULL)
		return unknown_option(call, name);
	if (row->argument == NULL && value != NULL)
		return err_set(ERR_USAGE, "--%s: takes no value", row->name);
	if (row->argument != NULL && value == NULL && !option_is_optional(row)) {
		if (*index + 1 >= argc)
			return err_set(ERR_USAGE, "--%s: needs a value (%s)", row->name,
				row->argument);
		value = argv[++*index];
	}
	add_option(call, row, value);
	return 0;
}

/* `-a`, `-ab`, `-oVALUE`, `-o VALUE`. */
static int
parse_letters(struct invocation *call, int argc, char **argv, int *index)
{
	for (const char *at = argv[*index] + 1; *at != '\0'; at++) {
		const struct option_row *row = find_letter(own_options(call), *at);

		if (row == NULL)
			row = find_letter(global_options, *at);
		if (row == NULL)
			return err_set(ERR_USAGE, "-%c: unknown option (see 'weld%s%s --help')",
				*at, call->command == NULL ? "" : " ",
				call->command == NULL ? "" : call->command->name);
		if (row->argument == NULL) {
			add_option(call, row, NULL);
			continue;
		}
		if (at[1] != '\0') {
			add_option(call, row, at + 1);
			return 0;
		}
		if (*index + 1 >= argc)
			return err_set(
				ERR_USAGE, "-%c: needs a value (%s)", *at, row->argument);
		add_option(call, row, argv[++*index]);
		return 0;
	}
	return 0;
}

static int
check_arguments(const struct invocation *call)
{
	const struct command *command = call->command;

	if (command == NULL || option_given(call, "help") || option_given(call, "version"))
		return 0;
	if (call->arg_count < command->min_args)
		return err_set(ERR_USAGE, "weld %s: needs %s (see 'weld %s --help')",
			command->name, command->arguments, command->name);
	if (call->arg_count > command->max_args)
		return err_set(ERR_USAGE, "%s: 'weld %s' takes %s (see 'weld %s --help')",
			call->args[command->max_args], command->name,
			command->max_args == 0 ? "no arguments" : "fewer arguments",
			command->name);
	return 0;
}

int
options_parse(struct invocation *call, int argc, char **argv)
{
	bool words_only = false;
	size_t room = 1;

	/* A word that a request cannot hold would be left out of it: "upgrade X" upgraded all. */
	for (int i = 1; i < argc; i++)
		if (!json_can_hold(argv[i]))
			return err_set(ERR_USAGE, "argument %d is not UTF-8 text", i);
	/* A word holds at most as many options as it has bytes. */
	for (int i = 0; i < argc; i++)
		room += strlen(argv[i]) + 1;
	call->args = arena_array(call->arena, (size_t)argc + 1, sizeof *call->args);
	call->options = arena_array(call->arena, room, sizeof *call->options);
	call->program = argc > 0 ? argv[0] : "weld";
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];

		if (!words_only && strcmp(word, "--") == 0) {
			words_only = true;
		} else if (!words_only && str_has_prefix(word, "--")) {
			TRY(parse_long(call, argc, argv, &i));
		} else if (!words_only && word[0] == '-' && word[1] != '\0') {
			TRY(parse_letters(call, argc, argv, &i));
		} else {
			call->args[call->arg_count++] = argv[i];
			TRY(settle_command(call, false));
		}
		if (call->command != NULL && call->command->stops_options &&
			call->arg_count > 0)
			words_only = true;
	}
	TRY(settle_command(call, true));
	return check_arguments(call);
}

bool
option_given(const struct invocation *call, const char *name)
{
	return option_value(call, name, NULL) != NULL;
}

const char *
option_value(const struct invocation *call, const char *name, const char *fallback)
{
	const char *value = fallback;

	assert(find_name(own_options(call), str_from(name)) != NULL ||
		find_name(global_options, str_from(name)) != NULL);
	for (size_t i = 0; i < call->option_count; i++)
		if (strcmp(call->options[i].row->name, name) == 0)
			value = call->options[i].value == NULL ? "" : call->options[i].value;
	return value;
}

int
option_number(const struct invocation *call, const char *name, long min, long max,
	long fallback, long *ret_number)
{
	const char *text = option_value(call, name, NULL);
	char *end;
	long number;

	if (text == NULL) {
		*ret_number = fallback;
		return 0;
	}
	errno = 0;
	number = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || number < min || number > max)
		return err_set(ERR_USAGE, "--%s=%s: not a number from %ld to %ld", name, text,
			min, max);
	*ret_number = number;
	return 0;
}

static const char *
home_directory(void)
{
	const char *home = getenv("HOME");
	const struct passwd *user;

	if (home != NULL && home[0] == '/')
		return home;
	user = getpwuid(getuid());
	return user == NULL ? NULL : user->pw_dir;
}

static int
default_root(const struct invocation *call, const char **ret_root)
{
	const char *home;

	if (geteuid() == 0) {
		*ret_root = "/weld";
		return 0;
	}
	home = home_directory();
	if (home == NULL)
		return err_set(ERR_NOT_FOUND, "no home directory is known (use --root)");
	*ret_root = arena_printf(call->arena, "%s/.local/share/weld", home);
	return 0;
}

/*
 * Take empty parts and "." out of a path, and ".." as long as it only leads back through the first
 * `exact` bytes, which are known to go through no link.
 */
static const char *
plain_path(struct arena *arena, const char *path, size_t exact)
{
	char *plain = arena_alloc(arena, strlen(path) + 2);
	struct str rest = str_from(path);
	struct str part;
	size_t length = 0;

	while (str_cut(&rest, '/', &part)) {
		if (part.len == 0 || str_is(part, "."))
			continue;
		if (str_is(part, "..") && length <= exact) {
			while (length > 0 && plain[--length] != '/')
				;
			exact = length;
			continue;
		}
		plain[length++] = '/';
		memcpy(plain + length, part.at, part.len);
		length += part.len;
	}
	if (length == 0)
		plain[length++] = '/';
	plain[length] = '\0';
	return plain;
}

int
options_root(const struct invocation *call, const char **ret_root)
{
	const char *root = option_value(call, "root", getenv("WELD_ROOT"));
	char *directory;
	size_t exact = 0;

	if (root == NULL)
		return default_root(call, ret_root);
	if (root[0] == '\0')
		return err_set(ERR_USAGE, "the root is empty (--root or WELD_ROOT)");
	if (root[0] != '/') {
		directory = getcwd(NULL, 0);
		if (directory == NULL)
			return err_errno("the current directory");
		root = arena_printf(call->arena, "%s/%s", directory, root);
		exact = strlen(directory);
		free(directory);
	}
	if (!json_can_hold(root))
		return err_set(ERR_USAGE,
			"the root's path is not UTF-8 text (use another with --root)");
	*ret_root = plain_path(call->arena, root, exact);
	return 0;
}
