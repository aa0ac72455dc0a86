/* SPDX-License-Identifier: MIT */
/*
 * A reader by recursive descent: object, member, value, list. The cursor knows
 * its line for messages. Depth is limited, since the text may come from anyone.
 */
#include "base/ucl.h"

#include "base/err.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 32 /* objects and lists inside each other */

struct cursor {
	const char *at;
	const char *end;
	int line; /* from 1 */
	int depth;
};

static int read_value(struct cursor *c, json_t **ret_value);

static int
fail(const struct cursor *c, const char *what)
{
	return err_set(ERR_FORMAT, "line %d: %s", c->line, what);
}

/* Pass over a block comment; the cursor stands on its opening. */
static int
skip_block_comment(struct cursor *c)
{
	for (c->at += 2; c->end - c->at >= 2; c->at++) {
		if (c->at[0] == '*' && c->at[1] == '/') {
			c->at += 2;
			return 0;
		}
		if (*c->at == '\n')
			c->line++;
	}
	return fail(c, "the comment has no end");
}

/* Pass over blanks and comments, and over line ends if wanted. */
static int
skip(struct cursor *c, bool over_lines)
{
	while (c->at < c->end) {
		if (*c->at == '#') {
			while (c->at < c->end && *c->at != '\n')
				c->at++;
		} else if (c->end - c->at >= 2 && c->at[0] == '/' && c->at[1] == '*') {
			TRY(skip_block_comment(c));
		} else if (*c->at == '\n' && over_lines) {
			c->line++;
			c->at++;
		} else if (*c->at == ' ' || *c->at == '\t' || *c->at == '\r') {
			c->at++;
		} else {
			break;
		}
	}
	return 0;
}

static bool
is_bare(char b)
{
	return !isspace((unsigned char)b) && b != '\0' && strchr(",;{}[]\"'#", b) == NULL;
}

/* Whether the cursor stands on this byte. */
static bool
is_at(const struct cursor *c, char b)
{
	return c->at < c->end && *c->at == b;
}

/* A text in double quotes: jansson knows the escapes. */
static int
read_quoted(struct cursor *c, json_t **ret_value)
{
	const char *start = c->at++;
	json_error_t error;

	while (c->at < c->end && *c->at != '"' && *c->at != '\n')
		c->at += *c->at == '\\' && c->end - c->at > 1 ? 2 : 1;
	if (!is_at(c, '"'))
		return fail(c, "the quoted text has no end on its line");
	c->at++;
	*ret_value = json_loadb(start, (size_t)(c->at - start), JSON_DECODE_ANY, &error);
	return *ret_value == NULL ? fail(c, error.text) : 0;
}

/* A text in single quotes: no escapes. */
static int
read_literal(struct cursor *c, json_t **ret_value)
{
	const char *start = ++c->at;

	while (c->at < c->end && *c->at != '\'' && *c->at != '\n')
		c->at++;
	if (!is_at(c, '\''))
		return fail(c, "the quoted text has no end on its line");
	*ret_value = json_stringn(start, (size_t)(c->at++ - start));
	return *ret_value == NULL ? fail(c, "the text is not UTF-8") : 0;
}

/* A bare word, or with `is_key` up to the "=" or ":" behind a key. */
static struct str
read_bare(struct cursor *c, bool is_key)
{
	const char *start = c->at;

	while (c->at < c->end && is_bare(*c->at) &&
		(!is_key || (*c->at != '=' && *c->at != ':')))
		c->at++;
	return (struct str){ .at = start, .len = (size_t)(c->at - start) };
}

static json_t *
flag_of(struct str word)
{
	static const char *const yes[] = { "true", "yes", "on" };
	static const char *const no[] = { "false", "no", "off" };

	for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		if (str_is(word, yes[i]))
			return json_true();
		if (str_is(word, no[i]))
			return json_false();
	}
	return NULL;
}

static json_t *
integer_of(struct str word)
{
	char digits[24];
	char *end;
	long long number;

	if (word.len == 0 || word.len >= sizeof digits)
		return NULL;
	memcpy(digits, word.at, word.len);
	digits[word.len] = '\0';
	if (!isdigit((unsigned char)digits[0]) && digits[0] != '-')
		return NULL;
	errno = 0;
	number = strtoll(digits, &end, 10);
	return *end != '\0' || errno != 0 || end == digits ? NULL : json_integer(number);
}

static int
read_scalar(struct cursor *c, json_t **ret_value)
{
	struct str word;
	json_t *value;

	if (is_at(c, '"'))
		return read_quoted(c, ret_value);
	if (is_at(c, '\''))
		return read_literal(c, ret_value);
	word = read_bare(c, false);
	if (word.len == 0)
		return fail(c, "a value is missing");
	value = flag_of(word);
	if (value == NULL)
		value = integer_of(word);
	if (value == NULL)
		value = json_stringn(word.at, word.len);
	if (value == NULL)
		return fail(c, "the text is not UTF-8");
	*ret_value = value;
	return 0;
}

/* What may stand between two members or elements. */
static int
skip_separators(struct cursor *c)
{
	TRY(skip(c, true));
	while (is_at(c, ',') || is_at(c, ';')) {
		c->at++;
		TRY(skip(c, true));
	}
	return 0;
}

static int
read_list(struct cursor *c, json_t **ret_value)
{
	json_t *list AUTO(json_release) = json_array();

	c->at++;
	for (;;) {
		json_t *value = NULL;

		TRY(skip_separators(c));
		if (c->at == c->end)
			return fail(c, "the list has no end (\"]\")");
		if (is_at(c, ']'))
			break;
		TRY(read_value(c, &value));
		json_array_append_new(list, value);
	}
	c->at++;
	*ret_value = json_incref(list);
	return 0;
}

/* Put a member: a second value makes a list, a second named object is joined. */
static void
put_member(json_t *object, const char *key, json_t *value, bool is_named)
{
	json_t *old = json_object_get(object, key);

	if (old == NULL) {
		json_object_set(object, key, value);
	} else if (is_named && json_is_object(old)) {
		const char *name;
		json_t *inner;

		json_object_foreach(value, name, inner)
			put_member(old, name, inner, json_is_object(inner));
	} else if (json_is_array(old) && !json_is_array(value)) {
		json_array_append(old, value);
	} else {
		json_t *list = json_array();

		json_array_append(list, old);
		json_array_append(list, value);
		json_object_set_new(object, key, list);
	}
}

static int
read_key(struct cursor *c, json_t **ret_key)
{
	struct str word;

	if (is_at(c, '"'))
		return read_quoted(c, ret_key);
	word = read_bare(c, true);
	if (word.len == 0)
		return fail(c, "a key is missing");
	if (word.at[0] == '.')
		return fail(c, "macros are not supported");
	*ret_key = json_stringn(word.at, word.len);
	return *ret_key == NULL ? fail(c, "the key is not UTF-8") : 0;
}

/* What stands behind a key: "= value", "value", "{ ... }" or "NAME { ... }". */
static int
read_member_value(struct cursor *c, json_t **ret_value, bool *ret_is_named)
{
	json_t *name AUTO(json_release) = NULL;
	json_t *inner AUTO(json_release) = NULL;
	struct cursor before;
	bool is_named;

	TRY(skip(c, false));
	if (is_at(c, '=') || is_at(c, ':')) {
		c->at++;
		TRY(skip(c, true));
		return read_value(c, ret_value);
	}
	before = *c;
	if (c->at < c->end && (*c->at == '"' || is_bare(*c->at))) {
		TRY(read_key(c, &name));
		TRY(skip(c, false));
		if (is_at(c, '{')) {
			TRY(read_member_value(c, &inner, &is_named));
			*ret_value = json_object();
			json_object_set(*ret_value, json_string_value(name), inner);
			*ret_is_named = true;
			return 0;
		}
	}
	*c = before;
	return read_value(c, ret_value);
}

/* Members up to the end of the text or the closing brace, which is not passed. */
static int
read_members(struct cursor *c, json_t *object)
{
	for (;;) {
		json_t *key AUTO(json_release) = NULL;
		json_t *value AUTO(json_release) = NULL;
		bool is_named = false;

		TRY(skip_separators(c));
		if (c->at == c->end || is_at(c, '}'))
			return 0;
		TRY(read_key(c, &key));
		TRY(read_member_value(c, &value, &is_named));
		put_member(object, json_string_value(key), value, is_named);
		TRY(skip(c, false));
		if (c->at < c->end && strchr("\n,;}", *c->at) == NULL)
			return fail(c,
				"something stands behind the value (quote texts with spaces)");
	}
}

static int
read_object(struct cursor *c, json_t **ret_value)
{
	json_t *object AUTO(json_release) = json_object();

	c->at++;
	TRY(read_members(c, object));
	if (!is_at(c, '}'))
		return fail(c, "the object has no end (\"}\")");
	c->at++;
	*ret_value = json_incref(object);
	return 0;
}

static int
read_value(struct cursor *c, json_t **ret_value)
{
	int ret;

	if (!is_at(c, '{') && !is_at(c, '['))
		return read_scalar(c, ret_value);
	if (++c->depth > DEPTH_MAX)
		return fail(c, "too many objects inside each other");
	ret = is_at(c, '{') ? read_object(c, ret_value) : read_list(c, ret_value);
	c->depth--;
	return ret;
}

int
ucl_read(struct str text, json_t **ret_value)
{
	struct cursor c = { .at = text.at, .end = text.at + text.len, .line = 1 };
	json_t *object AUTO(json_release) = NULL;

	TRY(skip(&c, true));
	if (is_at(&c, '{')) {
		TRY(read_object(&c, &object));
	} else {
		object = json_object();
		TRY(read_members(&c, object));
	}
	TRY(skip_separators(&c));
	if (c.at != c.end)
		return fail(&c, "one closing brace too many");
	*ret_value = json_incref(object);
	return 0;
}
