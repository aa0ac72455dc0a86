/* SPDX-License-Identifier: MIT */
/*
 * unit: from a linked file to the unit in a package, through weld-ir.
 */
#ifndef REPO_RECIPE_UNIT_H
#define REPO_RECIPE_UNIT_H

#include "repo/recipe/scan.h"

/* Whether a file may hold code: an ELF file, an archive or bitcode, by its first bytes. */
bool unit_is_code(struct str contents);

/*
 * Turn a file of code into a unit in top/objects and fill entry's kind, object and unit, and its native object
 * when it carries machine code.
 *
 * Errors: ERR_BUILD (no IR in it, or weld-ir refuses it), ERR_FORMAT, ERR_IO
 */
int unit_pack(const struct job *job, const char *file, struct entry *entry);

/*
 * Check that a native object in top/objects may stand beside a unit there; `name` is for messages.
 *
 * Errors: ERR_BUILD (weld-ir refuses it)
 */
int unit_check_native(const struct job *job, const char *name, const struct digest *unit,
	const struct digest *native);

/*
 * Move a file into top/objects under its digest.
 *
 * Errors: ERR_IO
 */
int unit_keep_object(const struct job *job, const char *file, struct digest *ret_digest);

#endif
