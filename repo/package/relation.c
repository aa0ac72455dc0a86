/* SPDX-License-Identifier: MIT */
/*
 * Names and versions are checked by hand-written classes of ASCII characters:
 * locale and Unicode have no say in what a name is.
 */
#include "repo/relation.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define PREFIX_MAX 16 /* bytes, of "lib" in "lib:z" */
#define RELEASE_MAX 999999
#define SERIES_SIGN '@' /* no other character of a name, a path list or a host in a URL */

static bool
is_small_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_name(struct str text)
{
	if (text.len == 0 || text.len > RELATION_NAME_MAX || !is_small_or_digit(text.at[0]))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!is_small_or_digit(text.at[i]) &&
			(text.at[i] == '\0' || strchr("+._-", text.at[i]) == NULL))
			return false;
	return true;
}

static bool
is_series(struct str text)
{
	if (text.len == 0 || text.len > RELATION_SERIES_MAX || !is_small_or_digit(text.at[0]))
		return false;
	return memchr(text.at, '-', text.len) == NULL && is_name(text);
}

static bool
is_full_name(struct str text)
{
	const char *sign = text.len == 0 ? NULL : memchr(text.at, SERIES_SIGN, text.len);
	struct str name = text;

	if (sign == NULL)
		return is_name(text);
	name.len = (size_t)(sign - text.at);
	return text.len <= RELATION_NAME_MAX && is_name(name) &&
	       is_series((struct str){ .at = sign + 1, .len = text.len - name.len - 1 });
}

static bool
is_version(struct str text)
{
	if (text.len == 0 || text.len > RELATION_VERSION_MAX ||
		strchr("+._~", text.at[0]) != NULL)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (!is_small_or_digit(c) && !(c >= 'A' && c <= 'Z') &&
			(c == '\0' || strchr("+._~", c) == NULL))
			return false;
	}
	return true;
}

bool
relation_is_name(const char *text)
{
	return is_name(str_from(text));
}

bool
relation_is_series(const char *text)
{
	return is_series(str_from(text));
}

bool
relation_is_full_name(const char *text)
{
	return is_full_name(str_from(text));
}

const char *
relation_series(const char *full_name)
{
	const char *sign = strchr(full_name, SERIES_SIGN);

	return sign == NULL ? "" : sign + 1;
}

char *
relation_plain_name(struct arena *arena, const char *full_name)
{
	struct str name = { .at = full_name,
		.len = strcspn(full_name, (char[]){ SERIES_SIGN, '\0' }) };

	return str_copy(arena, name);
}

bool
relation_is_series_of(const char *full_name, const char *plain)
{
	size_t length = strlen(plain);

	return strncmp(full_name, plain, length) == 0 && full_name[length] == SERIES_SIGN;
}

char *
relation_in_series(struct arena *arena, const char *plain, const char *series)
{
	return *series == '\0' ? arena_string(arena, plain)
			       : arena_printf(arena, "%s%c%s", plain, SERIES_SIGN, series);
}

bool
relation_is_version(const char *text)
{
	return is_version(str_from(text));
}

/* A release: 1 to RELEASE_MAX, without a leading zero; 0 when it is none. */
static uint64_t
parse_release(struct str text)
{
	uint64_t release = 0;

	if (text.len == 0 || text.len > 6 || text.at[0] == '0')
		return 0;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return 0;
		release = release * 10 + (uint64_t)(text.at[i] - '0');
	}
	return release;
}

static bool
is_version_with_release(struct str text)
{
	const char *dash = memrchr(text.at, '-', text.len);
	struct str version = text;

	if (dash == NULL)
		return is_version(text);
	version.len = (size_t)(dash - text.at);
	return is_version(version) && parse_release((struct str){ .at = dash + 1,
					      .len = text.len - version.len - 1 }) != 0;
}

static bool
is_prefixed_name(struct str text)
{
	const char *colon = memchr(text.at, ':', text.len);
	size_t prefix = colon == NULL ? 0 : (size_t)(colon - text.at);

	if (colon == NULL)
		return is_full_name(text);
	if (prefix == 0 || prefix > PREFIX_MAX)
		return false;
	for (size_t i = 0; i < prefix; i++)
		if (text.at[i] < 'a' || text.at[i] > 'z')
			return false;
	return is_full_name((struct str){ .at = colon + 1, .len = text.len - prefix - 1 });
}

static bool
parse_operator(struct str text, unsigned *ret_operators)
{
	static const struct {
		const char *text;
		unsigned operators;
	} table[] = {
		{ "=", RELATION_EQUAL },
		{ "<", RELATION_LESS },
		{ "<=", RELATION_LESS | RELATION_EQUAL },
		{ ">", RELATION_GREATER },
		{ ">=", RELATION_GREATER | RELATION_EQUAL },
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (str_is(text, table[i].text)) {
			*ret_operators = table[i].operators;
			return true;
		}
	return false;
}

int
relation_parse(struct arena *arena, const char *text, struct relation *ret_relation)
{
	struct str rest = str_from(text);
	struct str name = { 0 };
	struct str sign = { 0 };
	struct relation relation = { 0 };

	str_cut(&rest, ' ', &name);
	if (name.len == 0 || !is_prefixed_name(name))
		return err_set(ERR_FORMAT, "relation \"%.200s\": not a package name", text);
	relation.name = str_copy(arena, name);
	if (name.len < strlen(text)) {
		if (!str_cut(&rest, ' ', &sign) || !parse_operator(sign, &relation.operators))
			return err_set(ERR_FORMAT,
				"relation \"%.200s\": expected one of = < <= > >= after the "
				"name",
				text);
		if (rest.len == 0 || !is_version_with_release(rest))
			return err_set(ERR_FORMAT, "relation \"%.200s\": not a version", text);
		relation.version = str_copy(arena, rest);
	}
	*ret_relation = relation;
	return 0;
}

/* Cut the part behind the last dash off the end. */
static bool
cut_last(struct str *text, struct str *ret_part)
{
	const char *dash = text->len == 0 ? NULL : memrchr(text->at, '-', text->len);

	if (dash == NULL)
		return false;
	ret_part->at = dash + 1;
	ret_part->len = text->len - (size_t)(dash - text->at) - 1;
	text->len = (size_t)(dash - text->at);
	return true;
}

int
relation_parse_file_name(struct arena *arena, const char *text, char **ret_name,
	char **ret_version, uint64_t *ret_release)
{
	struct str name = str_from(text);
	struct str version = { 0 };
	struct str number = { 0 };
	uint64_t release;

	if (str_has_suffix(text, ".weld"))
		name.len -= strlen(".weld");
	if (!cut_last(&name, &number) || !cut_last(&name, &version) || !is_full_name(name) ||
		!is_version(version) || (release = parse_release(number)) == 0)
		return err_set(ERR_FORMAT,
			"\"%.200s\": not of the form NAME-VERSION-RELEASE.weld", text);
	*ret_name = str_copy(arena, name);
	*ret_version = str_copy(arena, version);
	*ret_release = release;
	return 0;
}
