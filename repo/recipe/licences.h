/* SPDX-License-Identifier: MIT */
/*
 * licences: the texts of licences that come with a source go into its packages.
 */
#ifndef REPO_RECIPE_LICENCES_H
#define REPO_RECIPE_LICENCES_H

#include "repo/recipe/job.h"

#include <stdbool.h>

#define LICENCES_DIRECTORY "share/licenses/" /* below the prefix; then the package's name */

/* Whether a file of this name in a source holds a licence: "COPYING", "LICENSE.txt". */
bool licences_is_text(const char *name);

/*
 * Install the texts below share/licenses/NAME of each package for which the recipe installed none.
 *
 * Nothing happens when nothing was installed at all: that is reported when packing.
 *
 * Errors: ERR_LIMIT (a text is too long), ERR_IO, ERR_NO_SPACE
 * Source: recipe(5), "What is packed"
 */
int licences_collect(const struct job *job);

#endif
