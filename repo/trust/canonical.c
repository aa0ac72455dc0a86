/* SPDX-License-Identifier: MIT */
/*
 * OLPC Canonical JSON differs from what base/json.h writes in strings: control
 * characters stand as they are. Depth is bounded by the parser that made the value.
 */
#include "repo/trust/canonical.h"

#include "base/err.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int write_value(const json_t *value, struct strbuf *text);

static void
write_string(const char *bytes, size_t length, struct strbuf *text)
{
	strbuf_add_char(text, '"');
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			strbuf_add_char(text, '\\');
		strbuf_add_char(text, bytes[i]);
	}
	strbuf_add_char(text, '"');
}

static int
write_members(const json_t *object, const char **keys, struct strbuf *text)
{
	size_t count = 0;
	const char *key;
	json_t *value;

	/* jansson's macro wants an object that it may change; nothing is changed here. */
	json_object_foreach((json_t *)object, key, value) keys[count++] = key;
	if (count > 0)
		qsort(keys, count, sizeof *keys, str_compare);
	strbuf_add_char(text, '{');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			strbuf_add_char(text, ',');
		write_string(keys[i], strlen(keys[i]), text);
		strbuf_add_char(text, ':');
		TRY(write_value(json_object_get(object, keys[i]), text));
	}
	strbuf_add_char(text, '}');
	return 0;
}

static int
write_object(const json_t *object, struct strbuf *text)
{
	const char **keys = calloc(json_object_size(object) + 1, sizeof *keys);
	int ret;

	if (keys == NULL)
		abort();
	ret = write_members(object, keys, text);
	free(keys);
	return ret;
}

static int
write_array(const json_t *array, struct strbuf *text)
{
	strbuf_add_char(text, '[');
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (i > 0)
			strbuf_add_char(text, ',');
		TRY(write_value(json_array_get(array, i), text));
	}
	strbuf_add_char(text, ']');
	return 0;
}

static int
write_value(const json_t *value, struct strbuf *text)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return write_object(value, text);
	case JSON_ARRAY:
		return write_array(value, text);
	case JSON_STRING:
		write_string(json_string_value(value), json_string_length(value), text);
		return 0;
	case JSON_INTEGER:
		strbuf_printf(text, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return 0;
	case JSON_TRUE:
	case JSON_FALSE:
		strbuf_add_string(text, json_is_true(value) ? "true" : "false");
		return 0;
	case JSON_NULL:
		strbuf_add_string(text, "null");
		return 0;
	default:
		return err_set(
			ERR_FORMAT, "a number that is not an integer has no canonical form");
	}
}

int
canonical_write(const json_t *value, struct strbuf *ret_text)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	TRY(write_value(value, &text));
	*ret_text = text;
	text = (struct strbuf){ 0 };
	return 0;
}
