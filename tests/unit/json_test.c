/* SPDX-License-Identifier: MIT */
/* json: what is refused, canonical output, and members by type. */
#include "base/json.h"

#include "base/arena.h"
#include "base/err.h"
#include "tests/lib/tap.h"

#include <string.h>

static const struct {
	const char *name;
	const char *text;
} bad_rows[] = {
	{ "nothing", "" },
	{ "open object", "{\"a\": 1" },
	{ "duplicate key", "{\"a\": 1, \"a\": 2}" },
	{ "trailing bytes", "{} {}" },
	{ "wrong UTF-8", "[\"\xff\"]" },
	{ "a bare word", "[yes]" },
	{ "comma at the end", "[1,]" },
	{ "NUL in a string", "[\"a\\u0000b\"]" },
};

static json_t *
read_text(const char *text)
{
	json_t *value = NULL;

	if (json_read(str_from(text), &value) < 0)
		tap_bail("%s: %s", text, err_message());
	return value;
}

static void
test_refused(void)
{
	for (size_t i = 0; i < sizeof bad_rows / sizeof bad_rows[0]; i++) {
		json_t *value = NULL;

		tap_is_number(json_read(str_from(bad_rows[i].text), &value), ERR_FORMAT,
			"refused: %s", bad_rows[i].name);
		tap_ok(value == NULL && strstr(err_message(), "line") != NULL,
			"with its place");
	}
}

static void
test_canonical(void)
{
	json_t *value AUTO(json_release) = read_text(
		"{ \"b\" : [1, 2.5, null, true],\n \"a\": \"\\u00e9\\n\", \"B\": {} }");
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct strbuf pretty AUTO(strbuf_free) = { 0 };
	json_t *again AUTO(json_release) = NULL;

	json_write(value, &text);
	tap_is_string(strbuf_string(&text),
		"{\"B\":{},\"a\":\"\xc3\xa9\\n\",\"b\":[1,2.5,null,true]}", "canonical form");
	json_write_pretty(value, &pretty);
	tap_ok(str_has_suffix(strbuf_string(&pretty), "}\n"), "the readable form ends a line");
	tap_is_number(json_read(strbuf_str(&pretty), &again), 0, "and can be read");
	tap_ok(json_equal(value, again), "and says the same");
}

static void
test_members(void)
{
	json_t *object AUTO(json_release) =
		read_text("{\"s\": \"x\", \"n\": -5, \"big\": 7, \"lines\": \"a\\nb\", \"b\": "
			  "true, \"l\": [\"p\", \"q\"], \"o\": {}, "
			  "\"mixed\": [\"p\", 1], \"d\": \"12\"}");
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *text = "untouched";
	int64_t number = 0;
	uint64_t size = 0;
	bool flag = false;
	json_t *inner = NULL;
	struct digest digest;
	char **texts = NULL;
	size_t count = 0;

	tap_ok(json_get_string(object, "s", &text) == 0 && strcmp(text, "x") == 0, "string");
	tap_ok(json_get_integer(object, "n", &number) == 0 && number == -5, "integer");
	tap_ok(json_get_bool(object, "b", &flag) == 0 && flag, "bool");
	tap_ok(json_get_array(object, "l", &inner) == 0 && json_array_size(inner) == 2,
		"array");
	tap_ok(json_get_object(object, "o", &inner) == 0, "object");
	tap_is_number(json_get_string(object, "none", &text), ERR_FORMAT, "missing member");
	tap_is_string(err_message(), "member \"none\" is missing", "is named");
	tap_is_number(json_get_string(object, "n", &text), ERR_FORMAT, "wrong type");
	tap_is_string(text, "x", "output untouched on failure");
	tap_is_number(json_get_digest(object, "d", &digest), ERR_FORMAT, "short digest");
	tap_ok(json_get_string_or(object, "none", "else", &text) == 0 &&
			strcmp(text, "else") == 0,
		"default of a missing member");
	tap_is_number(json_get_string_or(object, "n", "else", &text), ERR_FORMAT,
		"no default for a wrong type");
	tap_ok(json_get_text(arena, object, "s", 1, &text) == 0 && strcmp(text, "x") == 0,
		"a text as long as it may be");
	tap_is_number(json_get_text(arena, object, "s", 0, &text), ERR_LIMIT, "a longer one");
	tap_is_number(json_get_text(arena, object, "lines", 9, &text), ERR_FORMAT,
		"a text of two lines");
	tap_ok(json_get_size(object, "big", 7, &size) == 0 && size == 7,
		"a number as large as it may be");
	tap_is_number(json_get_size(object, "big", 6, &size), ERR_FORMAT, "a larger one");
	tap_is_number(json_get_size(object, "n", 6, &size), ERR_FORMAT, "a negative one");
	tap_ok(json_get_strings(arena, object, "l", &texts, &count) == 0 && count == 2 &&
			strcmp(texts[1], "q") == 0 && texts[2] == NULL,
		"strings, NULL at the end");
	tap_ok(json_get_strings(arena, object, "none", &texts, &count) == 0 && count == 0,
		"missing strings are none");
	tap_is_number(json_get_strings(arena, object, "mixed", &texts, &count), ERR_FORMAT,
		"a number among strings");
}

int
main(void)
{
	test_refused();
	test_canonical();
	test_members();
	return tap_done();
}
