/* SPDX-License-Identifier: MIT */
/*
 * options: what the command line of a compiler or linker asks for.
 *
 * The command line is that of clang and of GNU ld. What only a native compiler
 * has a use for (-march, -fPIC, -g) is dropped here, what the front end must
 * see is kept in order in `compile`, the rest decides how to link.
 */
#ifndef LINKER_DRIVER_OPTIONS_H
#define LINKER_DRIVER_OPTIONS_H

#include "linker/driver/strings.h"

#include <stdbool.h>

struct arena;

enum options_mode {
	OPTIONS_LINK, /* no -c, -S, -E or the like */
	OPTIONS_OBJECT, /* -c */
	OPTIONS_TEXT, /* -S */
	OPTIONS_FRONT_END, /* -E, -M, -MM, -fsyntax-only: clang's own business */
};

enum options_output {
	OPTIONS_PROGRAM,
	OPTIONS_SHARED, /* -shared */
	OPTIONS_PARTIAL, /* -r */
};

enum item_kind {
	ITEM_FILE,
	ITEM_LIBRARY, /* -l */
	ITEM_WHOLE_ON, /* --whole-archive */
	ITEM_WHOLE_OFF,
	ITEM_NEEDED_ON, /* --no-as-needed */
	ITEM_NEEDED_OFF,
	ITEM_STATIC_ON, /* -Bstatic */
	ITEM_STATIC_OFF,
};

struct item { /* one input, or what holds for the inputs behind it */
	enum item_kind kind;
	const char *text; /* path, or name of the library */
	const char *language; /* of -x; NULL: the suffix tells */
};

struct options {
	enum options_mode mode;
	enum options_output kind;
	const char *output; /* of -o; NULL: the default name */
	struct strings compile; /* for clang, in order */
	struct item *items;
	size_t item_count;
	size_t item_cap;
	struct strings directories; /* of -L */
	struct strings undefined; /* of -u */
	struct strings linker; /* for the native link, as they came */
	struct strings excluded; /* of --exclude-libs */
	const char *soname;
	const char *version_script;
	const char *retain_file; /* of -retain-symbols-file */
	const char *question; /* the first option that only asks, such as -dumpmachine */
	bool no_system_headers; /* -nostdinc */
	bool no_library; /* -nostdlib, -nodefaultlibs */
	bool no_start; /* -nostdlib, -nostartfiles */
	bool no_undefined; /* -z defs of a shared library */
	bool export_all; /* -rdynamic */
	bool has_level; /* -O... */
	bool has_dependencies; /* -MD, -MMD */
	bool has_dependency_file; /* -MF */
	bool has_dependency_target; /* -MT, -MQ */
	bool is_verbose; /* -v */
};

/*
 * Replace each @FILE by the arguments that stand in the file.
 *
 * Owner:  the arena
 * Errors: ERR_IO, ERR_LIMIT (files that name each other)
 * Source: gcc(1), "@file"
 */
int options_expand(
	struct arena *arena, int argc, const char *const *argv, struct strings *ret_arguments);

/*
 * Read the command line of weld-cc, without its name.
 *
 * Owner:  borrows the arguments; the rest is in the arena
 * Errors: ERR_USAGE (argument missing, or asks for another CPU)
 */
int options_read_compiler(
	struct arena *arena, const struct strings *arguments, struct options *ret_options);

/* Read the command line of weld-ld; otherwise as options_read_compiler(). */
int options_read_linker(
	struct arena *arena, const struct strings *arguments, struct options *ret_options);

/* Whether the file of an item is a source: to be compiled, not linked. */
bool options_is_source(const struct item *item);

#endif
