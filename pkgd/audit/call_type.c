/* SPDX-License-Identifier: MIT */
/* A type's text is read once, into one class for each argument; classes' texts are compared. */
#include "pkgd/audit/call_type.h"

#include "base/err.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* The next argument of a list, up to a comma that stands in no bracket. */
static bool
cut_argument(struct str *rest, struct str *ret_argument)
{
	int depth = 0;
	size_t i;

	while (rest->len > 0 && rest->at[0] == ' ') {
		rest->at++;
		rest->len--;
	}
	if (rest->len == 0)
		return false;
	for (i = 0; i < rest->len && (depth > 0 || rest->at[i] != ','); i++) {
		depth += strchr("[{<(", rest->at[i]) != NULL;
		depth -= strchr("]}>)", rest->at[i]) != NULL;
	}
	*ret_argument = (struct str){ rest->at, i };
	rest->at += i < rest->len ? i + 1 : i;
	rest->len -= i < rest->len ? i + 1 : i;
	return true;
}

static bool
is_integer(struct str argument)
{
	for (size_t i = 1; i < argument.len; i++)
		if (argument.at[i] < '0' || argument.at[i] > '9')
			return false;
	return argument.len > 1 && argument.len < 5 && argument.at[0] == 'i';
}

static void
add_class(struct strbuf *shape, struct str argument)
{
	if (str_has_prefix(argument.at, "ptr"))
		strbuf_add_string(shape, "w,");
	else if (is_integer(argument))
		strbuf_add_string(
			shape, strtoul(argument.at + 1, NULL, 10) > 64 ? "w,w," : "w,");
	else if (str_is(argument, "float") || str_is(argument, "double"))
		strbuf_add_string(shape, "f,");
	else
		strbuf_printf(shape, STR_FMT ",", STR_ARG(argument));
}

/* The shape of a list of arguments, known or new. */
static uint32_t
find_shape(struct call_types *types, struct str list)
{
	static const char *const handlers[] = { "", "i32", "i32, ptr, ptr" };
	struct strbuf key AUTO(strbuf_free) = { 0 };
	struct call_shape shape = { 0 };
	struct str argument;
	uintptr_t known;

	for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++)
		shape.may_handle_signals =
			shape.may_handle_signals || str_is(list, handlers[i]);
	while (cut_argument(&list, &argument))
		if (str_is(argument, "..."))
			shape.is_variadic = true;
		else
			add_class(&key, argument);
	shape.length = key.len;
	strbuf_printf(&key, " %d%d", shape.is_variadic, shape.may_handle_signals);
	known = (uintptr_t)map_get(&types->by_shape, strbuf_string(&key));
	if (known > 0)
		return (uint32_t)(known - 1);
	shape.classes = arena_string(types->arena, strbuf_string(&key));
	vec_push(types->arena, &types->shapes, shape);
	map_set(types->arena, &types->by_shape, shape.classes,
		(void *)(uintptr_t)types->shapes.len);
	return (uint32_t)(types->shapes.len - 1);
}

void
call_types_init(struct call_types *types, struct arena *arena)
{
	*types = (struct call_types){ .arena = arena };
	vec_push(arena, &types->shapes,
		(struct call_shape){ .classes = "", .may_handle_signals = true });
	vec_push(arena, &types->at, (struct call_type){ .text = "" });
}

uint32_t
call_types_add(struct call_types *types, const char *text)
{
	uintptr_t known = (uintptr_t)map_get(&types->by_text, text);
	const char *open = strchr(text, '(');
	const char *close = strrchr(text, ')');
	struct str list = { 0 };

	if (known > 0)
		return (uint32_t)(known - 1);
	if (open != NULL && close > open)
		list = (struct str){ open + 1, (size_t)(close - open - 1) };
	vec_push(types->arena, &types->at,
		(struct call_type){ .text = text, .shape = find_shape(types, list) });
	map_set(types->arena, &types->by_text, text, (void *)(uintptr_t)types->at.len);
	return (uint32_t)(types->at.len - 1);
}

uint32_t
call_types_find(const struct call_types *types, const char *text)
{
	uintptr_t known = (uintptr_t)map_get(&types->by_text, text);

	return known == 0 ? CALL_TYPE_ANY : (uint32_t)(known - 1);
}

bool
call_shape_reaches(const struct call_types *types, uint32_t call, uint32_t function)
{
	const struct call_shape *passed = &types->shapes.at[call];
	const struct call_shape *taken = &types->shapes.at[function];
	size_t length = taken->length;

	if (call == 0 || function == 0)
		return true;
	if ((passed->is_variadic || taken->is_variadic) && passed->length < length)
		length = passed->length;
	return passed->length >= length && memcmp(passed->classes, taken->classes, length) == 0;
}
