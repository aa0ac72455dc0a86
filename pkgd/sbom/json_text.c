/* SPDX-License-Identifier: MIT */
/* What stands before a value (comma, line feed, blanks, key) is written with it. */
#include "pkgd/sbom/json_text.h"

#include <string.h>

static void
indent(struct json_text *text)
{
	static const char blanks[] = "                                ";

	for (unsigned left = 2 * text->depth; left > 0;) {
		unsigned part = left < sizeof blanks - 1 ? left : (unsigned)sizeof blanks - 1;

		strbuf_add(&text->out, blanks, part);
		left -= part;
	}
}

static void
quote(struct strbuf *out, const char *value)
{
	strbuf_add_char(out, '"');
	while (*value != '\0') {
		size_t plain = 0;

		while ((unsigned char)value[plain] >= ' ' && value[plain] != '"' &&
			value[plain] != '\\')
			plain++;
		strbuf_add(out, value, plain);
		value += plain;
		if (*value == '"' || *value == '\\') {
			strbuf_add_char(out, '\\');
			strbuf_add_char(out, *value++);
		} else if (*value == '\n') {
			strbuf_add_string(out, "\\n");
			value++;
		} else if (*value != '\0') {
			strbuf_printf(out, "\\u%04x", (unsigned char)*value++);
		}
	}
	strbuf_add_char(out, '"');
}

static void
begin_value(struct json_text *text, const char *key)
{
	if (text->depth > 0) {
		strbuf_add_string(&text->out, text->is_empty ? "\n" : ",\n");
		indent(text);
	}
	text->is_empty = false;
	if (key != NULL) {
		quote(&text->out, key);
		strbuf_add_string(&text->out, ": ");
	}
}

static void
open_with(struct json_text *text, const char *key, char bracket)
{
	begin_value(text, key);
	strbuf_add_char(&text->out, bracket);
	text->depth++;
	text->is_empty = true;
}

static void
close_with(struct json_text *text, char bracket)
{
	text->depth--;
	if (!text->is_empty) {
		strbuf_add_char(&text->out, '\n');
		indent(text);
	}
	strbuf_add_char(&text->out, bracket);
	text->is_empty = false;
	if (text->depth == 0)
		strbuf_add_char(&text->out, '\n');
}

void
json_text_object(struct json_text *text, const char *key)
{
	open_with(text, key, '{');
}

void
json_text_array(struct json_text *text, const char *key)
{
	open_with(text, key, '[');
}

void
json_text_end_object(struct json_text *text)
{
	close_with(text, '}');
}

void
json_text_end_array(struct json_text *text)
{
	close_with(text, ']');
}

void
json_text_string(struct json_text *text, const char *key, const char *value)
{
	begin_value(text, key);
	quote(&text->out, value);
}

void
json_text_optional(struct json_text *text, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		json_text_string(text, key, value);
}

void
json_text_bool(struct json_text *text, const char *key, bool value)
{
	begin_value(text, key);
	strbuf_add_string(&text->out, value ? "true" : "false");
}

void
json_text_number(struct json_text *text, const char *key, unsigned value)
{
	begin_value(text, key);
	strbuf_printf(&text->out, "%u", value);
}
