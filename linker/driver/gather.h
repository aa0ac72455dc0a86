/* SPDX-License-Identifier: MIT */
/*
 * gather: from the inputs of a link to one neutral module.
 *
 * Objects are taken whole; of an archive the members that are needed, in the
 * way of ld.lld: an undefined symbol takes the first input on the command line
 * that defines it, wherever that stands. Weld libraries stay outside: they are
 * marked as needed and their symbols stay undefined.
 */
#ifndef LINKER_DRIVER_GATHER_H
#define LINKER_DRIVER_GATHER_H

#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "linker/driver/library.h"
#include "linker/driver/options.h"

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct neutral;

struct gather_native { /* an object in machine code */
	const char *name;
	struct str bytes;
};

struct gather {
	struct arena *arena;
	const struct options *options;
	struct library_set libraries;
	VEC(struct neutral *) modules; /* owned, in link order */
	VEC(struct gather_native) natives;
	struct map defined; /* symbols that modules and native objects define */
	struct map hidden; /* those of them that are not visible outside */
	struct map needed; /* symbols that native objects use, or leave to others to define */
	struct map kept; /* symbols of -u */
	struct map excluded; /* symbols from archives of --exclude-libs */
	struct map providers; /* symbol -> the first archive member or library that has it */
	struct strings wanted; /* undefined symbols to look at */
};

/*
 * Read all inputs, compile sources among them, and take what is needed from archives.
 *
 * Owner:  the caller calls gather_free() in any case; the arena must stay
 * Errors: ERR_NOT_FOUND, ERR_FORMAT (not an object), ERR_BUILD, ERR_PROFILE, ERR_IO
 */
int
gather_inputs(struct arena *arena, const struct options *options, struct gather *ret_gather);

/*
 * Take every member of an archive in memory.
 *
 * Errors: ERR_FORMAT
 */
int gather_archive(
	struct arena *arena, const char *path, struct str bytes, struct gather *ret_gather);

/*
 * Check that every symbol that is used is defined somewhere, also where nothing calls the
 * code that uses it: configure scripts ask that way.
 *
 * Errors: ERR_SYMBOL: the last of them; each is printed to standard error
 */
int gather_check_undefined(const struct gather *gather);

/*
 * Merge the modules into one.
 *
 * Owner:  the caller frees *ret_module; NULL when there was no module at all
 * Errors: ERR_SYMBOL (two define a name)
 */
int gather_merge(struct gather *gather, struct neutral **ret_module);

/* Free what is not in the arena: for AUTO(). */
void gather_free(struct gather *gather);

#endif
