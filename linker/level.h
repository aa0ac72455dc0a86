/* SPDX-License-Identifier: MIT */
/*
 * level: the CPUs that lowered objects are published for: what many machines have in common.
 *
 * An object of a level runs on every CPU of that level or a better one.
 */
#ifndef LINKER_LEVEL_H
#define LINKER_LEVEL_H

#include "kernel-iface/arch.h"

#include <stddef.h>

struct level {
	const char *name; /* "x86-64-v3" */
	enum arch arch;
	const char *cpu; /* LLVM's name */
};

/* The level of a name; NULL when there is none. */
const struct level *level_find(const char *name);

/* The names of all levels, for messages: "x86-64-v1, x86-64-v2, ..." */
const char *level_names(void);

#define LEVEL_MAX 8 /* of one architecture */

/*
 * The levels whose objects a root may use, best first; gives their number.
 *
 * With the CPU "native" those that this machine has; with the CPU of a level that one and those
 * below; with any other none: who names a CPU wants code for it.
 *
 * Shape: ret_levels has LEVEL_MAX elements
 */
size_t level_list(enum arch arch, const char *cpu, const struct level **ret_levels);

#endif
