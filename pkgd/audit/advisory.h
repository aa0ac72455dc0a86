/* SPDX-License-Identifier: MIT */
/*
 * advisory: what OSV records say of packages of ours.
 *
 * Only entries of the ecosystem "weld" are kept. A record that breaks the schema where we read it
 * is an error that names the place: an audit that leaves out an advisory would lie.
 */
#ifndef PKGD_AUDIT_ADVISORY_H
#define PKGD_AUDIT_ADVISORY_H

#include "base/json.h"
#include "base/vec.h"

#include <stdbool.h>

#define ADVISORY_ECOSYSTEM "weld"

enum advisory_event_kind { /* in the order in which events of one version count */
	ADVISORY_FIXED,
	ADVISORY_INTRODUCED,
	ADVISORY_LAST_AFFECTED,
};

struct advisory_event {
	enum advisory_event_kind kind;
	const char *version; /* weld's form; "0" is before every version */
};

struct advisory_range {
	const struct advisory_event *events; /* by version */
	size_t event_count;
	const char *const *limits; /* versions before one of them count; none: all */
	size_t limit_count;
};

struct advisory_symbol {
	const char *name; /* as in its source: "inflate" */
	const char *file; /* the end of its source file's path, "lparser.c"; NULL: any */
	const char *text; /* as written: "inflate", "lparser.c:singlevar" */
};

struct advisory_affected {
	const char *package; /* name */
	const struct advisory_range *ranges;
	size_t range_count;
	const char *const *versions; /* affected whatever the ranges say */
	size_t version_count;
	const struct advisory_symbol *symbols;
	size_t symbol_count; /* 0: the whole package */
};

struct advisory {
	const char *id; /* "CVE-2022-37434" */
	const char *const *aliases;
	size_t alias_count;
	const char *summary; /* "" without */
	const char *reference; /* the first URL that it names; "" without */
	const char *origin; /* file or URL that it came from */
	const struct advisory_affected *affected;
	size_t affected_count;
};

struct advisory_list { /* { 0 } is empty */
	VEC(struct advisory) at;
	size_t read; /* records seen, those of other ecosystems and withdrawn ones included */
	size_t withdrawn;
};

/*
 * Add the records of one text: one record, an array of them, or {"vulns": [...]}.
 *
 * `origin` is told in errors. Withdrawn records are counted and left out.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (origin, record and member), ERR_LIMIT (too many parts)
 * Source: OSV schema 1.6.7, https://ossf.github.io/osv-schema/
 */
int advisory_read(
	struct arena *arena, struct str text, const char *origin, struct advisory_list *list);

/*
 * Add the records of a file, of all *.json files in a directory, or behind a URL.
 *
 * Owner:  the arena
 * Errors: as advisory_read(), ERR_LIMIT (too long), ERR_NOT_FOUND, ERR_FETCH (also offline), ERR_IO
 */
int advisory_load(
	struct arena *arena, const char *place, bool is_offline, struct advisory_list *list);

/*
 * Whether a version of a package is affected.
 *
 * A version without a release stands for all its releases.
 *
 * Shape:  version is "VERSION-RELEASE"
 * Source: OSV schema, "Evaluation"
 */
bool advisory_affects(const struct advisory_affected *affected, const char *version);

#endif
