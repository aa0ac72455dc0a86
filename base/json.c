/* SPDX-License-Identifier: MIT */
/* Over jansson: RFC 8259 with duplicate keys refused; canonical output sorts keys. */
#include "base/json.h"

#include "base/arena.h"
#include "base/err.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
json_release(json_t **value)
{
	json_decref(*value);
	*value = NULL;
}

int
json_read(struct str text, json_t **ret_value)
{
	json_error_t error;
	json_t *value = json_loadb(text.at, text.len, JSON_REJECT_DUPLICATES, &error);

	if (value == NULL)
		return err_set(ERR_FORMAT, "JSON, line %d column %d: %s", error.line,
			error.column, error.text);
	*ret_value = value;
	return 0;
}

static void
write_flags(const json_t *value, size_t flags, struct strbuf *ret_text)
{
	char *text = json_dumps(value, flags | JSON_SORT_KEYS | JSON_ENCODE_ANY);

	if (text == NULL)
		abort();
	*ret_text = (struct strbuf){ 0 };
	strbuf_add_string(ret_text, text);
	free(text);
}

void
json_write(const json_t *value, struct strbuf *ret_text)
{
	write_flags(value, JSON_COMPACT, ret_text);
}

void
json_write_pretty(const json_t *value, struct strbuf *ret_text)
{
	write_flags(value, JSON_INDENT(2), ret_text);
	strbuf_add_char(ret_text, '\n');
}

static int
get_member(const json_t *object, const char *key, json_type type, const char *type_name,
	json_t **ret_value)
{
	json_t *value = json_object_get(object, key);

	if (value == NULL)
		return err_set(ERR_FORMAT, "member \"%s\" is missing", key);
	if (json_typeof(value) != type)
		return err_set(ERR_FORMAT, "member \"%s\" is not %s", key, type_name);
	*ret_value = value;
	return 0;
}

static int
check_string(const json_t *value, const char *key, const char **ret_text)
{
	if (!json_is_string(value))
		return err_set(ERR_FORMAT, "member \"%s\" is not a string", key);
	if (strlen(json_string_value(value)) != json_string_length(value))
		return err_set(ERR_FORMAT, "member \"%s\" has a NUL inside", key);
	*ret_text = json_string_value(value);
	return 0;
}

int
json_get_string(const json_t *object, const char *key, const char **ret_text)
{
	json_t *value = NULL;

	TRY(get_member(object, key, JSON_STRING, "a string", &value));
	return check_string(value, key, ret_text);
}

int
json_get_text(struct arena *arena, const json_t *object, const char *key, size_t limit,
	const char **ret_text)
{
	const char *text = NULL;

	TRY(json_get_string(object, key, &text));
	if (strlen(text) > limit)
		return err_set(ERR_LIMIT, "member \"%s\" is longer than %zu bytes", key, limit);
	for (const char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			return err_set(
				ERR_FORMAT, "member \"%s\" has a control character", key);
	*ret_text = arena_string(arena, text);
	return 0;
}

int
json_get_string_or(
	const json_t *object, const char *key, const char *fallback, const char **ret_text)
{
	if (json_object_get(object, key) == NULL) {
		*ret_text = fallback;
		return 0;
	}
	return json_get_string(object, key, ret_text);
}

int
json_get_integer(const json_t *object, const char *key, int64_t *ret_number)
{
	json_t *value = NULL;

	TRY(get_member(object, key, JSON_INTEGER, "an integer", &value));
	*ret_number = json_integer_value(value);
	return 0;
}

int
json_get_size(const json_t *object, const char *key, uint64_t limit, uint64_t *ret_number)
{
	int64_t number = 0;

	TRY(json_get_integer(object, key, &number));
	if (number < 0 || (uint64_t)number > limit)
		return err_set(ERR_FORMAT, "member \"%s\": %" PRId64 " is not in 0 to %" PRIu64,
			key, number, limit);
	*ret_number = (uint64_t)number;
	return 0;
}

int
json_get_bool(const json_t *object, const char *key, bool *ret_flag)
{
	json_t *value = json_object_get(object, key);

	if (!json_is_boolean(value))
		return err_set(ERR_FORMAT, "member \"%s\" is %s", key,
			value == NULL ? "missing" : "not true or false");
	*ret_flag = json_is_true(value);
	return 0;
}

int
json_get_array(const json_t *object, const char *key, json_t **ret_array)
{
	return get_member(object, key, JSON_ARRAY, "an array", ret_array);
}

int
json_get_object(const json_t *object, const char *key, json_t **ret_object)
{
	return get_member(object, key, JSON_OBJECT, "an object", ret_object);
}

int
json_get_digest(const json_t *object, const char *key, struct digest *ret_digest)
{
	const char *hex = NULL;

	TRY(json_get_string(object, key, &hex));
	return err_context(digest_parse(hex, ret_digest), "member \"%s\"", key);
}

int
json_get_strings(struct arena *arena, const json_t *object, const char *key, char ***ret_texts,
	size_t *ret_count)
{
	json_t *array = NULL;
	char **texts;
	size_t count;

	if (json_object_get(object, key) == NULL) {
		*ret_texts = NULL;
		*ret_count = 0;
		return 0;
	}
	TRY(json_get_array(object, key, &array));
	count = json_array_size(array);
	texts = arena_array(arena, count + 1, sizeof *texts);
	for (size_t i = 0; i < count; i++) {
		const char *text = NULL;

		TRY(check_string(json_array_get(array, i), key, &text));
		texts[i] = arena_string(arena, text);
	}
	*ret_texts = texts;
	*ret_count = count;
	return 0;
}

bool
json_can_hold(const char *text)
{
	json_t *value AUTO(json_release) = json_string(text);

	return value != NULL;
}

json_t *
json_from_strings(char *const *texts, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_string(texts[i]));
	return array;
}

json_t *
json_from_digest(const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	return json_string(digest_hex(digest, hex));
}
