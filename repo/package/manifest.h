/* SPDX-License-Identifier: MIT */
/*
 * package/manifest: what reading and writing a manifest share.
 */
#ifndef REPO_PACKAGE_MANIFEST_H
#define REPO_PACKAGE_MANIFEST_H

#include "repo/manifest.h"

/* The words of the manifest's enumerations, by value. */
extern const char *const manifest_kind_names[3];
extern const char *const manifest_check_names[3];
extern const char *const manifest_sharing_names[3];

/*
 * Check what concerns several members at once: paths that collide, the list of objects, sizes.
 *
 * Files, programs and objects are sorted and free of duplicates when this is called.
 *
 * Errors: ERR_FORMAT, ERR_LIMIT
 */
int manifest_check_whole(struct arena *arena, const struct manifest *manifest);

#endif
