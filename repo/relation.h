/* SPDX-License-Identifier: MIT */
/*
 * relation: names, versions and what one package says of another.
 *
 * "zlib", "zlib >= 1.2", "lib:z = 1.2.13-1". A version is VERSION or
 * VERSION-RELEASE; it holds no '-' of its own.
 */
#ifndef REPO_RELATION_H
#define REPO_RELATION_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

#define RELATION_NAME_MAX 64 /* bytes, of a package or library name */
#define RELATION_VERSION_MAX 64 /* bytes, without the release */

enum relation_operator { /* a set of bits, as in libsolv */
	RELATION_ANY = 0, /* every version */
	RELATION_GREATER = 1 << 0,
	RELATION_EQUAL = 1 << 1,
	RELATION_LESS = 1 << 2,
};

struct relation {
	const char *name; /* "zlib" or "lib:z" */
	unsigned operators; /* enum relation_operator, combined */
	const char *version; /* "1.2" or "1.2.13-1"; NULL for RELATION_ANY */
};

/* Whether the text is a name: ^[a-z0-9][a-z0-9+._-]{0,63}$ */
bool relation_is_name(const char *text);

/* Whether the text is a version without release: ^[A-Za-z0-9][A-Za-z0-9+._~]{0,63}$ */
bool relation_is_version(const char *text);

/*
 * Parse "NAME [OPERATOR VERSION[-RELEASE]]", OPERATOR one of = < <= > >=.
 *
 * NAME may have a prefix of small letters and a colon: "lib:z".
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT
 */
int relation_parse(struct arena *arena, const char *text, struct relation *ret_relation);

/*
 * Split "NAME-VERSION-RELEASE", with or without ".weld" behind it.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT
 */
int relation_parse_file_name(struct arena *arena, const char *text, char **ret_name,
	char **ret_version, uint64_t *ret_release);

#endif
