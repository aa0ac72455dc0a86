/* SPDX-License-Identifier: MIT */
/*
 * command: what the `weld` command can do, as one table.
 *
 * Help, usage errors, shell completion and the man pages' test read the same
 * table, so that none of them can fall behind.
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct output;

enum complete { /* what the shell offers for an argument */
	COMPLETE_NOTHING,
	COMPLETE_FILE,
	COMPLETE_INSTALLED, /* names of installed packages */
	COMPLETE_AVAILABLE, /* names that the repositories offer */
	COMPLETE_COMMAND, /* names of commands */
};

struct option_row {
	char letter; /* 0: none */
	const char *name; /* without dashes; NULL ends a table */
	const char *
		argument; /* NULL: the option takes none; "[=X]": it may have one, behind "=" */
	const char *help; /* one line, no full stop */
};

struct option_value { /* one option as given */
	const struct option_row *row;
	const char *value; /* NULL when there is none */
};

struct command;

struct invocation { /* one run of the command */
	struct arena *arena; /* lives until the process ends */
	const struct command *command; /* NULL before it is known */
	struct output *output;
	const char *program; /* argv[0] */
	char **args; /* what is neither the command nor an option */
	size_t arg_count;
	struct option_value *options;
	size_t option_count;
};

struct command {
	const char *name; /* one or two words: "install", "repo add"; NULL ends the table */
	const char *aliases; /* space-separated; "" for none */
	const char *arguments; /* as in the synopsis; "" for none */
	unsigned min_args;
	unsigned max_args; /* 0 with min_args 0: none; ARGS_ANY: no limit */
	enum complete complete;
	const struct option_row *options; /* NULL: only the global ones */
	const char *summary; /* one line, no full stop */
	const char *help; /* paragraphs for a person; NULL for none */
	/*
	 * Do it. 0 or a positive exit status when it was done and reported, a
	 * negative code when the caller shall report err_message().
	 */
	int (*run)(struct invocation *call);
	bool stops_options; /* everything from the first argument on belongs to someone else */
};

#define ARGS_ANY 1000000u

/* Whether an option may stand without its argument. */
bool option_is_optional(const struct option_row *row);

/* The table, in the order in which help shows it. */
extern const struct command command_table[];

/* The options that every command has. */
extern const struct option_row global_options[];

/*
 * Find the command that the leading words name; aliases count.
 *
 * ret_words is how many words its name took.
 *
 * Errors: ERR_USAGE, with the nearest name as a hint
 */
int command_find(char *const *words, size_t count, const struct command **ret_command,
	size_t *ret_words);

/* Whether some command's name begins with this word and has a second one. */
bool command_is_group(const char *word);

#endif
