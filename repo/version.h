/* SPDX-License-Identifier: MIT */
/*
 * version: the order of versions.
 *
 * A full version is VERSION[-RELEASE]. The order is RPM's: versions first, then releases. Two versions are compared part by part, a part being a run of
 * digits or of letters: digits as numbers, letters bytewise, digits above letters, more parts
 * above fewer. "~" sorts before everything, the end of the version included (1.0~rc1 < 1.0);
 * all other characters only separate. (Debian's order was not taken: there "1.6" without a
 * release is below 1.6-1, so "= 1.6" would name no release at all.)
 */
#ifndef REPO_VERSION_H
#define REPO_VERSION_H

#include "repo/relation.h"

#include <stdbool.h>

/*
 * Compare two full versions: negative, 0 or positive.
 *
 * Source: rpm-version(7)
 */
int version_compare(const char *a, const char *b);

/* As version_compare(), but a version without a release equals all its releases: "= 1.6" is met
 * by 1.6-1 and 1.6-2, and "> 1.6" by neither. */
int version_compare_loosely(const char *a, const char *b);

/*
 * Whether something provided ("lib:z = 1.2.13-1", or a package's name and version) meets what is
 * wanted ("lib:z", "zlib >= 1.2").
 *
 * The names must be equal; what is provided without a version meets every wish.
 */
bool version_meets(const struct relation *provided, const struct relation *wanted);

#endif
