/* SPDX-License-Identifier: MIT */
/*
 * globals: the symbol table of a module, as a linker of archives needs it.
 */
#ifndef LINKER_LLVM_GLOBALS_H
#define LINKER_LLVM_GLOBALS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct neutral;

struct neutral_global {
	const char *name;
	bool is_defined; /* here; else only used */
	bool is_weak; /* another definition may replace it, or none is needed */
	bool is_hidden; /* not visible outside the linked file */
};

/*
 * List what is not internal, functions first, in the order of the module; LLVM's
 * own names (llvm.*) are left out.
 *
 * Owner: the arena
 */
void neutral_list_globals(struct arena *arena, const struct neutral *module,
	struct neutral_global **ret_globals, size_t *ret_count);

/* Name the source file of a module: the one path that it would else keep. */
void neutral_set_source(struct neutral *module, const char *source);

#endif
