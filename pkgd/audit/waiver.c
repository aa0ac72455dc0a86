/* SPDX-License-Identifier: MIT */
/* The file is UCL: one object or a list of objects under `waiver`, every key a text. */
#include "pkgd/audit/waiver.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/nearest.h"
#include "base/ucl.h"
#include "pkgd/audit/advisory.h"

#include <ctype.h>
#include <string.h>

#define WAIVERS_MAX ((size_t)4 << 20) /* bytes of a file */

static const char *const known_keys[] = { "advisory", "package", "image", "symbol", "reason",
	"expires" };

static int
check_keys(const json_t *json)
{
	size_t count = sizeof known_keys / sizeof known_keys[0];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)json, key, value)
	{
		const char *nearest = nearest_name(key, known_keys, count);
		bool is_known = false;

		for (size_t i = 0; i < count; i++)
			is_known = is_known || strcmp(key, known_keys[i]) == 0;
		if (!is_known && nearest != NULL)
			return err_set(
				ERR_FORMAT, "no key '%s' (did you mean '%s'?)", key, nearest);
		if (!is_known)
			return err_set(ERR_FORMAT, "no key '%s'", key);
	}
	return 0;
}

/* YYYY-MM-DD with a month and a day that there can be. */
static bool
is_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	int month;
	int day;

	for (size_t i = 0; i < sizeof form; i++)
		if (form[i] == 'd' ? !isdigit((unsigned char)text[i]) : text[i] != form[i])
			return false;
	month = (text[5] - '0') * 10 + text[6] - '0';
	day = (text[8] - '0') * 10 + text[9] - '0';
	return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

static int
get_text(struct arena *arena, const json_t *json, const char *key, const char *fallback,
	const char **ret_text)
{
	const char *text;

	TRY(json_get_string_or(json, key, fallback, &text));
	*ret_text = text == NULL ? NULL : arena_string(arena, text);
	return 0;
}

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t\n")] == '\0';
}

static int
read_waiver(
	struct arena *arena, const json_t *json, const char *today, struct waiver *ret_waiver)
{
	struct waiver waiver = { 0 };

	if (!json_is_object(json))
		return err_set(ERR_FORMAT, "not an object");
	TRY(check_keys(json));
	TRY(get_text(arena, json, "advisory", NULL, &waiver.advisory));
	TRY(get_text(arena, json, "package", NULL, &waiver.package));
	TRY(get_text(arena, json, "image", NULL, &waiver.image));
	TRY(get_text(arena, json, "symbol", NULL, &waiver.symbol));
	TRY(get_text(arena, json, "reason", "", &waiver.reason));
	TRY(get_text(arena, json, "expires", "", &waiver.expires));
	if (waiver.advisory == NULL)
		return err_set(ERR_FORMAT, "'advisory' is missing");
	if (waiver.expires[0] != '\0' && !is_date(waiver.expires))
		return err_set(ERR_FORMAT, "'expires' is not a date (write YYYY-MM-DD)");
	if (is_blank(waiver.reason))
		waiver.flaw = "it gives no reason";
	else if (waiver.expires[0] == '\0')
		waiver.flaw = "it has no date on which it expires";
	else if (strcmp(waiver.expires, today) < 0)
		waiver.flaw = arena_printf(arena, "it expired on %s", waiver.expires);
	*ret_waiver = waiver;
	return 0;
}

static int
read_waivers(struct arena *arena, const json_t *root, const char *today,
	struct waiver **ret_waivers, size_t *ret_count)
{
	const json_t *list = json_object_get(root, "waiver");
	size_t count = json_is_array(list) ? json_array_size(list) : list != NULL;
	struct waiver *waivers = arena_array(arena, count + 1, sizeof *waivers);
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)root, key, value)
	{
		if (strcmp(key, "waiver") != 0)
			return err_set(
				ERR_FORMAT, "no key '%s' (there is 'waiver { ... }')", key);
	}
	for (size_t i = 0; i < count; i++)
		TRY(err_context(
			read_waiver(arena, json_is_array(list) ? json_array_get(list, i) : list,
				today, &waivers[i]),
			"waiver %zu", i + 1));
	*ret_waivers = waivers;
	*ret_count = count;
	return 0;
}

int
waiver_read(struct arena *arena, struct str text, const char *today,
	struct waiver **ret_waivers, size_t *ret_count)
{
	json_t *root AUTO(json_release) = NULL;

	TRY(ucl_read(text, &root));
	return read_waivers(arena, root, today, ret_waivers, ret_count);
}

int
waiver_load(struct arena *arena, const char *path, const char *today,
	struct waiver **ret_waivers, size_t *ret_count)
{
	struct str text;

	TRY(file_read(arena, AT_FDCWD, path, WAIVERS_MAX, &text));
	return err_context(waiver_read(arena, text, today, ret_waivers, ret_count), "%s", path);
}

static bool
names_advisory(const struct waiver *waiver, const struct advisory *advisory)
{
	for (size_t i = 0; i < advisory->alias_count; i++)
		if (strcmp(waiver->advisory, advisory->aliases[i]) == 0)
			return true;
	return strcmp(waiver->advisory, advisory->id) == 0;
}

bool
waiver_covers(const struct waiver *waiver, const struct advisory *advisory, const char *package,
	const char *image, const char *symbol)
{
	return names_advisory(waiver, advisory) &&
	       (waiver->package == NULL || strcmp(waiver->package, package) == 0) &&
	       (waiver->image == NULL || strcmp(waiver->image, image) == 0) &&
	       (waiver->symbol == NULL || strcmp(waiver->symbol, symbol) == 0);
}
