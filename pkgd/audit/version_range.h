/* SPDX-License-Identifier: MIT */
/*
 * version_range: which versions an OSV range holds.
 */
#ifndef PKGD_AUDIT_VERSION_RANGE_H
#define PKGD_AUDIT_VERSION_RANGE_H

#include "pkgd/audit/advisory.h"

enum {
	VERSION_RANGE_OF_COMMITS = 0, /* type GIT: nothing was read */
	VERSION_RANGE_OF_VERSIONS = 1,
};

/*
 * Read one of ranges[]: type ECOSYSTEM (weld's versions) or SEMVER, brought to weld's form.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT, ERR_LIMIT
 */
int
version_range_read(struct arena *arena, const json_t *json, struct advisory_range *ret_range);

/* Whether a range holds a version, "VERSION-RELEASE". */
bool version_range_has(const struct advisory_range *range, const char *version);

/* Whether what an advisory calls a version is this one; without a release it is all releases. */
bool version_range_is(const char *named, const char *version);

#endif
