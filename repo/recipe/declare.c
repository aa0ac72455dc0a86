/* SPDX-License-Identifier: MIT */
/*
 * A person writes objects by name, and modes in octal digits; a manifest has sorted lists. The one
 * form is made of the other, and read as a manifest's.
 */
#include "repo/recipe/declare.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODE_DEFAULT 0755

static const struct section {
	const char *key;
	const char *name; /* the member that the name becomes */
} sections[] = {
	{ "triggers", "name" },
	{ "groups", "name" },
	{ "users", "name" },
	{ "directories", "path" },
	{ "services", "name" },
};

/* "0750", or 750 without quotes. */
static int
set_mode(const char *path, json_t *item)
{
	const json_t *value = json_object_get(item, "mode");
	char digits[24];
	char *end;
	long mode;

	if (value == NULL)
		return json_object_set_new(item, "mode", json_integer(MODE_DEFAULT));
	if (json_is_integer(value))
		snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT,
			json_integer_value(value));
	else
		snprintf(digits, sizeof digits, "%s",
			json_is_string(value) ? json_string_value(value) : "");
	mode = strtol(digits, &end, 8);
	if (digits[0] == '\0' || digits[0] == '-' || *end != '\0')
		return err_set(ERR_FORMAT,
			"directories: %s: mode is not octal digits, as in \"0750\"", path);
	return json_object_set_new(item, "mode", json_integer(mode));
}

/* The word no without quotes is a truth value to UCL. */
static void
set_restart(json_t *item)
{
	const json_t *value = json_object_get(item, "restart");

	if (value == NULL)
		json_object_set_new(item, "restart", json_string("on-failure"));
	else if (json_is_false(value))
		json_object_set_new(item, "restart", json_string("no"));
}

static int
set_defaults(const struct section *section, const char *name, json_t *item)
{
	if (strcmp(section->key, "directories") == 0)
		return set_mode(name, item);
	if (strcmp(section->key, "services") == 0)
		set_restart(item);
	return 0;
}

/* The list that a manifest would have. */
static int
to_list(struct arena *arena, const struct section *section, json_t *named, json_t *ret_list)
{
	char **names = arena_array(arena, json_object_size(named) + 1, sizeof *names);
	size_t count = 0;
	const char *key;
	json_t *value;

	if (!json_is_object(named))
		return err_set(
			ERR_FORMAT, "%s: not an object ({ NAME { ... } })", section->key);
	json_object_foreach(named, key, value) names[count++] = arena_string(arena, key);
	qsort(names, count, sizeof *names, str_compare);
	for (size_t i = 0; i < count; i++) {
		json_t *item = json_deep_copy(json_object_get(named, names[i]));

		json_array_append_new(ret_list, item);
		if (!json_is_object(item))
			return err_set(ERR_FORMAT, "%s: %s: not an object ({ ... })",
				section->key, names[i]);
		json_object_set_new(item, section->name, json_string(names[i]));
		TRY(set_defaults(section, names[i], item));
	}
	return 0;
}

int
declare_read(struct arena *arena, const json_t *object, struct declared *ret_declared)
{
	json_t *lists AUTO(json_release) = json_object();

	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		json_t *named = json_object_get(object, sections[i].key);
		json_t *list;

		if (named == NULL)
			continue;
		list = json_array();
		json_object_set_new(lists, sections[i].key, list);
		TRY(to_list(arena, &sections[i], named, list));
	}
	return declared_read(arena, lists, ret_declared);
}
