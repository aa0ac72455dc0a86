/* SPDX-License-Identifier: MIT */
/*
 * index: what a repository offers, in one file that a client resolves from.
 *
 * One entry a package version, with all that resolving, search, info, files
 * and provides need; the package file itself is fetched only to be installed.
 */
#ifndef REPO_INDEX_H
#define REPO_INDEX_H

#include "base/hash.h"
#include "base/str.h"
#include "repo/manifest.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define INDEX_FORMAT 1
#define INDEX_SIZE_MAX (UINT64_C(256) << 20) /* bytes, as JSON */

struct index_library {
	const char *name; /* "z" */
	struct manifest_list imports; /* library names */
	struct manifest_list exports; /* symbol names, sorted */
	struct manifest_list undefined; /* symbols that its imports must define */
	enum manifest_sharing sharing; /* with the next: can it have a slot? */
	bool has_tls; /* thread-local variables */
};

struct index_program {
	const char *path; /* "bin/jq" */
	struct manifest_list imports; /* library names */
	struct manifest_list undefined; /* symbols that its imports must define */
};

struct index_package {
	const char *name;
	const char *version;
	uint64_t release;
	const char *summary;
	const char *licence;
	const char *homepage;
	enum manifest_kind kind;
	struct manifest_list requires; /* relations as text: relation_parse() */
	struct manifest_list provides;
	struct manifest_list conflicts;
	struct manifest_list replaces;
	struct manifest_list architectures; /* that it can be used on; empty: all */
	/* Its contents, which few questions need: libraries, programs, files and what it declares. */
	uint64_t
		contents_row; /* where the trust database has them: trust_contents(); 0: here */
	struct index_library *libraries;
	size_t library_count;
	struct index_program *programs;
	size_t program_count;
	struct manifest_list
		files; /* paths, programs, links and what triggers make included, directories not */
	struct declared declared; /* as in the manifest */
	uint64_t installed_size; /* bytes, of all objects */
	uint64_t download_size; /* bytes, of the package file */
	struct digest sha256; /* of the package file */
	const char *file; /* "zlib-1.2.13-1.weld", always from name, version and release */
};

struct index {
	struct index_package *packages; /* sorted by name, then version and release bytewise */
	size_t len;
};

/*
 * Read an index.
 *
 * Owner:  the arena; nothing is borrowed from the text
 * Errors: ERR_FORMAT (names package and member), ERR_LIMIT
 */
int index_read(struct arena *arena, struct str text, struct index *ret_index);

/*
 * Write an index in canonical form, sorted.
 *
 * Owner: the caller frees ret_text
 */
void index_write(const struct index *index, struct strbuf *ret_text);

/*
 * Write a package's contents alone: its libraries, programs, files and what it declares, as JSON.
 *
 * Owner: the caller frees ret_text
 */
void index_write_contents(const struct index_package *package, struct strbuf *ret_text);

/*
 * Read what index_write_contents() wrote into the package.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT
 */
int index_read_contents(struct arena *arena, struct str text, struct index_package *package);

/*
 * Make the entry of a package file from its manifest.
 *
 * Also for a local FILE.weld, so that it can be resolved like all others.
 *
 * Owner: the arena; strings are borrowed from the manifest
 */
void index_from_manifest(struct arena *arena, const struct manifest *manifest,
	const struct digest *sha256, uint64_t download_size, struct index_package *ret_package);

#endif
