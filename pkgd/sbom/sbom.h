/* SPDX-License-Identifier: MIT */
/*
 * sbom: what a bill of materials tells, before it is written in either format.
 *
 * Elements and relations between them, in an order that follows from their names: the same
 * generation or package file always gives the same bill.
 */
#ifndef PKGD_SBOM_SBOM_H
#define PKGD_SBOM_SBOM_H

#include "base/hash.h"
#include "base/json.h"
#include "base/map.h"
#include "base/vec.h"
#include "pkgd/state.h"
#include "repo/licence.h"
#include "repo/manifest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sbom_kind {
	SBOM_ROOT, /* an installation */
	SBOM_PACKAGE,
	SBOM_LIBRARY, /* as its package ships it: IR */
	SBOM_PROGRAM, /* an image; of a package file: IR */
	SBOM_SLOT, /* the image of a shared library */
	SBOM_SOURCE, /* what upstream published */
	SBOM_TOOL, /* built packages */
};

enum sbom_relation {
	SBOM_CONTAINS,
	SBOM_REQUIRES, /* a package another one; the text is the requirement */
	SBOM_LINKS_PRIVATELY, /* an image has a copy of a library inside */
	SBOM_BINDS, /* an image calls a slot; the text is the slot's layout id */
	SBOM_MADE_FROM, /* a package from a source, a slot from a library */
	SBOM_BUILT_BY, /* a package by a tool */
};

struct sbom_property {
	const char *name; /* "weld:layout-id" */
	const char *value;
};

struct sbom_element {
	enum sbom_kind kind;
	const char *reference; /* unique in the bill: "program:bin/jq" */
	const char *name;
	const char *version; /* "" when it has none */
	const char *summary; /* "" when it has none */
	const char *homepage; /* a URL or "" */
	const char *purl; /* NULL: none */
	const char *file; /* the file that the digest is of; NULL: none */
	struct digest digest; /* with a file */
	struct licence licence; /* without an expression: not known */
	const struct manifest
		*manifest; /* of a package, and of a package whose source this is */
	VEC(struct sbom_property) properties;
};

struct sbom_edge {
	size_t from; /* index of an element */
	size_t to;
	enum sbom_relation relation;
	const char *text; /* NULL: none */
};

struct sbom_licence { /* one that the SPDX list does not have */
	struct licence_reference reference;
	const char *text; /* of the licence, or a sentence that there is none */
};

struct sbom { /* { .arena, .time } is empty */
	struct arena *arena;
	struct map references; /* of elements -> (void *)(index + 1) */
	VEC(struct sbom_element) elements; /* the first is what the bill is about */
	VEC(struct sbom_edge) edges; /* sorted by from, relation, to */
	VEC(struct sbom_licence) licences; /* sorted by id */
	int64_t time; /* seconds since 1970; -1: not known */
};

/* build.c: putting a bill together */

/* Add an element; returns its index. References and names are borrowed. */
size_t sbom_add(struct sbom *sbom, enum sbom_kind kind, const char *reference, const char *name,
	const char *version);

void sbom_set_property(struct sbom *sbom, size_t element, const char *name, const char *value);

void sbom_relate(struct sbom *sbom, size_t from, enum sbom_relation relation, size_t to,
	const char *text);

/*
 * Add a package with what its manifest tells: licence, libraries, source, tools.
 *
 * Sources and tools that are there are not added again. Returns its index.
 */
size_t sbom_add_package(
	struct sbom *sbom, const struct manifest *manifest, const struct digest *digest);

/* The element of this reference; SIZE_MAX when there is none. */
size_t sbom_find(const struct sbom *sbom, const char *reference);

/*
 * Note what the licence of an element says, and the text for names that the list does not have.
 *
 * A text that was noted before is kept.
 */
void sbom_set_licence(struct sbom *sbom, size_t element, const char *text);

/* Give an image the licences of all that it contains: its package's, and its private libraries'. */
void sbom_conclude_licence(struct sbom *sbom, size_t image, const char *own,
	const char *const *more, size_t count);

/* Put edges and licences in order: the last step. */
void sbom_finish(struct sbom *sbom);

/* describe.c: what a bill is about */

/*
 * Describe the current generation, or one package of it with all that it requires.
 *
 * Errors: ERR_NOT_FOUND (no such package), as plan_read_manifest()
 */
int sbom_describe_root(struct state *state, const char *name, struct sbom *ret_sbom);

/*
 * Describe a package file, which is verified whole.
 *
 * Errors: as package_unpack()
 */
int sbom_describe_file(struct arena *arena, const char *path, struct sbom *ret_sbom);

/* cyclonedx.c, spdx.c: the documents as JSON text. Owner: the caller frees *ret_text */

/* Source: CycloneDX 1.5, JSON */
void sbom_cyclonedx(const struct sbom *sbom, struct strbuf *ret_text);

/* Source: SPDX 2.3, JSON */
void sbom_spdx(const struct sbom *sbom, struct strbuf *ret_text);

/* common.c: what both documents need */

#define SBOM_TIME_SIZE 32 /* bytes of "2024-05-01T13:45:00Z" with its NUL */
#define SBOM_UUID_SIZE 37 /* bytes of a UUID in text with its NUL */

/* The time as both write it. */
char *sbom_time(int64_t seconds, char text[SBOM_TIME_SIZE]);

/*
 * A UUID that follows from what a bill tells, but for its time, and from the format.
 *
 * Source: RFC 9562, "UUID Version 8"
 */
char *sbom_uuid(const struct sbom *sbom, const char *format, char text[SBOM_UUID_SIZE]);

/* A text with all but letters, digits and "-._~" as %XX, but for the bytes in `keep`. */
char *sbom_escape(struct arena *arena, const char *text, const char *keep);

#endif
