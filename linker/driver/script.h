/* SPDX-License-Identifier: MIT */
/*
 * script: which symbols of a shared library stay visible, as a version script
 * or a list of symbols says. Versions themselves mean nothing to weld.
 */
#ifndef LINKER_DRIVER_SCRIPT_H
#define LINKER_DRIVER_SCRIPT_H

#include "linker/driver/strings.h"

#include <stdbool.h>

struct arena;

struct script { /* { 0 } exports everything */
	struct strings global; /* patterns, fnmatch(3) */
	struct strings local;
	bool is_list; /* nothing but `global` is exported */
};

/*
 * Add a version script.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (with the line), ERR_NOT_FOUND, ERR_IO
 * Source: ld(1), "VERSION Command"
 */
int script_add_versions(struct arena *arena, const char *path, struct script *script);

/* Add a list of symbols, one a line: of -retain-symbols-file. Errors: ERR_NOT_FOUND, ERR_IO */
int script_add_list(struct arena *arena, const char *path, struct script *script);

/* Whether the symbol is exported: exact names count before patterns, global before local. */
bool script_exports(const struct script *script, const char *name);

#endif
