/* SPDX-License-Identifier: MIT */
/*
 * lock: what a world file became: each package by digest, and the seed of the layout.
 *
 * Two roots that match the same lock have the same packages and were linked with the same seed.
 * weld-lock(5) has the form.
 */
#ifndef PKGD_WORLD_LOCK_H
#define PKGD_WORLD_LOCK_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define LOCK_FORMAT 1
#define LOCK_SIZE_MAX ((size_t)32 << 20) /* bytes of a file */
#define LOCK_PACKAGES_MAX ((size_t)100000)

struct lock_package {
	const char *name;
	const char *version;
	uint64_t release; /* 1 to 999999 */
	struct digest digest; /* of the package file */
	bool is_manual; /* the world file asks for it; others need it otherwise */
	bool is_held;
};

struct lock {
	const char *arch; /* "x86_64" */
	struct digest seed; /* that images are linked with */
	struct lock_package *packages; /* sorted by name */
	size_t package_count;
};

/*
 * Read a lock file; what is not exactly as lock_write() writes it is refused, but for white space.
 *
 * Owner:  the arena; nothing is borrowed from the text
 * Errors: ERR_FORMAT (names member or package), ERR_LIMIT
 */
int lock_read(struct arena *arena, struct str text, struct lock *ret_lock);

/* Write a lock: the same one is always the same bytes. Owner: the caller frees ret_text */
void lock_write(const struct lock *lock, struct strbuf *ret_text);

/* The package of a name; NULL without one. Owner: the lock */
const struct lock_package *lock_find(const struct lock *lock, const char *name);

/*
 * In what two locks differ, as text for a person: "jq-1.6-1 is locked, jq-1.7-1 is wanted".
 *
 * NULL: they are the same. At most a few differences are listed; seeds are not compared.
 * Owner: the arena
 */
const char *
lock_difference(struct arena *arena, const struct lock *locked, const struct lock *wanted);

#endif
