/* SPDX-License-Identifier: MIT */
/* The table and the ways to find a row in it. */
#include "cli/command.h"

#include "base/err.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/help.h"
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

const struct option_row global_options[] = {
	{ 0, "root", "DIR", "the installation to work on (also WELD_ROOT)" },
	{ 'y', "yes", NULL, "do what the plan says without asking" },
	{ 'n', "dry-run", NULL, "show the plan and stop" },
	{ 0, "simulate", NULL, "the same as --dry-run" },
	{ 0, "json", NULL, "print one JSON object and nothing else" },
	{ 'q', "quiet", NULL, "print only answers, warnings and errors" },
	{ 'v', "verbose", NULL, "tell more" },
	{ 0, "color", "WHEN", "auto, always or never" },
	{ 0, "offline", NULL, "use what is here, ask no server" },
	{ 0, "wait", "SECONDS", "how long to wait for another weld at work" },
	{ 'h', "help", NULL, "tell about the command" },
	{ 'V', "version", NULL, "print weld's version" },
	{ 0 },
};

static const struct option_row build_options[] = {
	{ 'o', "output", "DIR", "where packages are found and put (default: here)" },
	{ 0, "all", NULL, "build every recipe" },
	{ 0, "recipes", "DIR",
		"where names are looked up (also WELD_RECIPES; default: ./recipes)" },
	{ 0, "check", "LEVEL", "upstream's tests: no, quick (default) or full" },
	{ 0, "patch", "FILE", "apply one more patch; may be given several times" },
	{ 0, "release", "N", "use this release number" },
	{ 'j', "jobs", "N", "run so many compilers at a time" },
	{ 'f', "force", NULL, "build also what is up to date" },
	{ 0, "keep", NULL, "keep the build directory" },
	{ 0, "cache", "DIR", "where sources are kept" },
	{ 0 },
};

#define SIGNING_OPTIONS                                                                    \
	{ 'k', "key", "NAME", "the key to sign with (default: the only one)" },            \
		{ 0, "keys", "DIR", "where keys are kept" },                               \
	{                                                                                  \
		0, "passphrase-fd", "FD", "read the key's passphrase from this descriptor" \
	}

static const struct option_row signing_options[] = { SIGNING_OPTIONS, { 0 } };

static const struct option_row serve_options[] = {
	{ 0, "address", "ADDRESS", "listen on this numeric address (default: 127.0.0.1)" },
	{ 'p', "port", "PORT", "listen on this port (default: any free one)" },
	{ 0 },
};

static const struct option_row key_generate_options[] = {
	{ 0, "keys", "DIR", "where keys are kept" },
	{ 0, "passphrase-fd", "FD", "read the new passphrase from this descriptor" },
	{ 0, "no-passphrase", NULL, "store the key without encryption: for trials" },
	{ 0 },
};

static const struct option_row keys_options[] = {
	{ 0, "keys", "DIR", "where keys are kept" },
	{ 0 },
};

static const struct option_row key_export_options[] = {
	{ 0, "keys", "DIR", "where keys are kept" },
	{ 's', "secret", NULL, "the whole key file, encrypted if the key is" },
	{ 'o', "output", "FILE", "write to a file that does not exist yet" },
	{ 0 },
};

const struct command command_table[] = {
	{ "debug dump", "", "FILE", 1, 1, COMPLETE_FILE, NULL, "Print the note of an image",
		NULL, cmd_debug_dump },
	{ "build", "", "[RECIPE_DIR|NAME ...]", 0, ARGS_ANY, COMPLETE_FILE, build_options,
		"Build packages from recipes",
		"A word with a slash is a recipe's folder, otherwise the name of a recipe. "
		"What it requires is built first. Builds run without network.",
		cmd_build },
	{ "repo init", "", "DIR", 1, 1, COMPLETE_FILE, signing_options,
		"Make an empty signed repository", NULL, cmd_repo_init },
	{ "repo publish", "", "DIR FILE.weld ...", 2, ARGS_ANY, COMPLETE_FILE, signing_options,
		"Add packages to a repository and sign it",
		"A published version never changes: the same name with other contents is "
		"refused.",
		cmd_repo_publish },
	{ "repo sign", "", "DIR", 1, 1, COMPLETE_FILE, signing_options,
		"Sign a repository again with new dates", NULL, cmd_repo_sign },
	{ "repo check", "", "DIR", 1, 1, COMPLETE_FILE, NULL,
		"Verify everything in a repository", "Exit status 5 when something is wrong.",
		cmd_repo_check },
	{ "repo serve", "", "DIR", 1, 1, COMPLETE_FILE, serve_options,
		"Serve a repository over HTTP, for trials",
		"Prints its URL, then serves until it is interrupted.", cmd_repo_serve },
	{ "key generate", "", "NAME", 1, 1, COMPLETE_NOTHING, key_generate_options,
		"Make a signing key", NULL, cmd_key_generate },
	{ "key list", "", "", 0, 0, COMPLETE_NOTHING, keys_options, "List signing keys", NULL,
		cmd_key_list },
	{ "key export", "", "NAME", 1, 1, COMPLETE_NOTHING, key_export_options, "Print a key",
		NULL, cmd_key_export },
	{ "key import", "", "NAME FILE", 2, 2, COMPLETE_FILE, keys_options,
		"Add an exported key", NULL, cmd_key_import },
	{ "help", "", "[COMMAND]", 0, 2, COMPLETE_COMMAND, NULL, "Tell about weld or a command",
		NULL, cmd_help },
	{ "version", "", "", 0, 0, COMPLETE_NOTHING, NULL, "Print weld's version", NULL,
		cmd_version },
	{ "completion", "", "bash|zsh|fish", 1, 1, COMPLETE_NOTHING, NULL,
		"Print the shell's completion script",
		"For bash: eval \"$(weld completion bash)\"", cmd_completion },
	{ 0 },
};

/* Whether the row's name is exactly these words. */
static bool
has_name(const struct command *row, char *const *words, size_t count)
{
	const char *space = strchr(row->name, ' ');
	size_t length = strlen(words[0]);

	if (count == 1)
		return space == NULL && strcmp(row->name, words[0]) == 0;
	return space != NULL && (size_t)(space - row->name) == length &&
	       strncmp(row->name, words[0], length) == 0 && strcmp(space + 1, words[1]) == 0;
}

static bool
has_alias(const struct command *row, const char *word)
{
	struct str rest = str_from(row->aliases);
	struct str alias;

	while (str_cut(&rest, ' ', &alias))
		if (str_is(alias, word))
			return true;
	return false;
}

bool
command_is_group(const char *word)
{
	size_t length = strlen(word);

	for (const struct command *row = command_table; row->name != NULL; row++)
		if (strncmp(row->name, word, length) == 0 && row->name[length] == ' ')
			return true;
	return false;
}

static int
unknown_command(char *const *words, size_t count)
{
	const char *names[128];
	size_t found = 0;
	bool is_group = command_is_group(words[0]);
	size_t skip = is_group ? strlen(words[0]) + 1 : 0;
	const char *nearest;

	if (is_group && count == 1)
		return err_set(ERR_USAGE, "%s: needs a second word (see 'weld help %s')",
			words[0], words[0]);
	for (const struct command *row = command_table; row->name != NULL && found < 127; row++)
		if (!is_group)
			names[found++] = row->name;
		else if (strncmp(row->name, words[0], skip - 1) == 0 &&
			 row->name[skip - 1] == ' ')
			names[found++] = row->name + skip;
	names[found] = NULL;
	nearest = options_nearest(words[is_group], names);
	if (nearest == NULL)
		return err_set(
			ERR_USAGE, "%s: unknown command (see 'weld help')", words[is_group]);
	return err_set(ERR_USAGE, "%s: unknown command (did you mean '%s'?)", words[is_group],
		nearest);
}

int
command_find(
	char *const *words, size_t count, const struct command **ret_command, size_t *ret_words)
{
	/* The longest name wins: "history info" before "history". */
	for (size_t length = count > 1 ? 2 : 1; length > 0; length--)
		for (const struct command *row = command_table; row->name != NULL; row++)
			if (has_name(row, words, length) ||
				(length == 1 && has_alias(row, words[0]))) {
				*ret_command = row;
				*ret_words = length;
				return 0;
			}
	return unknown_command(words, count);
}
