/* SPDX-License-Identifier: MIT */
/*
 * One pass of a recursive descent over
 *
 *     or     = and *("OR" and)
 *     and    = term *("AND" term)
 *     term   = "(" or ")" | name ["WITH" exception]
 *     name   = licence of the list, with or without "+" | "LicenseRef-" id
 *
 * that writes the expression again as it reads. The names of the list are known
 * in any case and written as the list has them; operators are capital letters.
 * The lists are sorted without regard to case.
 */
#include "repo/licence.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "repo/package/spdx_exceptions.h"
#include "repo/package/spdx_licences.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 32 /* parentheses inside each other */
#define OWN_PREFIX "LicenseRef-weld-"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

struct reader {
	struct arena *arena;
	const char *at; /* what is not read yet */
	struct str word; /* the next word: "(", ")", a run of other characters, or empty */
	unsigned depth;
	const char *problem;
	VEC(struct licence_reference) references;
};

struct part { /* what was read */
	const char *text;
	bool is_simple;
	bool is_choice;
};

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Whether the text can be what follows "LicenseRef-". */
static bool
is_id(const char *text)
{
	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if (!is_letter(*text) && *text != '-' && *text != '.')
			return false;
	return true;
}

static void
advance(struct reader *reader)
{
	while (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\n')
		reader->at++;
	reader->word = (struct str){ reader->at, 0 };
	if (*reader->at == '(' || *reader->at == ')')
		reader->word.len = 1;
	else
		reader->word.len = strcspn(reader->at, " \t\n()");
	reader->at += reader->word.len;
}

static void
note(struct reader *reader, const char *problem)
{
	if (reader->problem == NULL)
		reader->problem = problem;
}

static int
compare_name(const void *key, const void *element)
{
	return strcasecmp(key, *(const char *const *)element);
}

/* The list's spelling of a name; NULL when it does not have it. */
static const char *
find(const char *const *list, size_t count, const char *name)
{
	const char *const *found = bsearch(name, list, count, sizeof *list, compare_name);

	return found == NULL ? NULL : *found;
}

/*
 * Whether a name is a reference of the right form. Those into other documents are unknown names:
 * nobody has these documents.
 */
static bool
is_reference(const char *name)
{
	return str_has_prefix(name, "LicenseRef-") && is_id(name + strlen("LicenseRef-"));
}

/* A name of our own for what the list does not have: other characters become '-'. */
static const char *
refer(struct reader *reader, const char *name)
{
	char *id = arena_printf(reader->arena, OWN_PREFIX "%s", name);

	if (is_reference(name))
		id = arena_string(reader->arena, name);
	else
		for (char *c = id; *c != '\0'; c++)
			if (!is_letter(*c) && *c != '.')
				*c = '-';
	VEC_EACH (struct licence_reference, old, &reader->references) {
		if (strcmp(old->id, id) == 0)
			return id;
	}
	vec_push(reader->arena, &reader->references, (struct licence_reference){ id, name });
	return id;
}

static const char *
read_name(struct reader *reader, struct part *part)
{
	const char *name = str_copy(reader->arena, reader->word);
	size_t length = reader->word.len;
	bool has_plus = length > 1 && name[length - 1] == '+';
	const char *bare = arena_printf(reader->arena, "%.*s", (int)(length - has_plus), name);
	const char *known = find(spdx_licences, LENGTH(spdx_licences), bare);

	part->is_simple = known != NULL && !has_plus;
	advance(reader);
	if (known != NULL)
		return has_plus ? arena_printf(reader->arena, "%s+", known) : known;
	if (is_reference(name))
		return refer(reader, name);
	note(reader, arena_printf(reader->arena, "%s is not in the SPDX licence list", name));
	return refer(reader, name);
}

/* "NAME WITH EXCEPTION"; with an unknown exception the whole is an unknown licence. */
static int
read_with(struct reader *reader, struct part *part)
{
	const char *stated = str_copy(reader->arena, reader->word);
	size_t before = reader->references.len;
	const char *exception;
	const char *known;

	part->text = read_name(reader, part);
	if (!str_is(reader->word, "WITH"))
		return 0;
	part->is_simple = false;
	advance(reader);
	if (reader->word.len == 0 || str_is(reader->word, "(") || str_is(reader->word, ")"))
		return err_set(ERR_FORMAT, "WITH needs an exception behind it");
	exception = str_copy(reader->arena, reader->word);
	known = find(spdx_exceptions, LENGTH(spdx_exceptions), exception);
	advance(reader);
	if (known != NULL) {
		part->text = arena_printf(reader->arena, "%s WITH %s", part->text, known);
		return 0;
	}
	note(reader, arena_printf(reader->arena, "%s is not in the SPDX list of exceptions",
			     exception));
	reader->references.len = before;
	part->text =
		refer(reader, arena_printf(reader->arena, "%s WITH %s", stated, exception));
	return 0;
}

static int read_or(struct reader *reader, struct part *part);

static int
read_term(struct reader *reader, struct part *part)
{
	*part = (struct part){ 0 };
	if (reader->word.len == 0)
		return err_set(ERR_FORMAT, "it ends where a licence should stand");
	if (!str_is(reader->word, "(")) {
		if (str_is(reader->word, ")") || str_is(reader->word, "AND") ||
			str_is(reader->word, "OR") || str_is(reader->word, "WITH"))
			return err_set(ERR_FORMAT,
				"\"" STR_FMT "\" stands where a licence should",
				STR_ARG(reader->word));
		return read_with(reader, part);
	}
	if (++reader->depth > DEPTH_MAX)
		return err_set(ERR_FORMAT, "too many parentheses");
	advance(reader);
	TRY(read_or(reader, part));
	if (!str_is(reader->word, ")"))
		return err_set(ERR_FORMAT, "a parenthesis is not closed");
	advance(reader);
	reader->depth--;
	return 0;
}

static int
read_and(struct reader *reader, struct part *part)
{
	TRY(read_term(reader, part));
	while (str_is(reader->word, "AND")) {
		struct part more;

		advance(reader);
		TRY(read_term(reader, &more));
		part->text = arena_printf(reader->arena,
			part->is_choice && more.is_choice ? "(%s) AND (%s)"
			: part->is_choice                 ? "(%s) AND %s"
			: more.is_choice                  ? "%s AND (%s)"
							  : "%s AND %s",
			part->text, more.text);
		part->is_simple = part->is_choice = false;
	}
	return 0;
}

static int
read_or(struct reader *reader, struct part *part)
{
	TRY(read_and(reader, part));
	while (str_is(reader->word, "OR")) {
		struct part more;

		advance(reader);
		TRY(read_and(reader, &more));
		part->text = arena_printf(reader->arena, "%s OR %s", part->text, more.text);
		part->is_simple = false;
		part->is_choice = true;
	}
	return 0;
}

static int
read_whole(struct reader *reader, struct part *part)
{
	advance(reader);
	TRY(read_or(reader, part));
	if (reader->word.len > 0)
		return err_set(ERR_FORMAT, "\"" STR_FMT "\" stands where AND or OR should",
			STR_ARG(reader->word));
	return 0;
}

void
licence_read(struct arena *arena, const char *text, struct licence *ret_licence)
{
	struct reader reader = { .arena = arena, .at = text };
	struct part part = { 0 };

	if (read_whole(&reader, &part) < 0) {
		reader.problem =
			arena_printf(arena, "is no SPDX expression: %s", err_message());
		reader.references.len = 0;
		part = (struct part){ .text = refer(
					      &reader, arena_printf(arena, "text-%s", text)) };
		reader.references.at[0].name = arena_string(arena, text);
	}
	*ret_licence = (struct licence){
		.expression = part.text,
		.is_simple = part.is_simple,
		.has_or = part.is_choice,
		.problem = reader.problem,
		.references = reader.references.at,
		.reference_count = reader.references.len,
	};
}
