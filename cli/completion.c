/* SPDX-License-Identifier: MIT */
/*
 * Completion scripts for bash, zsh and fish, written out of the command table.
 * Names of packages are asked of weld itself when the person presses the key.
 */
#include "cli/help.h"

#include "base/arena.h"
#include "base/err.h"
#include "cli/output.h"

#include <stdio.h>
#include <string.h>

#define INSTALLED "weld list --names 2>/dev/null"
#define AVAILABLE "weld search --names 2>/dev/null"

/* First words of all commands and their aliases, without repeats. */
static void
print_first_words(void)
{
	const char *last = "";

	for (const struct command *row = command_table; row->name != NULL; row++) {
		size_t length = strcspn(row->name, " ");

		if (strncmp(last, row->name, length) != 0 || strcspn(last, " ") != length)
			printf("%.*s ", (int)length, row->name);
		if (row->aliases[0] != '\0')
			printf("%s ", row->aliases);
		last = row->name;
	}
}

static void
print_second_words(const char *first, size_t length)
{
	for (const struct command *row = command_table; row->name != NULL; row++)
		if (strncmp(row->name, first, length) == 0 && row->name[length] == ' ')
			printf("%s ", row->name + length + 1);
}

static void
print_option_words(const struct option_row *rows)
{
	for (; rows != NULL && rows->name != NULL; rows++)
		printf("--%s%s ", rows->name,
			rows->argument == NULL || option_is_optional(rows) ? "" : "=");
}

static const char *
bash_source(enum complete complete)
{
	switch (complete) {
	case COMPLETE_FILE:
		return "files=1";
	case COMPLETE_INSTALLED:
		return "words=\"$(" INSTALLED ")\"";
	case COMPLETE_AVAILABLE:
		return "words=\"$(" AVAILABLE ")\"; files=1";
	case COMPLETE_COMMAND:
		return "words=\"$commands\"";
	case COMPLETE_NOTHING:
		break;
	}
	return ":";
}

static void
print_bash(void)
{
	printf("_weld()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words= files= options= commands= i cmd= "
	       "pair=\n"
	       "\tcommands='");
	print_first_words();
	printf("'\n\toptions='");
	print_option_words(global_options);
	printf("'\n"
	       "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	       "\t\t[[ ${COMP_WORDS[i]} == -* ]] && continue\n"
	       "\t\tif [[ -z $cmd ]]; then cmd=${COMP_WORDS[i]}; pair=$cmd\n"
	       "\t\telif [[ $pair == \"$cmd\" ]]; then pair=\"$cmd ${COMP_WORDS[i]}\"; fi\n"
	       "\tdone\n"
	       "\tcase $cmd in\n\t'') words=$commands ;;\n");
	for (const struct command *row = command_table; row->name != NULL; row++) {
		size_t length = strcspn(row->name, " ");

		if (row->name[length] == ' ')
			continue;
		printf("\t%s", row->name);
		for (const char *at = row->aliases; *at != '\0';) {
			size_t word = strcspn(at, " ");

			printf("|%.*s", (int)word, at);
			at += word + (at[word] == ' ');
		}
		printf(") %s; options+='", bash_source(row->complete));
		print_option_words(row->options);
		printf("'; words+=' ");
		print_second_words(row->name, length);
		printf("' ;;\n");
	}
	for (const struct command *row = command_table; row->name != NULL; row++) {
		size_t length = strcspn(row->name, " ");

		if (row->name[length] != ' ' ||
			(row != command_table &&
				strncmp(row[-1].name, row->name, length) == 0 &&
				(row[-1].name[length] == ' ' || row[-1].name[length] == '\0')))
			continue;
		printf("\t%.*s) words='", (int)length, row->name);
		print_second_words(row->name, length);
		printf("' ;;\n");
	}
	printf("\tesac\n\tcase $pair in\n");
	for (const struct command *row = command_table; row->name != NULL; row++) {
		if (strchr(row->name, ' ') == NULL)
			continue;
		printf("\t'%s') words=; %s; options+='", row->name, bash_source(row->complete));
		print_option_words(row->options);
		printf("' ;;\n");
	}
	printf("\tesac\n"
	       "\t[[ $cur == -* ]] && words=$options files=\n"
	       "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	       "\t[[ -n $files ]] && mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f "
	       "-- "
	       "\"$cur\")\n"
	       "\t[[ ${COMPREPLY[0]-} == *= ]] && compopt -o nospace\n"
	       "\treturn 0\n}\ncomplete -o filenames -F _weld weld\n");
}

/* zsh runs the bash functions through its own emulation layer. */
static void
print_zsh(void)
{
	printf("#compdef weld\nautoload -U +X bashcompinit && bashcompinit\n");
	print_bash();
}

static void
print_fish_text(const char *text)
{
	putchar('\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void
print_fish_options(const struct option_row *rows, const char *condition)
{
	for (; rows != NULL && rows->name != NULL; rows++) {
		printf("complete -c weld%s -l %s", condition, rows->name);
		if (rows->letter != 0)
			printf(" -s %c", rows->letter);
		if (rows->argument != NULL && !option_is_optional(rows))
			printf(" -r");
		printf(" -d ");
		print_fish_text(rows->help);
		putchar('\n');
	}
}

static void
print_fish(const struct invocation *call)
{
	printf("complete -c weld -f\n");
	print_fish_options(global_options, "");
	for (const struct command *row = command_table; row->name != NULL; row++) {
		size_t length = strcspn(row->name, " ");
		bool is_pair = row->name[length] == ' ';
		const char *seen =
			arena_printf(call->arena, " -n '__fish_seen_subcommand_from %s'",
				is_pair ? row->name + length + 1 : row->name);

		printf("complete -c weld -n ");
		if (is_pair)
			printf("'__fish_seen_subcommand_from %.*s'", (int)length, row->name);
		else
			printf("__fish_use_subcommand");
		printf(" -a %s -d ", is_pair ? row->name + length + 1 : row->name);
		print_fish_text(row->summary);
		putchar('\n');
		print_fish_options(row->options, seen);
		if (row->complete == COMPLETE_INSTALLED)
			printf("complete -c weld%s -a '(" INSTALLED ")'\n", seen);
		else if (row->complete == COMPLETE_AVAILABLE)
			printf("complete -c weld%s -F -a '(" AVAILABLE ")'\n", seen);
		else if (row->complete == COMPLETE_FILE)
			printf("complete -c weld%s -F\n", seen);
	}
}

int
cmd_completion(struct invocation *call)
{
	const char *shell = call->args[0];

	if (strcmp(shell, "bash") == 0)
		print_bash();
	else if (strcmp(shell, "zsh") == 0)
		print_zsh();
	else if (strcmp(shell, "fish") == 0)
		print_fish(call);
	else
		return err_set(ERR_USAGE, "%s: not one of bash, zsh, fish", shell);
	return 0;
}
