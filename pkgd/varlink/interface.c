/* SPDX-License-Identifier: MIT */
/*
 * A recursive descent over the few rules of the language, with one token of
 * look-ahead, and one over values. Structs of structs end somewhere: a type in
 * the text nests at most DEPTH_MAX deep, and a value is no deeper than the
 * message it came in.
 */
#include "pkgd/varlink/interface.h"

#include "base/arena.h"
#include "base/err.h"

#include <ctype.h>
#include <string.h>

#define DEPTH_MAX 16

struct parser {
	struct arena *arena;
	const char *at;
	const char *end;
	unsigned line;
	unsigned depth;
};

static int
fail(const struct parser *parser, const char *what)
{
	return err_set(ERR_FORMAT, "interface, line %u: %s", parser->line, what);
}

static void
skip_blanks(struct parser *parser)
{
	while (parser->at < parser->end) {
		if (*parser->at == '#')
			while (parser->at < parser->end && *parser->at != '\n')
				parser->at++;
		else if (isspace((unsigned char)*parser->at))
			parser->line += *parser->at++ == '\n';
		else
			return;
	}
}

/* Take a text when it comes next. */
static bool
take(struct parser *parser, const char *text)
{
	size_t length = strlen(text);

	skip_blanks(parser);
	if ((size_t)(parser->end - parser->at) < length ||
		memcmp(parser->at, text, length) != 0)
		return false;
	parser->at += length;
	return true;
}

static int
need(struct parser *parser, const char *text)
{
	return take(parser, text)
		       ? 0
		       : fail(parser, arena_printf(parser->arena, "'%s' is missing", text));
}

/* `extra` may stand between letters and digits, beside which it does not stand twice or last. */
static int
read_name(struct parser *parser, const char *extra, const char **ret_name)
{
	const char *start;

	skip_blanks(parser);
	start = parser->at;
	while (parser->at < parser->end &&
		(isalnum((unsigned char)*parser->at) ||
			(*parser->at != '\0' && strchr(extra, *parser->at) != NULL)))
		parser->at++;
	if (parser->at == start || !isalpha((unsigned char)*start))
		return fail(parser, "a name is missing");
	for (const char *at = start; at < parser->at; at++)
		if (!isalnum((unsigned char)*at) && (at + 1 == parser->at || at[1] == *at))
			return fail(parser, "a name that varlink does not know");
	*ret_name =
		str_copy(parser->arena, (struct str){ start, (size_t)(parser->at - start) });
	return 0;
}

static int read_type(struct parser *parser, const struct idl_type **ret_type);

/* "(a: int, b: string)" or "(one, two)"; the parenthesis is taken already. */
static int
read_fields(struct parser *parser, struct idl_type *type)
{
	const struct idl_field **last = &type->fields;

	type->kind = IDL_STRUCT;
	if (take(parser, ")"))
		return 0;
	for (;;) {
		struct idl_field *field = ARENA_NEW(parser->arena, struct idl_field);
		bool is_first = type->fields == NULL;

		TRY(read_name(parser, "_", &field->name));
		if (take(parser, ":"))
			TRY(read_type(parser, &field->type));
		if (is_first && field->type == NULL)
			type->kind = IDL_ENUM;
		if ((type->kind == IDL_ENUM) != (field->type == NULL))
			return fail(parser, "fields with and without a type");
		*last = field;
		last = &field->next;
		if (take(parser, ")"))
			return 0;
		TRY(need(parser, ","));
	}
}

static int
read_plain_type(struct parser *parser, struct idl_type *type)
{
	static const struct {
		const char *name;
		enum idl_kind kind;
	} plain[] = { { "bool", IDL_BOOL }, { "int", IDL_INT }, { "float", IDL_FLOAT },
		{ "string", IDL_STRING }, { "object", IDL_OBJECT } };

	if (take(parser, "("))
		return read_fields(parser, type);
	TRY(read_name(parser, "", &type->name));
	type->kind = IDL_NAMED;
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (strcmp(type->name, plain[i].name) == 0)
			type->kind = plain[i].kind;
	return 0;
}

static int
read_type(struct parser *parser, const struct idl_type **ret_type)
{
	struct idl_type *type = ARENA_NEW(parser->arena, struct idl_type);

	if (++parser->depth > DEPTH_MAX)
		return fail(parser, "types are nested too deep");
	type->is_optional = take(parser, "?");
	if (take(parser, "[]")) {
		type->kind = IDL_ARRAY;
		TRY(read_type(parser, &type->of));
	} else if (take(parser, "[string]")) {
		type->kind = IDL_MAP;
		TRY(read_type(parser, &type->of));
	} else {
		TRY(read_plain_type(parser, type));
	}
	parser->depth--;
	*ret_type = type;
	return 0;
}

static int
read_struct(struct parser *parser, const struct idl_type **ret_type)
{
	struct idl_type *type = ARENA_NEW(parser->arena, struct idl_type);

	TRY(need(parser, "("));
	TRY(read_fields(parser, type));
	*ret_type = type;
	return 0;
}

static int
read_member(struct parser *parser, struct idl_member *member)
{
	const char *keyword;

	TRY(read_name(parser, "", &keyword));
	if (strcmp(keyword, "type") == 0)
		member->kind = IDL_TYPE;
	else if (strcmp(keyword, "method") == 0)
		member->kind = IDL_METHOD;
	else if (strcmp(keyword, "error") == 0)
		member->kind = IDL_ERROR;
	else
		return fail(parser, "neither type, method nor error");
	TRY(read_name(parser, "", &member->name));
	if (!isupper((unsigned char)member->name[0]))
		return fail(parser, "a name that does not begin with a capital");
	TRY(read_struct(parser, &member->type));
	if (member->kind != IDL_TYPE && member->type->kind == IDL_ENUM)
		return fail(parser, "fields without types");
	if (member->kind != IDL_METHOD)
		return 0;
	TRY(need(parser, "->"));
	return read_struct(parser, &member->reply);
}

static int check_names(const struct interface *interface, const struct idl_type *type);

static int
check_field_names(const struct interface *interface, const struct idl_field *fields)
{
	for (; fields != NULL; fields = fields->next)
		if (fields->type != NULL)
			TRY(check_names(interface, fields->type));
	return 0;
}

static int
check_names(const struct interface *interface, const struct idl_type *type)
{
	if (type->kind == IDL_NAMED && interface_find(interface, IDL_TYPE, type->name) == NULL)
		return err_set(ERR_FORMAT, "interface: there is no type %s", type->name);
	if (type->of != NULL)
		return check_names(interface, type->of);
	return check_field_names(interface, type->fields);
}

/* Types, methods and errors share their names: others make one thing of each. */
static bool
has_name(const struct interface *interface, const char *name)
{
	for (enum idl_member_kind kind = IDL_TYPE; kind <= IDL_ERROR; kind++)
		if (interface_find(interface, kind, name) != NULL)
			return true;
	return false;
}

int
interface_read(struct arena *arena, struct str text, struct interface *ret_interface)
{
	struct parser parser = {
		.arena = arena, .at = text.at, .end = text.at + text.len, .line = 1
	};
	struct interface interface = { .text = str_copy(arena, text) };
	const struct idl_member **last = &interface.members;

	TRY(need(&parser, "interface "));
	TRY(read_name(&parser, ".-", &interface.name));
	for (skip_blanks(&parser); parser.at < parser.end; skip_blanks(&parser)) {
		struct idl_member *member = ARENA_NEW(arena, struct idl_member);

		TRY(read_member(&parser, member));
		if (has_name(&interface, member->name))
			return fail(&parser, "a name stands twice");
		*last = member;
		last = &member->next;
	}
	for (const struct idl_member *member = interface.members; member != NULL;
		member = member->next) {
		TRY(err_context(check_names(&interface, member->type), "%s", member->name));
		if (member->reply != NULL)
			TRY(err_context(
				check_names(&interface, member->reply), "%s", member->name));
	}
	*ret_interface = interface;
	return 0;
}

const struct idl_member *
interface_find(const struct interface *interface, enum idl_member_kind kind, const char *name)
{
	for (const struct idl_member *member = interface->members; member != NULL;
		member = member->next)
		if (member->kind == kind && strcmp(member->name, name) == 0)
			return member;
	return NULL;
}

const struct idl_member *
interface_find_served(const struct interface *first, enum idl_member_kind kind,
	const char *full_name, const struct interface **ret_interface)
{
	const char *dot = strrchr(full_name, '.');
	size_t length = dot == NULL ? 0 : (size_t)(dot - full_name);

	while (first != NULL &&
		(strncmp(first->name, full_name, length) != 0 || first->name[length] != '\0'))
		first = first->next;
	*ret_interface = first;
	return first == NULL ? NULL : interface_find(first, kind, dot + 1);
}

struct check {
	struct arena *arena;
	const struct interface *interface;
	const char *path; /* to where it is looking */
};

static int
refuse(const struct check *check, const char *what)
{
	return err_set(ERR_FORMAT, "%s: %s",
		check->path[0] == '\0' ? "parameters" : check->path, what);
}

static int check_value(struct check *check, const struct idl_type *type, const json_t *value);

static int
check_fields(struct check *check, const struct idl_field *fields, json_t *value)
{
	const char *outer = check->path;
	const char *key;
	json_t *member;

	if (!json_is_object(value))
		return refuse(check, "not an object");
	json_object_foreach(value, key, member)
	{
		const struct idl_field *field = fields;

		while (field != NULL && strcmp(field->name, key) != 0)
			field = field->next;
		check->path = arena_printf(
			check->arena, "%s%s%s", outer, outer[0] == '\0' ? "" : ".", key);
		if (field == NULL)
			return refuse(check, "no such member");
		TRY(check_value(check, field->type, member));
	}
	for (const struct idl_field *field = fields; field != NULL; field = field->next) {
		check->path = arena_printf(check->arena, "%s%s%s", outer,
			outer[0] == '\0' ? "" : ".", field->name);
		if (!field->type->is_optional && json_object_get(value, field->name) == NULL)
			return refuse(check, "missing");
	}
	check->path = outer;
	return 0;
}

static int
check_elements(struct check *check, const struct idl_type *of, json_t *value)
{
	const char *outer = check->path;

	if (!json_is_array(value))
		return refuse(check, "not a list");
	for (size_t i = 0; i < json_array_size(value); i++) {
		check->path = arena_printf(check->arena, "%s[%zu]", outer, i);
		TRY(check_value(check, of, json_array_get(value, i)));
	}
	check->path = outer;
	return 0;
}

static int
check_map(struct check *check, const struct idl_type *of, json_t *value)
{
	const char *outer = check->path;
	const char *key;
	json_t *member;

	if (!json_is_object(value))
		return refuse(check, "not an object");
	json_object_foreach(value, key, member)
	{
		check->path = arena_printf(check->arena, "%s.%s", outer, key);
		TRY(check_value(check, of, member));
	}
	check->path = outer;
	return 0;
}

static int
check_enum(const struct check *check, const struct idl_field *names, const json_t *value)
{
	for (; names != NULL && json_is_string(value); names = names->next)
		if (strcmp(names->name, json_string_value(value)) == 0)
			return 0;
	return refuse(check, "not one of the words that it may be");
}

static int
check_string(const struct check *check, const json_t *value)
{
	if (!json_is_string(value))
		return refuse(check, "not a string");
	return strlen(json_string_value(value)) == json_string_length(value)
		       ? 0
		       : refuse(check, "has a NUL in it");
}

static int
check_value(struct check *check, const struct idl_type *type, const json_t *value)
{
	const struct idl_member *named;

	if (json_is_null(value) && type->is_optional)
		return 0;
	switch (type->kind) {
	case IDL_BOOL:
		return json_is_boolean(value) ? 0 : refuse(check, "neither true nor false");
	case IDL_INT:
		return json_is_integer(value) ? 0 : refuse(check, "not an integer");
	case IDL_FLOAT:
		return json_is_number(value) ? 0 : refuse(check, "not a number");
	case IDL_STRING:
		return check_string(check, value);
	case IDL_OBJECT:
		return json_is_object(value) ? 0 : refuse(check, "not an object");
	case IDL_ARRAY:
		return check_elements(check, type->of, (json_t *)value);
	case IDL_MAP:
		return check_map(check, type->of, (json_t *)value);
	case IDL_STRUCT:
		return check_fields(check, type->fields, (json_t *)value);
	case IDL_ENUM:
		return check_enum(check, type->fields, value);
	case IDL_NAMED:
		named = interface_find(check->interface, IDL_TYPE, type->name);
		return check_value(check, named->type, value);
	}
	return refuse(check, "of no type");
}

int
interface_check(struct arena *arena, const struct interface *interface,
	const struct idl_type *type, const json_t *value, const char **ret_path)
{
	struct check check = { .arena = arena, .interface = interface, .path = "" };
	int ret = check_value(&check, type, value);

	if (ret < 0)
		*ret_path = check.path;
	return ret;
}
