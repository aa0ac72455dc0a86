/* SPDX-License-Identifier: MIT */
/*
 * version: the order of versions, and what packages say about each other.
 *
 * A full version is [EPOCH:]VERSION[-RELEASE]. The order is RPM's: epochs as numbers first, then
 * versions, then releases. Two versions are compared part by part, a part being a run of
 * digits or of letters: digits as numbers, letters bytewise, digits above letters, more parts
 * above fewer. "~" sorts before everything, the end of the version included (1.0~rc1 < 1.0), "^"
 * after the end and before everything else (1.0 < 1.0^git5 < 1.0.1); all other characters only
 * separate. A version without a release stands for all its releases, so "jq = 1.6" is met
 * by 1.6-1 and by 1.6-2, and "jq > 1.6" is not.
 */
#ifndef REPO_VERSION_H
#define REPO_VERSION_H

#include <stdbool.h>

struct arena;

enum version_relation {
	VERSION_ANY = 0,
	VERSION_LESS = 1 << 0,
	VERSION_EQUAL = 1 << 1,
	VERSION_GREATER = 1 << 2, /* "<=" and ">=" are two of them */
};

struct version_range { /* "zlib >= 1.2", "lib:z" */
	const char *name; /* of a package or of something provided */
	unsigned relation; /* of enum version_relation */
	const char *version; /* NULL with VERSION_ANY */
};

/*
 * Compare two full versions: negative, 0 or positive.
 *
 * Source: rpm-version(7)
 */
int version_compare(const char *a, const char *b);

/* As version_compare(), but one without a release equals all releases of the same version. */
int version_compare_loosely(const char *a, const char *b);

/*
 * Read "NAME", "NAME OP VERSION" or, as people type it, "NAME=VERSION".
 *
 * OP is one of < <= = >= >. NAME is a package name or CLASS:NAME, such as "lib:z".
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT
 */
int version_read_range(struct arena *arena, const char *text, struct version_range *ret_range);

/* Write a range as "zlib >= 1.2". Owner: the arena */
char *version_write_range(struct arena *arena, const struct version_range *range);

/*
 * Whether what is provided ("lib:z", or "lib:z = 1.2.13-1") meets what is wanted.
 *
 * The names must be equal; something provided without a version only meets a wish without one.
 */
bool version_meets(const struct version_range *provided, const struct version_range *wanted);

/*
 * Check a version as a package states it: letters, digits and . + _ ~ ^, beginning with a digit
 * or letter, at most 64 bytes; no "-", which begins the release.
 *
 * Errors: ERR_FORMAT
 */
int version_check(const char *version);

#endif
