/* SPDX-License-Identifier: MIT */
#include "base/ucl.h"

#include "base/err.h"
#include "tests/lib/tap.h"

#include <string.h>

struct good {
	const char *name;
	const char *text;
	const char *json;
};

static const struct good good_cases[] = {
	{ "nothing", "", "{}" },
	{ "a comment only", "# no\n/* nor\n here */", "{}" },
	{ "key and value", "a = b\nc: d; e f", "{\"a\":\"b\",\"c\":\"d\",\"e\":\"f\"}" },
	{ "integers", "a = 1; b = -20", "{\"a\":1,\"b\":-20}" },
	{ "a version keeps its zero", "v = 1.10", "{\"v\":\"1.10\"}" },
	{ "flags", "a = yes, b = off", "{\"a\":true,\"b\":false}" },
	{ "a quoted flag is a text", "a = \"yes\"", "{\"a\":\"yes\"}" },
	{ "escapes", "a = \"x\\ny\" b = 'x\\ny'", NULL },
	{ "quotes", "a = \"x\\ny\"\nb = 'x\\ny'", "{\"a\":\"x\\ny\",\"b\":\"x\\\\ny\"}" },
	{ "lists", "a = [b, \"c d\"\n 3 []]", "{\"a\":[\"b\",\"c d\",3,[]]}" },
	{ "objects", "a { b = c; d { } }", "{\"a\":{\"b\":\"c\",\"d\":{}}}" },
	{ "named objects", "p x { a = 1 }\np y { }", "{\"p\":{\"x\":{\"a\":1},\"y\":{}}}" },
	{ "a key twice", "a = 1; a = 2; a = 3", "{\"a\":[1,2,3]}" },
	{ "an object twice", "s { a = 1 }\ns { a = 2 }", "{\"s\":[{\"a\":1},{\"a\":2}]}" },
	{ "quoted keys", "\"a.b c\" = d", "{\"a.b c\":\"d\"}" },
	{ "JSON", "{\"a\": [1, {\"b\": \"c\"}]}", "{\"a\":[1,{\"b\":\"c\"}]}" },
	{ "paths", "f = [lib/*.so, share/**]", "{\"f\":[\"lib/*.so\",\"share/**\"]}" },
};

struct bad {
	const char *text;
	const char *message;
};

static const struct bad bad_cases[] = {
	{ "a = ", "line 1: a value is missing" },
	{ "\n\na = \"x", "line 3: the quoted text has no end" },
	{ "a = b c", "line 1: something stands behind the value" },
	{ "a {\n b = c\n", "line 3: the object has no end" },
	{ "a = [b", "line 1: the list has no end" },
	{ "a = b }", "line 1: one closing brace too many" },
	{ ".include x", "line 1: macros are not supported" },
	{ "/* x", "line 1: the comment has no end" },
	{ "a = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "line 1: too many objects" },
	{ "a = \"\\u0000", "no end" },
};

static void
check_good(const struct good *c)
{
	json_t *value = NULL;
	struct strbuf text = { 0 };
	int ret = ucl_read(str_from(c->text), &value);

	if (c->json == NULL) {
		tap_ok(ret == ERR_FORMAT, "%s: refused", c->name);
	} else {
		if (ret >= 0)
			json_write(value, &text);
		tap_ok(ret >= 0 && strcmp(strbuf_string(&text), c->json) == 0, "%s: %s",
			c->name, ret >= 0 ? strbuf_string(&text) : err_message());
	}
	json_release(&value);
	strbuf_free(&text);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof good_cases / sizeof good_cases[0]; i++)
		check_good(&good_cases[i]);
	for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++) {
		json_t *value = NULL;
		int ret = ucl_read(str_from(bad_cases[i].text), &value);

		tap_ok(ret == ERR_FORMAT && strstr(err_message(), bad_cases[i].message) != NULL,
			"bad %zu: %s", i, err_message());
		json_release(&value);
	}
	return tap_done();
}
