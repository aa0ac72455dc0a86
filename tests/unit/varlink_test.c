/* SPDX-License-Identifier: MIT */
/* Messages from strangers, the interface's language, and that pkgd's description is its table's. */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/methods.h"
#include "pkgd/varlink/interface.h"
#include "pkgd/varlink/message.h"
#include "tests/lib/tap.h"

#include <string.h>

#define TEXT(text) text, sizeof(text) - 1

struct message_case {
	const char *name;
	const char *bytes;
	size_t length;
	int messages; /* that come out before the end, or before a failure */
	int code; /* 0: none fails */
};

static const struct message_case message_cases[] = {
	{ "nothing", TEXT(""), 0, 0 },
	{ "half of one", TEXT("{\"method\""), 0, 0 },
	{ "one", TEXT("{}\0"), 1, 0 },
	{ "two and a half", TEXT("{}\0{\"a\": 1}\0{"), 2, 0 },
	{ "an empty one", TEXT("\0"), 0, ERR_FORMAT },
	{ "a list", TEXT("[]\0"), 0, ERR_FORMAT },
	{ "a text", TEXT("\"a\"\0"), 0, ERR_FORMAT },
	{ "one good, one bad", TEXT("{}\0x\0"), 1, ERR_FORMAT },
	{ "the same key twice", TEXT("{\"a\": 1, \"a\": 2}\0"), 0, ERR_FORMAT },
	{ "bytes behind", TEXT("{} {}\0"), 0, ERR_FORMAT },
	{ "not UTF-8", TEXT("{\"a\": \"\xff\"}\0"), 0, ERR_FORMAT },
	{ "as deep as may be", TEXT("{\"a\": [[]]}\0"), 1, 0 },
	{ "too deep", TEXT("{\"a\": [[[]]]}\0"), 0, ERR_FORMAT },
	{ "deep in a string", TEXT("{\"a\": \"[[[[[[\\\"[[\"}\0"), 1, 0 },
	{ "as long as may be", TEXT("{\"a\": \"0123456789012345678901234567890123456789\"}\0"),
		1, 0 },
	{ "too long", TEXT("{\"a\": \"0123456789012345678901234567890123456789012345\"}\0"), 0,
		ERR_LIMIT },
	{ "too long without an end",
		TEXT("{\"a\": \"01234567890123456789012345678901234567890123456789"), 0,
		ERR_LIMIT },
};

/* Feed in pieces of a size: it must make no difference. */
static int
count_messages(const struct message_case *row, size_t piece, int *ret_count)
{
	struct message_reader reader = { .limit = 52, .depth_limit = 3 };
	int ret = 0;

	*ret_count = 0;
	for (size_t at = 0; at < row->length && ret >= 0; at += piece) {
		size_t length = row->length - at < piece ? row->length - at : piece;
		json_t *message = NULL;

		ret = message_feed(&reader, row->bytes + at, length);
		while (ret >= 0 && (ret = message_next(&reader, &message)) > 0) {
			(*ret_count)++;
			json_release(&message);
		}
	}
	message_free(&reader);
	return ret;
}

static void
test_messages(void)
{
	for (size_t i = 0; i < sizeof message_cases / sizeof message_cases[0]; i++) {
		const struct message_case *row = &message_cases[i];
		static const size_t pieces[] = { 1, 7, 1000 };

		for (size_t k = 0; k < sizeof pieces / sizeof pieces[0]; k++) {
			int count;
			int ret = count_messages(row, pieces[k], &count);

			tap_ok(ret == row->code && (count == row->messages || ret == ERR_LIMIT),
				"message, %s, in pieces of %zu: %d of them, then %s", row->name,
				pieces[k], row->messages, err_name(row->code));
		}
	}
}

static const char *const bad_interfaces[] = {
	"",
	"interface",
	"interface a.b\nmethod X() ->",
	"interface a.b\nmethod X(a: Nothing) -> ()",
	"interface a.b\nmethod X(a: int, b) -> ()",
	"interface a.b\nmethod X(a, b) -> ()",
	"interface a.b\nmethod X() -> ()\nmethod X() -> ()",
	"interface a.b\ntype X (a: int)\nmethod X() -> ()",
	"interface a.b\nmethod X() -> ()\nerror X ()",
	"interface a.b\nmethod x() -> ()",
	"interface a.b\ntype T (a__b: int)",
	"interface a.b\ntype T (a_: int)",
	"interface a..b\n",
	"interface a.b\nthing X()",
	"interface a.b\ntype T (a: [][][][][][][][][][][][][][][][][]int)",
};

struct value_case {
	const char *name;
	const char *value;
	const char *wrong; /* NULL: it fits */
};

static const char sample[] =
	"# a comment\ninterface a.b\n"
	"type Kind (one, two)\n"
	"type Pair (a: int, b: ?string)\n"
	"type Tree (of: []Tree)\n"
	"method Ask(n: int, k: ?Kind, l: ?[]Pair, m: ?[string]bool, o: ?object,\n"
	"  f: ?float, i: ?(x, y), t: ?Tree) -> (r: Pair)\n"
	"error Bad (why: string)\n";

static const struct value_case value_cases[] = {
	{ "the least", "{\"n\": 1}", NULL },
	{ "all",
		"{\"n\": 1, \"k\": \"two\", \"l\": [{\"a\": 1}, {\"a\": 2, \"b\": \"x\"}], "
		"\"m\": {\"q\": true}, \"o\": {\"x\": [1]}, \"f\": 1, \"i\": \"y\"}",
		NULL },
	{ "a type inside of itself",
		"{\"n\": 1, \"t\": {\"of\": [{\"of\": []}, {\"of\": [{\"of\": []}]}]}}", NULL },
	{ "something else inside of it",
		"{\"n\": 1, \"t\": {\"of\": [{\"of\": []}, {\"of\": [1]}]}}", "t.of[1].of[0]" },
	{ "a number for any object", "{\"n\": 1, \"o\": 1}", "o" },
	{ "a list for any object", "{\"n\": 1, \"o\": [{}]}", "o" },
	{ "null for what may be missing", "{\"n\": 1, \"k\": null}", NULL },
	{ "null for what may not", "{\"n\": null}", "n" },
	{ "something is missing", "{}", "n" },
	{ "something is too much", "{\"n\": 1, \"z\": 1}", "z" },
	{ "a number for an integer", "{\"n\": 1.5}", "n" },
	{ "a flag for an integer", "{\"n\": true}", "n" },
	{ "a word that is none", "{\"n\": 1, \"k\": \"three\"}", "k" },
	{ "inside of a list", "{\"n\": 1, \"l\": [{\"a\": 1}, {\"a\": \"\"}]}", "l[1].a" },
	{ "inside of a map", "{\"n\": 1, \"m\": {\"q\": 1}}", "m.q" },
	{ "a list for an object", "{\"n\": 1, \"l\": [[]]}", "l[0]" },
	{ "a NUL in a string", "{\"n\": 1, \"l\": [{\"a\": 1, \"b\": \"\\u0000\"}]}",
		"l[0].b" },
};

static void
test_values(struct arena *arena)
{
	struct interface interface;
	const struct idl_member *ask;

	for (size_t i = 0; i < sizeof bad_interfaces / sizeof bad_interfaces[0]; i++)
		tap_is_number(interface_read(arena, str_from(bad_interfaces[i]), &interface),
			ERR_FORMAT, "no interface: %s", bad_interfaces[i]);
	if (interface_read(arena, str_from(sample), &interface) < 0)
		tap_bail("%s", err_message());
	ask = interface_find(&interface, IDL_METHOD, "Ask");
	tap_ok(ask != NULL && interface_find(&interface, IDL_ERROR, "Bad") != NULL &&
			interface_find(&interface, IDL_TYPE, "Ask") == NULL,
		"members are found by kind and name");
	for (size_t i = 0; i < sizeof value_cases / sizeof value_cases[0]; i++) {
		const struct value_case *row = &value_cases[i];
		json_t *value AUTO(json_release) = json_loads(row->value, JSON_ALLOW_NUL, NULL);
		const char *wrong = NULL;
		int ret = interface_check(arena, &interface, ask->type, value, &wrong);

		tap_ok(ret == (row->wrong == NULL ? 0 : ERR_FORMAT), "value, %s", row->name);
		if (row->wrong != NULL)
			tap_is_string(wrong, row->wrong, "value, %s: it is named", row->name);
	}
}

static bool has_object(const struct idl_type *type);

static bool
has_object_in(const struct idl_field *fields)
{
	for (; fields != NULL; fields = fields->next)
		if (fields->type != NULL && has_object(fields->type))
			return true;
	return false;
}

/* Whether something in it may be anything. */
static bool
has_object(const struct idl_type *type)
{
	return type->kind == IDL_OBJECT || (type->of != NULL && has_object(type->of)) ||
	       has_object_in(type->fields);
}

/* Whether a member is a structure without a name: Debian's generator makes no client of a reply with one. */
static bool
has_nameless(const struct idl_type *reply)
{
	for (const struct idl_field *field = reply->fields; field != NULL;
		field = field->next) {
		const struct idl_type *type = field->type;

		while (type->of != NULL)
			type = type->of;
		if (type->kind == IDL_STRUCT)
			return true;
	}
	return false;
}

static bool is_same(const struct idl_type *a, const struct idl_type *b);

static bool
are_same(const struct idl_field *a, const struct idl_field *b)
{
	for (; a != NULL && b != NULL; a = a->next, b = b->next)
		if (strcmp(a->name, b->name) != 0 || !is_same(a->type, b->type))
			return false;
	return a == b;
}

static bool
is_same(const struct idl_type *a, const struct idl_type *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return a->kind == b->kind && a->is_optional == b->is_optional &&
	       (a->kind != IDL_NAMED || strcmp(a->name, b->name) == 0) &&
	       is_same(a->of, b->of) && are_same(a->fields, b->fields);
}

static const struct idl_field *
find_field(const struct idl_type *type, const char *name)
{
	const struct idl_field *field = type->fields;

	while (field != NULL && strcmp(field->name, name) != 0)
		field = field->next;
	return field;
}

/* Whether a member of a change's answer is one of Outcome, too; events are told by themselves. */
static bool
is_in_outcome(const struct idl_type *outcome, const struct idl_field *field)
{
	const struct idl_field *same = find_field(outcome, field->name);

	return strcmp(field->name, "event") == 0 ||
	       (same != NULL && is_same(same->type, field->type));
}

static bool
is_of_change(const struct interface *interface, const char *name)
{
	const struct method *method;

	for (size_t i = 0; (method = method_at(i)) != NULL; i++)
		if (method->kind != METHOD_QUERY && method->kind != METHOD_LOCAL &&
			find_field(interface_find(interface, IDL_METHOD, method->name)->reply,
				name) != NULL)
			return true;
	return false;
}

/* A client that is made from the description knows what every member is. */
static void
test_types(const struct interface *interface)
{
	const struct idl_type *outcome = interface_find(interface, IDL_TYPE, "Outcome")->type;
	const struct method *method;

	for (const struct idl_member *member = interface->members; member != NULL;
		member = member->next) {
		tap_ok(!has_object(member->type) &&
				(member->reply == NULL || !has_object(member->reply)),
			"%s: each member has a type", member->name);
		tap_ok(member->reply == NULL || !has_nameless(member->reply),
			"%s: what it answers has names", member->name);
	}
	for (size_t i = 0; (method = method_at(i)) != NULL; i++) {
		const struct idl_member *member =
			interface_find(interface, IDL_METHOD, method->name);
		bool is_whole = true;

		if (method->kind == METHOD_QUERY || method->kind == METHOD_LOCAL)
			continue;
		for (const struct idl_field *field = member->reply->fields; field != NULL;
			field = field->next)
			is_whole = is_whole && is_in_outcome(outcome, field);
		tap_ok(is_whole, "%s: Attach can answer with its reply", method->name);
	}
	for (const struct idl_field *field = outcome->fields; field != NULL;
		field = field->next)
		tap_ok(is_of_change(interface, field->name),
			"Outcome: a change answers with %s", field->name);
}

/* What the daemon serves is what the description says, and the other way round. */
static void
test_table(const struct interface *interface)
{
	static const char *const own[] = { "Operations", "Attach", "Cancel" };
	const struct method *method;

	for (size_t i = 0; (method = method_at(i)) != NULL; i++) {
		bool is_described = interface_find(interface, IDL_METHOD, method->name) != NULL;

		tap_ok(method->kind != METHOD_UNKNOWN,
			"%s: the table says what it does to a root", method->name);
		tap_ok((method->kind == METHOD_LOCAL) == (method->verb[0] == '\0'),
			"%s: has a verb when it is served", method->name);
		tap_ok(is_described == (method->kind != METHOD_LOCAL),
			"%s: is described when it is served", method->name);
	}
	for (const struct idl_member *member = interface->members; member != NULL;
		member = member->next) {
		char name[128];
		bool is_known = member->kind != IDL_METHOD;

		snprintf(name, sizeof name, "%s.%s", interface->name, member->name);
		is_known = is_known || method_find(name, &method) >= 0;
		for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
			is_known = is_known || strcmp(own[i], member->name) == 0;
		tap_ok(is_known, "%s: what is described is there", member->name);
	}
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct interface interface;
	struct str text;

	test_messages();
	test_values(arena);
	if (file_read(arena, AT_FDCWD, INTERFACE, 1 << 20, &text) < 0 ||
		interface_read(arena, text, &interface) < 0)
		tap_bail("%s", err_message());
	test_table(&interface);
	test_types(&interface);
	return tap_done();
}
