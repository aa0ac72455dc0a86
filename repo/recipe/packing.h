/* SPDX-License-Identifier: MIT */
/*
 * packing: what was installed, on its way to packages.
 */
#ifndef REPO_RECIPE_PACKING_H
#define REPO_RECIPE_PACKING_H

#include "base/map.h"
#include "repo/manifest.h"
#include "repo/recipe/scan.h"

#include <stdbool.h>

struct job;

struct packing {
	const struct job *job;
	struct entries entries;
	struct map libraries; /* full name -> struct manifest_library, own ones and inputs */
	struct map natives; /* symbols that native objects define */
	struct manifest *manifests; /* one for each package of the recipe */
};

/* Whether an entry is linked when it is installed: a library, a program or a plug-in. */
bool packing_has_code(const struct entry *entry);

/* What a native object or a unit for one architecture belongs to; NULL when it is not there. */
struct manifest_library *
packing_find_owner(const struct packing *packing, const struct entry *entry);

/*
 * Check that units, native objects and libraries fit together: every symbol that is needed is
 * exported by an import, and what is for one architecture takes the place of what is for all. What
 * only such a unit needs is noted in the unit for all: it is judged by what any of them needs.
 *
 * Errors: ERR_BUILD, ERR_SYMBOL, naming the file
 */
int packing_check(struct packing *packing);

#endif
