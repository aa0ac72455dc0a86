/* SPDX-License-Identifier: MIT */
/*
 * Events are sorted by version and walked once: what the last one at or below the version said
 * holds. Of events of one version `fixed` comes first and `last_affected` last, so that a range
 * that ends where another begins has no gap: in doubt a version is affected.
 */
#include "pkgd/audit/version_range.h"

#include "base/arena.h"
#include "base/err.h"
#include "repo/version.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX 10000
#define VERSION_MAX 200 /* bytes */

static int
check_version(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > VERSION_MAX)
		return err_set(
			ERR_FORMAT, "a version is empty or longer than %d bytes", VERSION_MAX);
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && strchr("+._~-:*", text[i]) == NULL)
			return err_set(ERR_FORMAT, "'%s' is not a version",
				isprint((unsigned char)text[i]) ? text : "the text");
	return 0;
}

/* A semantic version as weld orders versions: "1.0.0-rc.1+b2" is "1.0.0~rc.1". */
static const char *
from_semver(struct arena *arena, const char *text)
{
	char *version = arena_string(arena, text[0] == 'v' ? text + 1 : text);
	char *plus = strchr(version, '+');
	char *dash;

	if (plus != NULL)
		*plus = '\0';
	dash = strchr(version, '-');
	if (dash != NULL)
		*dash = '~';
	for (; dash != NULL && *dash != '\0'; dash++)
		if (*dash == '-')
			*dash = '.';
	return version;
}

static const char *const event_names[] = {
	[ADVISORY_FIXED] = "fixed",
	[ADVISORY_INTRODUCED] = "introduced",
	[ADVISORY_LAST_AFFECTED] = "last_affected",
};

struct reading { /* one range */
	struct arena *arena;
	bool is_semver;
	VEC(struct advisory_event) events;
	VEC(const char *) limits;
};

static int
read_version(struct reading *reading, const json_t *event, const char *key, const char **ret)
{
	const char *text;

	TRY(json_get_string(event, key, &text));
	TRY(err_context(check_version(text), "\"%s\"", key));
	*ret = reading->is_semver ? from_semver(reading->arena, text)
				  : arena_string(reading->arena, text);
	return 0;
}

static int
read_event(struct reading *reading, const json_t *json)
{
	struct advisory_event event = { 0 };
	const char *limit;
	size_t found = 0;

	if (!json_is_object(json))
		return err_set(ERR_FORMAT, "not an object");
	for (size_t i = 0; i < sizeof event_names / sizeof event_names[0]; i++) {
		if (json_object_get(json, event_names[i]) == NULL)
			continue;
		TRY(read_version(reading, json, event_names[i], &event.version));
		event.kind = (enum advisory_event_kind)i;
		vec_push(reading->arena, &reading->events, event);
		found++;
	}
	if (json_object_get(json, "limit") != NULL) {
		TRY(read_version(reading, json, "limit", &limit));
		vec_push(reading->arena, &reading->limits, limit);
		found++;
	}
	if (found == 1)
		return 0;
	return err_set(ERR_FORMAT, "not one of introduced, fixed, last_affected and limit");
}

static bool
is_zero(const struct advisory_event *event)
{
	return strcmp(event->version, "0") == 0;
}

static int
compare_events(const void *a, const void *b)
{
	const struct advisory_event *left = a;
	const struct advisory_event *right = b;
	int order = is_zero(right) - is_zero(left);

	if (order == 0)
		order = version_compare(left->version, right->version);
	return order != 0 ? order : (int)left->kind - (int)right->kind;
}

static int
read_events(struct reading *reading, const json_t *json)
{
	json_t *events = NULL;
	bool has_introduced = false;

	TRY(json_get_array(json, "events", &events));
	if (json_array_size(events) > EVENTS_MAX)
		return err_set(ERR_LIMIT, "more than %d events", EVENTS_MAX);
	for (size_t i = 0; i < json_array_size(events); i++)
		TRY(err_context(
			read_event(reading, json_array_get(events, i)), "events[%zu]", i));
	for (size_t i = 0; i < reading->events.len; i++)
		has_introduced =
			has_introduced || reading->events.at[i].kind == ADVISORY_INTRODUCED;
	if (!has_introduced)
		return err_set(ERR_FORMAT, "no event says \"introduced\"");
	return 0;
}

int
version_range_read(struct arena *arena, const json_t *json, struct advisory_range *ret_range)
{
	struct reading reading = { .arena = arena };
	const char *type;

	if (!json_is_object(json))
		return err_set(ERR_FORMAT, "not an object");
	TRY(json_get_string(json, "type", &type));
	if (strcmp(type, "GIT") == 0)
		return VERSION_RANGE_OF_COMMITS;
	reading.is_semver = strcmp(type, "SEMVER") == 0;
	if (!reading.is_semver && strcmp(type, "ECOSYSTEM") != 0)
		return err_set(ERR_FORMAT, "\"type\" is not ECOSYSTEM, SEMVER or GIT");
	TRY(read_events(&reading, json));
	qsort(reading.events.at, reading.events.len, sizeof reading.events.at[0],
		compare_events);
	*ret_range = (struct advisory_range){ .events = reading.events.at,
		.event_count = reading.events.len,
		.limits = reading.limits.at,
		.limit_count = reading.limits.len };
	return VERSION_RANGE_OF_VERSIONS;
}

static bool
is_below_a_limit(const struct advisory_range *range, const char *version)
{
	for (size_t i = 0; i < range->limit_count; i++)
		if (strcmp(range->limits[i], "*") == 0 ||
			version_compare_loosely(version, range->limits[i]) < 0)
			return true;
	return range->limit_count == 0;
}

bool
version_range_has(const struct advisory_range *range, const char *version)
{
	bool is_affected = false;

	for (size_t i = 0; i < range->event_count; i++) {
		const struct advisory_event *event = &range->events[i];
		int order =
			is_zero(event) ? 1 : version_compare_loosely(version, event->version);

		if (event->kind == ADVISORY_INTRODUCED && order >= 0)
			is_affected = true;
		else if (event->kind == ADVISORY_FIXED && order >= 0)
			is_affected = false;
		else if (event->kind == ADVISORY_LAST_AFFECTED && order > 0)
			is_affected = false;
	}
	return is_affected && is_below_a_limit(range, version);
}

bool
version_range_is(const char *named, const char *version)
{
	return version_compare_loosely(named, version) == 0;
}
