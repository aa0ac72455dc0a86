/* SPDX-License-Identifier: MIT */
/*
 * One record: find its affected[] of our ecosystem, read those, leave the rest alone. Every level
 * adds its place to the error. Counts are limited, so that a record cannot make the audit slow.
 */
#include "pkgd/audit/advisory.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "pkgd/audit/version_range.h"
#include "repo/relation.h"

#include <string.h>

#define PARTS_MAX 100000 /* of each array in one record */
#define SYMBOLS_MAX 10000 /* of one entry */
#define TEXT_MAX 1000 /* bytes of a name, symbol or version */

/* An array that may be missing; ret_array is NULL then. */
static int
get_list(const json_t *object, const char *key, const json_t **ret_array)
{
	json_t *array = NULL;

	*ret_array = NULL;
	if (json_object_get(object, key) == NULL || json_is_null(json_object_get(object, key)))
		return 0;
	TRY(json_get_array(object, key, &array));
	if (json_array_size(array) > PARTS_MAX)
		return err_set(
			ERR_LIMIT, "member \"%s\" has more than %d parts", key, PARTS_MAX);
	*ret_array = array;
	return 0;
}

/* A text that can be shown and compared: not empty, not long, no control characters. */
static int
check_text(const char *text, const char *what)
{
	if (text[0] == '\0' || strlen(text) > TEXT_MAX)
		return err_set(
			ERR_FORMAT, "%s is empty or longer than %d bytes", what, TEXT_MAX);
	for (const char *at = text; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return err_set(ERR_FORMAT, "%s has a control character", what);
	return 0;
}

static int
get_texts(struct arena *arena, const json_t *object, const char *key,
	const char *const **ret_texts, size_t *ret_count)
{
	const json_t *array;
	char **texts;
	size_t count;

	TRY(get_list(object, key, &array));
	*ret_texts = NULL;
	*ret_count = 0;
	if (array == NULL)
		return 0;
	TRY(json_get_strings(arena, object, key, &texts, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(err_context(check_text(texts[i], "the text"), "%s[%zu]", key, i));
		texts[i] = arena_string(arena, texts[i]);
	}
	*ret_texts = (const char *const *)texts;
	*ret_count = count;
	return 0;
}

struct symbols { /* of one entry, each once */
	VEC(struct advisory_symbol) at;
	struct map known;
};

/* "inflate", or "lparser.c:singlevar" where several files have a function of that name. */
static void
add_symbol(struct arena *arena, const char *text, struct symbols *symbols)
{
	const char *colon = strrchr(text, ':');
	struct advisory_symbol symbol = { .name = text, .text = text };

	if (map_has(&symbols->known, text))
		return;
	map_set(arena, &symbols->known, text, NULL);
	if (colon != NULL && colon != text && colon[1] != '\0' && colon[-1] != ':') {
		symbol.name = colon + 1;
		symbol.file = arena_copy(arena, text, (size_t)(colon - text));
	}
	vec_push(arena, &symbols->at, symbol);
}

static int
add_symbols(struct arena *arena, const json_t *object, const char *key, struct symbols *symbols)
{
	const char *const *texts;
	size_t count;

	TRY(get_texts(arena, object, key, &texts, &count));
	for (size_t i = 0; i < count; i++)
		add_symbol(arena, texts[i], symbols);
	return 0;
}

/* As Go's database has it: imports[].symbols; an import without symbols is all of it. */
static int
add_imports(struct arena *arena, const json_t *specific, struct symbols *symbols,
	bool *ret_is_whole_package)
{
	const json_t *imports;

	TRY(get_list(specific, "imports", &imports));
	for (size_t i = 0; i < json_array_size(imports); i++) {
		const json_t *import = json_array_get(imports, i);

		if (!json_is_object(import))
			return err_set(ERR_FORMAT, "imports[%zu] is not an object", i);
		TRY(err_context(
			add_symbols(arena, import, "symbols", symbols), "imports[%zu]", i));
		if (json_array_size(json_object_get(import, "symbols")) == 0)
			*ret_is_whole_package = true;
	}
	return 0;
}

/* Symbols as we write them, as Go's database and as RustSec's: affects.functions. */
static int
read_symbols(struct arena *arena, const json_t *entry, struct advisory_affected *affected)
{
	json_t *specific = NULL;
	json_t *affects = NULL;
	struct symbols found = { 0 };
	bool is_whole_package = false;

	if (json_object_get(entry, "ecosystem_specific") == NULL)
		return 0;
	TRY(json_get_object(entry, "ecosystem_specific", &specific));
	TRY(add_symbols(arena, specific, "symbols", &found));
	TRY(add_imports(arena, specific, &found, &is_whole_package));
	if (json_object_get(specific, "affects") != NULL) {
		TRY(json_get_object(specific, "affects", &affects));
		TRY(add_symbols(arena, affects, "functions", &found));
	}
	if (found.at.len > SYMBOLS_MAX)
		return err_set(
			ERR_LIMIT, "more than %d symbols (name the package only)", SYMBOLS_MAX);
	if (is_whole_package)
		return 0;
	affected->symbols = found.at.at;
	affected->symbol_count = found.at.len;
	return 0;
}

static int
read_ranges(struct arena *arena, const json_t *entry, struct advisory_affected *affected)
{
	const json_t *list;
	struct advisory_range *ranges;
	bool has_range = false;

	TRY(get_list(entry, "ranges", &list));
	ranges = arena_array(arena, json_array_size(list), sizeof *ranges);
	for (size_t i = 0; i < json_array_size(list); i++) {
		int ret = version_range_read(
			arena, json_array_get(list, i), &ranges[affected->range_count]);

		TRY(err_context(ret, "ranges[%zu]", i));
		/* A range of commits says nothing of versions. */
		if (ret == VERSION_RANGE_OF_VERSIONS)
			affected->range_count++;
	}
	has_range = affected->range_count > 0;
	affected->ranges = ranges;
	TRY(get_texts(arena, entry, "versions", &affected->versions, &affected->version_count));
	if (!has_range && affected->version_count == 0)
		return err_set(ERR_FORMAT,
			"neither \"versions\" nor a range of versions says what is affected");
	return 0;
}

/* 1 when the entry is of our ecosystem, 0 when it is not. */
static int
read_affected(struct arena *arena, const json_t *entry, struct advisory_affected *affected)
{
	json_t *package = NULL;
	const char *ecosystem;
	const char *name;

	if (!json_is_object(entry))
		return err_set(ERR_FORMAT, "not an object");
	if (json_object_get(entry, "package") == NULL)
		return 0;
	TRY(json_get_object(entry, "package", &package));
	TRY(json_get_string(package, "ecosystem", &ecosystem));
	TRY(json_get_string(package, "name", &name));
	if (strcmp(ecosystem, ADVISORY_ECOSYSTEM) != 0)
		return 0;
	if (!relation_is_full_name(name))
		return err_set(ERR_FORMAT, "\"name\" is not the name of a package");
	affected->package = arena_string(arena, name);
	TRY(read_ranges(arena, entry, affected));
	TRY(read_symbols(arena, entry, affected));
	return 1;
}

/* The first reference, ADVISORY before others. */
static int
read_reference(struct arena *arena, const json_t *record, const char **ret_url)
{
	const json_t *list;

	*ret_url = "";
	TRY(get_list(record, "references", &list));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *reference = json_array_get(list, i);
		const char *type;
		const char *url;

		if (!json_is_object(reference))
			return err_set(ERR_FORMAT, "references[%zu] is not an object", i);
		TRY(err_context(json_get_string_or(reference, "type", "", &type),
			"references[%zu]", i));
		TRY(err_context(json_get_string(reference, "url", &url), "references[%zu]", i));
		if ((*ret_url)[0] == '\0' || strcmp(type, "ADVISORY") == 0)
			*ret_url = arena_string(arena, url);
		if (strcmp(type, "ADVISORY") == 0)
			break;
	}
	return 0;
}

static int
read_entries(struct arena *arena, const json_t *record, struct advisory *advisory)
{
	const json_t *list;
	struct advisory_affected *affected;

	TRY(get_list(record, "affected", &list));
	affected = arena_array(arena, json_array_size(list), sizeof *affected);
	for (size_t i = 0; i < json_array_size(list); i++) {
		int ret = read_affected(
			arena, json_array_get(list, i), &affected[advisory->affected_count]);

		TRY(err_context(ret, "affected[%zu]", i));
		advisory->affected_count += ret > 0;
	}
	advisory->affected = affected;
	return 0;
}

static int
read_members(struct arena *arena, const json_t *record, struct advisory_list *list,
	struct advisory *advisory)
{
	const json_t *withdrawn = json_object_get(record, "withdrawn");
	const char *text;

	list->read++;
	if (withdrawn != NULL && !json_is_null(withdrawn)) {
		TRY(json_get_string(record, "withdrawn", &text));
		list->withdrawn++;
		return 0;
	}
	TRY(json_get_string_or(record, "summary", "", &text));
	advisory->summary = arena_string(arena, text);
	TRY(get_texts(arena, record, "aliases", &advisory->aliases, &advisory->alias_count));
	TRY(read_reference(arena, record, &advisory->reference));
	TRY(read_entries(arena, record, advisory));
	if (advisory->affected_count > 0)
		vec_push(arena, &list->at, *advisory);
	return 0;
}

static int
read_record(struct arena *arena, const json_t *record, const char *origin,
	struct advisory_list *list)
{
	struct advisory advisory = { .origin = origin };
	const char *id = NULL;

	if (!json_is_object(record))
		return err_set(ERR_FORMAT, "not an OSV record (not an object)");
	TRY(json_get_string(record, "id", &id));
	TRY(check_text(id, "\"id\""));
	advisory.id = arena_string(arena, id);
	return err_context(read_members(arena, record, list, &advisory), "%s", id);
}

static int
read_records(struct arena *arena, const json_t *records, const char *origin,
	struct advisory_list *list)
{
	for (size_t i = 0; i < json_array_size(records); i++)
		TRY(err_context(read_record(arena, json_array_get(records, i), origin, list),
			"record %zu", i));
	return 0;
}

static int
read_text(struct arena *arena, struct str text, const char *origin, struct advisory_list *list)
{
	json_t *value AUTO(json_release) = NULL;
	json_t *records = NULL;

	TRY(json_read(text, &value));
	if (json_is_array(value))
		return read_records(arena, value, origin, list);
	if (json_object_get(value, "id") == NULL && json_object_get(value, "vulns") != NULL) {
		TRY(json_get_array(value, "vulns", &records));
		return read_records(arena, records, origin, list);
	}
	return read_record(arena, value, origin, list);
}

int
advisory_read(
	struct arena *arena, struct str text, const char *origin, struct advisory_list *list)
{
	origin = arena_string(arena, origin);
	return err_context(read_text(arena, text, origin, list), "%s", origin);
}

bool
advisory_affects(const struct advisory_affected *affected, const char *version)
{
	for (size_t i = 0; i < affected->version_count; i++)
		if (version_range_is(affected->versions[i], version))
			return true;
	for (size_t i = 0; i < affected->range_count; i++)
		if (version_range_has(&affected->ranges[i], version))
			return true;
	return false;
}
