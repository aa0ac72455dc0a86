/* SPDX-License-Identifier: MIT */
/*
 * relation: names, versions and what one package says of another.
 *
 * "zlib", "zlib >= 1.2", "lib:z = 1.2.13-1". A version is VERSION or
 * VERSION-RELEASE; it holds no '-' of its own.
 *
 * Packages and libraries may belong to a series, which then is a part of their name: "lua@5.3".
 * Names of two series are two names: they are installed beside each other, and neither is ever
 * an upgrade of the other.
 */
#ifndef REPO_RELATION_H
#define REPO_RELATION_H

#include <stdbool.h>
#include <stdint.h>

struct arena;

#define RELATION_NAME_MAX 64 /* bytes, of a package or library name, its series included */
#define RELATION_SERIES_MAX 16 /* bytes, of "5.3" in "lua@5.3" */
#define RELATION_VERSION_MAX 64 /* bytes, without the release */

enum relation_operator { /* a set of bits, as in libsolv */
	RELATION_ANY = 0, /* every version */
	RELATION_GREATER = 1 << 0,
	RELATION_EQUAL = 1 << 1,
	RELATION_LESS = 1 << 2,
};

struct relation {
	const char *name; /* "zlib", "lua@5.3" or "lib:z" */
	unsigned operators; /* enum relation_operator, combined */
	const char *version; /* "1.2" or "1.2.13-1"; NULL for RELATION_ANY */
};

/* Whether the text is a name without a series: ^[a-z0-9][a-z0-9+._-]{0,63}$ */
bool relation_is_name(const char *text);

/* Whether the text is a series: ^[a-z0-9][a-z0-9+._]{0,15}$ */
bool relation_is_series(const char *text);

/* Whether the text is a name of a package or library: NAME or NAME@SERIES, 64 bytes at most. */
bool relation_is_full_name(const char *text);

/* The series in the name of a package or library, "5.3" of "lua@5.3"; "" without. Owner: the name */
const char *relation_series(const char *full_name);

/* The name without its series. Owner: the arena */
char *relation_plain_name(struct arena *arena, const char *full_name);

/* Whether a name is this one in some series: "lua@5.3" is of "lua", "lua" is not. */
bool relation_is_series_of(const char *full_name, const char *plain);

/* The name in a series; "" gives the name as it is. Owner: the arena */
char *relation_in_series(struct arena *arena, const char *plain, const char *series);

/* Whether the text is a version without release: ^[A-Za-z0-9][A-Za-z0-9+._~]{0,63}$ */
bool relation_is_version(const char *text);

/*
 * Parse "NAME [OPERATOR VERSION[-RELEASE]]", OPERATOR one of = < <= > >=.
 *
 * NAME may have a prefix of small letters and a colon, and a series: "lib:z", "lib:lua@5.3".
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
