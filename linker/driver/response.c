/* SPDX-License-Identifier: MIT */
/*
 * Response files: "@FILE" stands for the arguments in the file. A file may name
 * others; a budget ends files that name each other.
 */
#include "linker/driver/options.h"

#include "base/err.h"
#include "base/file.h"
#include "base/str.h"

#include <ctype.h>
#include <string.h>

#define EXPANSIONS_MAX 64 /* response files in one command */
#define RESPONSE_MAX ((size_t)16 << 20) /* bytes of one response file */

/* Cut one argument from a response file: blanks separate, quotes and backslashes protect. */
static bool
cut_argument(struct str *rest, struct strbuf *argument)
{
	char quote = '\0';
	size_t i = 0;

	while (i < rest->len && isspace((unsigned char)rest->at[i]))
		i++;
	if (i == rest->len)
		return false;
	for (; i < rest->len; i++) {
		char c = rest->at[i];

		if (quote == '\0' && isspace((unsigned char)c))
			break;
		if (c == '\\' && i + 1 < rest->len)
			strbuf_add_char(argument, rest->at[++i]);
		else if (quote == '\0' && (c == '"' || c == '\''))
			quote = c;
		else if (c == quote)
			quote = '\0';
		else
			strbuf_add_char(argument, c);
	}
	*rest = (struct str){ rest->at + i, rest->len - i };
	return true;
}

static int
expand_one(struct arena *arena, const char *argument, unsigned *budget,
	struct strings *ret_arguments)
{
	struct str rest;

	if (argument[0] != '@' || !file_exists(AT_FDCWD, argument + 1)) {
		vec_push(arena, ret_arguments, argument);
		return 0;
	}
	if ((*budget)-- == 0)
		return err_set(ERR_LIMIT, "%s: more than %d response files", argument + 1,
			EXPANSIONS_MAX);
	TRY(file_read(arena, AT_FDCWD, argument + 1, RESPONSE_MAX, &rest));
	for (;;) {
		struct strbuf text AUTO(strbuf_free) = { 0 };

		if (!cut_argument(&rest, &text))
			return 0;
		TRY(expand_one(arena, arena_string(arena, strbuf_string(&text)), budget,
			ret_arguments));
	}
}

int
options_expand(
	struct arena *arena, int argc, const char *const *argv, struct strings *ret_arguments)
{
	unsigned budget = EXPANSIONS_MAX;
	struct strings arguments = { 0 };

	for (int i = 0; i < argc; i++)
		TRY(expand_one(arena, argv[i], &budget, &arguments));
	*ret_arguments = arguments;
	return 0;
}
