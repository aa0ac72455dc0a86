/* SPDX-License-Identifier: MIT */
/*
 * interface: an interface description in varlink's language, and values checked
 * against it.
 *
 * Calls are checked before anything looks at them: a member that is unknown,
 * missing or of another type is refused by name.
 */
#ifndef PKGD_VARLINK_INTERFACE_H
#define PKGD_VARLINK_INTERFACE_H

#include "base/json.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;

enum idl_kind {
	IDL_BOOL,
	IDL_INT,
	IDL_FLOAT,
	IDL_STRING,
	IDL_OBJECT, /* any JSON object */
	IDL_ARRAY, /* of `of` */
	IDL_MAP, /* from strings to `of` */
	IDL_STRUCT, /* with the fields */
	IDL_ENUM, /* one of the fields' names */
	IDL_NAMED, /* the type `name` */
};

struct idl_field;

struct idl_type { /* open: plain data of the arena */
	enum idl_kind kind;
	bool is_optional; /* may be missing, or null */
	const char *name; /* IDL_NAMED */
	const struct idl_type *of; /* IDL_ARRAY, IDL_MAP */
	const struct idl_field *fields; /* IDL_STRUCT, IDL_ENUM: a list */
};

struct idl_field {
	const struct idl_field *next;
	const char *name;
	const struct idl_type *type; /* NULL in an IDL_ENUM */
};

enum idl_member_kind { IDL_TYPE, IDL_METHOD, IDL_ERROR };

struct idl_member {
	const struct idl_member *next;
	enum idl_member_kind kind;
	const char *name;
	const struct idl_type *type; /* of a type; of a method's parameters; of an error's */
	const struct idl_type *reply; /* IDL_METHOD */
};

struct interface {
	const struct interface *next; /* another one that is served; NULL: the last */
	const char *name; /* "org.weld.pkgd" */
	const char *text; /* all of it */
	const struct idl_member *members; /* in the text's order */
};

/*
 * Read a description; each type that it names must be in it, and no name twice.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT, with the line
 * Source: varlink.org, "Interface Definition"
 */
int interface_read(struct arena *arena, struct str text, struct interface *ret_interface);

/* A member of a kind; NULL when there is none of that name. */
const struct idl_member *
interface_find(const struct interface *interface, enum idl_member_kind kind, const char *name);

/*
 * A member by its full name, "org.weld.pkgd.List", in all that are served; NULL when there is none.
 *
 * *ret_interface is the one that it would stand in; NULL when there is none of that name.
 */
const struct idl_member *
interface_find_served(const struct interface *first, enum idl_member_kind kind,
	const char *full_name, const struct interface **ret_interface);

/*
 * Check a value against a type.
 *
 * ret_path names what is wrong, "names[1]"; memory of the arena.
 *
 * Errors: ERR_FORMAT
 */
int interface_check(struct arena *arena, const struct interface *interface,
	const struct idl_type *type, const json_t *value, const char **ret_path);

#endif
