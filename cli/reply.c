/* SPDX-License-Identifier: MIT */
/* pkgd is ours: what it leaves out is empty, not an error. */
#include "cli/reply.h"

#include "base/arena.h"
#include "base/err.h"

const char *
reply_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

int64_t
reply_number(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

bool
reply_flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

const char *
reply_join(struct arena *arena, const json_t *list, const char *separator)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
		strbuf_printf(&text, "%s%s", i == 0 ? "" : separator, json_string_value(item));
	return arena_string(arena, strbuf_string(&text));
}
