/* SPDX-License-Identifier: MIT */
/*
 * waiver: findings that somebody has looked at and accepted, for a time and a reason.
 *
 *     waiver {
 *         advisory = CVE-2025-31115
 *         image = bin/xz              # also package, symbol; what is not named, is any
 *         reason = "only our own files are unpacked"
 *         expires = 2027-01-31        # the last day on which it counts
 *     }
 */
#ifndef PKGD_AUDIT_WAIVER_H
#define PKGD_AUDIT_WAIVER_H

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct advisory;
struct arena;

struct waiver {
	const char *advisory; /* its id or one of its aliases */
	const char *package; /* name; NULL: any, as below */
	const char *image;
	const char *symbol;
	const char *reason; /* "" without */
	const char *expires; /* "2027-01-31"; "" without */
	const char *flaw; /* why it does not count: "expired on 2024-01-31"; NULL: it counts */
};

/*
 * Read a file of waivers. Those that have no reason, no date or a past one get a flaw.
 *
 * Shape:  today is "YYYY-MM-DD"
 * Owner:  the arena
 * Errors: ERR_FORMAT (names the file, the waiver and the key), ERR_NOT_FOUND, ERR_LIMIT, ERR_IO
 */
int waiver_load(struct arena *arena, const char *path, const char *today,
	struct waiver **ret_waivers, size_t *ret_count);

/* As waiver_load(), of a text. */
int waiver_read(struct arena *arena, struct str text, const char *today,
	struct waiver **ret_waivers, size_t *ret_count);

/* Whether a waiver is about a finding; flaws are not looked at. */
bool waiver_covers(const struct waiver *waiver, const struct advisory *advisory,
	const char *package, const char *image, const char *symbol);

#endif
