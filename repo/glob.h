/* SPDX-License-Identifier: MIT */
/*
 * glob: patterns of paths, as recipes and triggers write them.
 */
#ifndef REPO_GLOB_H
#define REPO_GLOB_H

#include "repo/manifest.h"

#include <stdbool.h>

/*
 * Whether a relative path matches: ? and * within one component, ** across them.
 *
 * "share/man/" and everything else that ends in a slash also matches what is below it.
 */
bool glob_match(const char *pattern, const char *path);

/* Whether any of the patterns matches. */
bool glob_match_any(const struct manifest_list *patterns, const char *path);

#endif
