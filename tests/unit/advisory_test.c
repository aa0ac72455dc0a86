/* SPDX-License-Identifier: MIT */
/*
 * Advisories: which versions they affect, which functions they name, and that a broken one is
 * refused with its place; waivers likewise.
 */
#include "base/arena.h"
#include "base/err.h"
#include "pkgd/audit/advisory.h"
#include "pkgd/audit/waiver.h"
#include "tests/lib/tap.h"

#include <string.h>

struct range_case {
	const char *name;
	const char *ranges; /* the members of one affected entry */
	const char *yes; /* versions that are affected, with spaces between */
	const char *no;
};

#define EVENTS(type, events) "\"ranges\": [{\"type\": \"" type "\", \"events\": [" events "]}]"

static const struct range_case range_cases[] = {
	{ "introduced and fixed",
		EVENTS("ECOSYSTEM", "{\"introduced\":\"1.2\"},{\"fixed\":\"1.4\"}"),
		"1.2-1 1.2-9 1.3-1 1.3.9-1", "1.1-1 1.4-1 1.4-2 1.10-1" },
	{ "from the beginning",
		EVENTS("ECOSYSTEM", "{\"introduced\":\"0\"},{\"fixed\":\"1.4\"}"),
		"0-1 0.1-1 1.3-1 1.4~rc1-1", "1.4-1 2-1" },
	{ "last affected",
		EVENTS("ECOSYSTEM", "{\"introduced\":\"0\"},{\"last_affected\":\"1.4\"}"),
		"1.3-1 1.4-1 1.4-7", "1.4.1-1 1.5-1" },
	{ "no end", EVENTS("ECOSYSTEM", "{\"introduced\":\"2\"}"), "2-1 3-1 100-1", "1.9-1" },
	{ "fixed in a release",
		EVENTS("ECOSYSTEM", "{\"introduced\":\"0\"},{\"fixed\":\"1.4-3\"}"),
		"1.4-1 1.4-2", "1.4-3 1.4-4 1.5-1" },
	{ "events in any order",
		EVENTS("ECOSYSTEM",
			"{\"fixed\":\"3\"},{\"introduced\":\"0\"},{\"introduced\":\"2\"},"
			"{\"fixed\":\"1\"}"),
		"0.5-1 2-1 2.9-1", "1-1 1.9-1 3-1" },
	{ "a range that ends where the next begins",
		EVENTS("ECOSYSTEM",
			"{\"introduced\":\"0\"},{\"fixed\":\"2\"},{\"introduced\":\"2\"}"),
		"1-1 2-1 3-1", "" },
	{ "one version only",
		EVENTS("ECOSYSTEM", "{\"introduced\":\"2\"},{\"last_affected\":\"2\"}"),
		"2-1 2-2", "1.9-1 2.0.1-1" },
	{ "a limit", EVENTS("ECOSYSTEM", "{\"introduced\":\"1\"},{\"limit\":\"2\"}"),
		"1-1 1.9-1", "0.9-1 2-1" },
	{ "no limit", EVENTS("ECOSYSTEM", "{\"introduced\":\"1\"},{\"limit\":\"*\"}"), "9-1",
		"0-1" },
	{ "semantic versions",
		EVENTS("SEMVER",
			"{\"introduced\":\"1.0.0-rc.1\"},{\"fixed\":\"v1.2.0+build5\"}"),
		"1.0.0~rc.1-1 1.0.0-1 1.1.9-1", "1.0.0~beta-1 1.2.0-1" },
	{ "versions by name", "\"versions\": [\"1.6\", \"1.8-2\"]", "1.6-1 1.6-5 1.8-2",
		"1.7-1 1.8-1 1.60-1" },
	{ "versions and a range",
		"\"versions\": [\"5\"], " EVENTS(
			"ECOSYSTEM", "{\"introduced\":\"1\"},{\"fixed\":\"2\"}"),
		"1-1 5-1", "2-1 4-1" },
	{ "commits and versions",
		"\"versions\": [\"5\"], " EVENTS("GIT", "{\"introduced\":\"abc\"}"), "5-1",
		"1-1" },
};

static bool
affects(const struct advisory_list *list, const char *versions, bool expected)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str rest = str_from(versions);
	struct str version;
	bool all = true;

	while (str_cut(&rest, ' ', &version)) {
		const char *text = str_copy(arena, version);

		if (advisory_affects(&list->at.at[0].affected[0], text) != expected) {
			tap_note("%s", text);
			all = false;
		}
	}
	return all;
}

static void
test_ranges(struct arena *arena)
{
	for (size_t i = 0; i < sizeof range_cases / sizeof range_cases[0]; i++) {
		const struct range_case *c = &range_cases[i];
		struct advisory_list list = { 0 };
		const char *text = arena_printf(arena,
			"{\"id\": \"X-1\", \"affected\": [{\"package\": {\"ecosystem\": "
			"\"weld\", \"name\": \"p\"}, %s}]}",
			c->ranges);
		int ret = advisory_read(arena, str_from(text), "x.json", &list);

		if (ret < 0) {
			tap_ok(false, "%s: %s", c->name, err_message());
			continue;
		}
		tap_ok(affects(&list, c->yes, true), "%s: affected", c->name);
		tap_ok(affects(&list, c->no, false), "%s: not affected", c->name);
	}
}

#define ENTRY(members)                                                                        \
	"{\"id\":\"X-1\",\"affected\":[{\"package\":{\"ecosystem\":\"weld\",\"name\":\"p\"}," \
	"\"versions\":[\"1\"]," members "}]}"

static void
test_symbols(struct arena *arena)
{
	static const char text[] =
		ENTRY("\"ecosystem_specific\":{\"symbols\":[\"inflate\",\"inflate\",\"lparser."
		      "c:singlevar\"],"
		      "\"imports\":[{\"path\":\"x\",\"symbols\":[\"deflate\"]}],"
		      "\"affects\":{\"functions\":[\"a::b\"]}}");
	struct advisory_list list = { 0 };
	const struct advisory_affected *affected;

	if (advisory_read(arena, str_from(text), "x", &list) < 0)
		tap_bail("%s", err_message());
	affected = &list.at.at[0].affected[0];
	tap_is_number((long long)affected->symbol_count, 4, "every symbol once");
	tap_is_string(affected->symbols[1].name, "singlevar", "a symbol in a file");
	tap_is_string(affected->symbols[1].file, "lparser.c", "and its file");
	tap_is_string(affected->symbols[2].name, "deflate", "imports[].symbols");
	tap_is_string(affected->symbols[3].name, "a::b", "a path is no file");
	list = (struct advisory_list){ 0 };
	(void)advisory_read(arena,
		str_from(ENTRY(
			"\"ecosystem_specific\":{\"symbols\":[\"f\"],\"imports\":[{\"path\":"
			"\"x\"}]}")),
		"x", &list);
	tap_is_number((long long)list.at.at[0].affected[0].symbol_count, 0,
		"an import without symbols is the whole package");
}

static void
test_records(struct arena *arena)
{
	struct advisory_list list = { 0 };

	tap_ok(advisory_read(arena,
		       str_from("[{\"id\":\"A\",\"affected\":[]},"
				"{\"id\":\"B\",\"withdrawn\":\"2024-01-01T00:00:00Z\","
				"\"affected\":[{\"package\":{\"ecosystem\":\"weld\",\"name\":"
				"\"p\"},"
				"\"versions\":[\"1\"]}]},"
				"{\"id\":\"C\",\"affected\":[{\"package\":{\"ecosystem\":"
				"\"Debian\",\"name\":\"P P\"},\"ranges\":7}]}]"),
		       "x", &list) == 0,
		"a list of records");
	tap_is_number((long long)list.read, 3, "all of them are seen");
	tap_is_number((long long)list.withdrawn, 1, "one was withdrawn");
	tap_is_number((long long)list.at.len, 0, "and none is ours");
	tap_ok(advisory_read(arena, str_from("{\"vulns\":[" ENTRY("\"x\":1") "]}"), "x",
		       &list) == 0 &&
			list.at.len == 1,
		"an answer of a server");
}

struct bad_case {
	const char *text;
	const char *message;
};

#define AFFECTED(entry) "{\"id\":\"X-1\",\"affected\":[" entry "]}"
#define OURS "\"package\":{\"ecosystem\":\"weld\",\"name\":\"p\"}"

static const struct bad_case bad_cases[] = {
	{ "", "x.json: JSON, line 1" },
	{ "{", "x.json: JSON, line 1" },
	{ "7", "x.json: " },
	{ "[7]", "x.json: record 0: not an OSV record" },
	{ "{}", "x.json: member \"id\" is missing" },
	{ "{\"id\":7}", "member \"id\" is not a string" },
	{ "{\"id\":\"\"}", "\"id\" is empty" },
	{ "{\"id\":\"a\\nb\"}", "\"id\" has a control character" },
	{ "{\"id\":\"X-1\",\"id\":\"X-2\"}", "duplicate" },
	{ "{\"id\":\"X-1\",\"affected\":{}}",
		"x.json: X-1: member \"affected\" is not an array" },
	{ AFFECTED("7"), "X-1: affected[0]: not an object" },
	{ AFFECTED("{\"package\":7}"), "affected[0]: member \"package\" is not an object" },
	{ AFFECTED("{\"package\":{}}"), "affected[0]: member \"ecosystem\" is missing" },
	{ AFFECTED("{\"package\":{\"ecosystem\":\"weld\",\"name\":\"../p\"}}"),
		"not the name of a package" },
	{ AFFECTED("{" OURS "}"), "affected[0]: neither \"versions\" nor a range" },
	{ AFFECTED("{" OURS ",\"versions\":[7]}"), "member \"versions\" is not a string" },
	{ AFFECTED("{" OURS ",\"versions\":\"1\"}"), "member \"versions\" is not an array" },
	{ AFFECTED("{" OURS ",\"ranges\":[7]}"), "ranges[0]: not an object" },
	{ AFFECTED("{" OURS ",\"ranges\":[{\"type\":\"X\"}]}"), "\"type\" is not ECOSYSTEM" },
	{ AFFECTED("{" OURS ",\"ranges\":[{\"type\":\"ECOSYSTEM\"}]}"),
		"ranges[0]: member \"events\" is missing" },
	{ AFFECTED("{" OURS ",\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[]}]}"),
		"no event says \"introduced\"" },
	{ AFFECTED("{" OURS "," EVENTS("ECOSYSTEM", "{\"fixed\":\"1\"}") "}"),
		"no event says \"introduced\"" },
	{ AFFECTED("{" OURS "," EVENTS("ECOSYSTEM", "{}") "}"), "events[0]: not one of" },
	{ AFFECTED("{" OURS
		   "," EVENTS("ECOSYSTEM", "{\"introduced\":\"0\",\"fixed\":\"1\"}") "}"),
		"events[0]: not one of" },
	{ AFFECTED("{" OURS "," EVENTS("ECOSYSTEM", "{\"introduced\":1}") "}"),
		"events[0]: member \"introduced\" is not a string" },
	{ AFFECTED("{" OURS "," EVENTS("ECOSYSTEM", "{\"introduced\":\"a b\"}") "}"),
		"is not a version" },
	{ ENTRY("\"ecosystem_specific\":7"), "member \"ecosystem_specific\" is not an object" },
	{ ENTRY("\"ecosystem_specific\":{\"symbols\":{}}"), "\"symbols\" is not an array" },
	{ ENTRY("\"ecosystem_specific\":{\"symbols\":[\"a\\u0001\"]}"),
		"symbols[0]: the text has a control character" },
	{ ENTRY("\"ecosystem_specific\":{\"imports\":[7]}"), "imports[0] is not an object" },
	{ "{\"id\":\"X-1\",\"references\":[7]}", "references[0] is not an object" },
	{ "{\"id\":\"X-1\",\"withdrawn\":7}", "member \"withdrawn\" is not a string" },
};

static void
test_bad(struct arena *arena)
{
	for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++) {
		struct advisory_list list = { 0 };
		int ret = advisory_read(arena, str_from(bad_cases[i].text), "x.json", &list);

		tap_ok(ret == ERR_FORMAT && strstr(err_message(), bad_cases[i].message) != NULL,
			"refused: %s", ret < 0 ? err_message() : bad_cases[i].text);
	}
}

/* Texts that try to be too much rather than wrong. */
static void
test_hostile(struct arena *arena)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct advisory_list list = { 0 };

	for (size_t i = 0; i < 1000000; i++)
		strbuf_add_char(&text, '[');
	tap_ok(advisory_read(arena, strbuf_str(&text), "x.json", &list) == ERR_FORMAT,
		"a million brackets: %.60s", err_message());
	strbuf_free(&text);
	strbuf_add_string(&text, "{\"id\":\"X-1\",\"affected\":[");
	for (size_t i = 0; i <= 100000; i++)
		strbuf_add_string(&text, i == 0 ? "7" : ",7");
	strbuf_add_string(&text, "]}");
	tap_ok(advisory_read(arena, strbuf_str(&text), "x.json", &list) == ERR_LIMIT,
		"too many entries: %s", err_message());
	strbuf_free(&text);
	strbuf_add_string(&text,
		"{\"id\":\"X-1\",\"affected\":[{" OURS
		",\"versions\":[\"1\"],\"ecosystem_specific\":{\"symbols\":[\"f\"");
	for (size_t i = 0; i <= 10000; i++)
		strbuf_printf(&text, ",\"f%zu\"", i);
	strbuf_add_string(&text, "]}}]}");
	tap_ok(advisory_read(arena, strbuf_str(&text), "x.json", &list) == ERR_LIMIT,
		"too many symbols: %s", err_message());
	strbuf_free(&text);
	strbuf_add_string(&text, "{\"id\":\"");
	for (size_t i = 0; i < 100000; i++)
		strbuf_add_char(&text, 'x');
	strbuf_add_string(&text, "\"}");
	tap_ok(advisory_read(arena, strbuf_str(&text), "x.json", &list) == ERR_FORMAT,
		"a long id: %s", err_message());
}

#define TODAY "2026-06-15"

static const struct {
	const char *text;
	const char *flaw; /* part of it; "" when the waiver counts */
} waiver_cases[] = {
	{ "waiver { advisory = X-1; reason = \"no\"; expires = 2026-06-15 }", "" },
	{ "waiver { advisory = X-1; reason = \"no\"; expires = 2026-06-14 }",
		"expired on 2026-06-14" },
	{ "waiver { advisory = X-1; reason = \" \"; expires = 2030-01-01 }", "no reason" },
	{ "waiver { advisory = X-1; expires = 2030-01-01 }", "no reason" },
	{ "waiver { advisory = X-1; reason = \"no\" }", "no date" },
};

static const struct bad_case bad_waivers[] = {
	{ "waiver { advisory = X-1; reason = ok; expires = 2026-13-01 }", "not a date" },
	{ "waiver { advisory = X-1; reason = ok; expires = tomorrow }", "not a date" },
	{ "waiver { advisory = X-1; reason = ok; expires = 20260101 }", "not a string" },
	{ "waiver { reason = ok; expires = 2026-10-01 }", "waiver 1: 'advisory' is missing" },
	{ "waiver { advisory = X-1; raeson = no }", "did you mean 'reason'" },
	{ "waiver = 7", "waiver 1: not an object" },
	{ "waver { }", "no key 'waver'" },
	{ "waiver {", "no end" },
};

static void
test_waivers(struct arena *arena)
{
	static const char *const aliases[] = { "GHSA-1" };
	struct advisory advisory = { .id = "X-1", .aliases = aliases, .alias_count = 1 };
	struct waiver *waivers = NULL;
	size_t count = 0;

	for (size_t i = 0; i < sizeof waiver_cases / sizeof waiver_cases[0]; i++) {
		int ret = waiver_read(
			arena, str_from(waiver_cases[i].text), TODAY, &waivers, &count);
		const char *flaw = ret < 0 || count != 1     ? err_message()
				   : waivers[0].flaw == NULL ? ""
							     : waivers[0].flaw;

		tap_ok(waiver_cases[i].flaw[0] == '\0'
				? flaw[0] == '\0'
				: strstr(flaw, waiver_cases[i].flaw) != NULL,
			"%s: %s", waiver_cases[i].text, flaw[0] == '\0' ? "it counts" : flaw);
	}
	for (size_t i = 0; i < sizeof bad_waivers / sizeof bad_waivers[0]; i++) {
		int ret = waiver_read(
			arena, str_from(bad_waivers[i].text), TODAY, &waivers, &count);

		tap_ok(ret == ERR_FORMAT &&
				strstr(err_message(), bad_waivers[i].message) != NULL,
			"refused: %s", err_message());
	}
	(void)waiver_read(arena,
		str_from(
			"waiver { advisory = GHSA-1; image = bin/x }\nwaiver { advisory = X-1\n"
			"package = p; symbol = f }"),
		TODAY, &waivers, &count);
	tap_is_number((long long)count, 2, "two waivers");
	tap_ok(waiver_covers(&waivers[0], &advisory, "p", "bin/x", "f"), "by an alias");
	tap_ok(!waiver_covers(&waivers[0], &advisory, "p", "bin/y", "f"), "another image");
	tap_ok(waiver_covers(&waivers[1], &advisory, "p", "bin/y", "f"), "any image");
	tap_ok(!waiver_covers(&waivers[1], &advisory, "q", "bin/y", "f"), "another package");
	tap_ok(!waiver_covers(&waivers[1], &advisory, "p", "bin/y", "g"), "another function");
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	test_ranges(arena);
	test_symbols(arena);
	test_records(arena);
	test_bad(arena);
	test_hostile(arena);
	test_waivers(arena);
	return tap_done();
}
