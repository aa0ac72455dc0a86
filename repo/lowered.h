/* SPDX-License-Identifier: MIT */
/*
 * lowered: lowered objects that a builder published, by level.
 *
 * A catalogue says, for one level, which objects there are: key, digests and the bundle that
 * they are in. A bundle has the objects of one package. Keys, targets and objects are the
 * linker's: here they are names and bytes.
 */
#ifndef REPO_LOWERED_H
#define REPO_LOWERED_H

#include "base/hash.h"
#include "base/str.h"
#include "repo/manifest.h"

#include <stddef.h>
#include <stdint.h>

struct arena;

#define LOWERED_FORMAT 1
#define LOWERED_CATALOGUE_MAX (UINT64_C(64) << 20) /* bytes, as JSON */
#define LOWERED_OBJECT_MAX (UINT64_C(1) << 30) /* bytes, of one object or its facts */
#define LOWERED_BUNDLE_MAX (UINT64_C(2) << 30) /* bytes, of all that one bundle holds */
#define LOWERED_BUNDLE_SUFFIX ".objects"

struct lowered_object { /* one lowered object with its facts */
	struct digest key; /* digest of all that decides it */
	struct digest object;
	uint64_t object_size; /* bytes */
	struct digest facts;
	uint64_t facts_size; /* bytes */
};

struct lowered_bundle { /* those of one package */
	const char *package; /* "lua-5.4.4-1" */
	struct digest package_sha256; /* of the package's file */
	struct digest sha256; /* of the bundle's file */
	uint64_t size; /* bytes, of the bundle's file */
	struct lowered_object *objects; /* sorted by key */
	size_t object_count;
};

struct lowered_catalogue {
	const char *builder; /* its name in the repository */
	const char *level; /* "x86-64-v3" */
	const char *arch; /* "x86_64" */
	const char *cpu; /* LLVM's name */
	const char *features; /* LLVM's list */
	const char *producer; /* what lowered: LLVM and the revision of lowering */
	const char *tier; /* "full" */
	struct manifest_list slots; /* libraries that were taken as shared, sorted */
	struct lowered_bundle *bundles; /* sorted by package, then its digest */
	size_t bundle_count;
};

/*
 * Read a catalogue.
 *
 * Owner:  the arena; nothing is borrowed from the text
 * Errors: ERR_FORMAT (names package and member), ERR_LIMIT
 */
int lowered_read(struct arena *arena, struct str text, struct lowered_catalogue *ret_catalogue);

/* Write a catalogue in canonical form, sorted. Owner: the caller frees ret_text */
void lowered_write(const struct lowered_catalogue *catalogue, struct strbuf *ret_text);

/* The name of a bundle's target: "objects-BUILDER-LEVEL-PACKAGE.objects". Owner: the arena */
char *lowered_bundle_name(struct arena *arena, const struct lowered_catalogue *catalogue,
	const struct lowered_bundle *bundle);

/* The name of a catalogue's target: "objects-BUILDER-LEVEL.json". Owner: the arena */
char *lowered_catalogue_name(struct arena *arena, const char *builder, const char *level);

struct lowered_contents { /* the bytes of one object */
	struct str object;
	struct str facts;
};

/*
 * Write a bundle, and its size and digest into *bundle; contents[i] are those of objects[i].
 *
 * The same objects give the same bytes. The file is not synced.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int lowered_bundle_write(
	int fd, const struct lowered_contents *contents, struct lowered_bundle *bundle);

/*
 * Verify a bundle's file whole and read it: contents[i] become those of objects[i].
 *
 * Nothing is believed that the catalogue does not say: the file's size and digest, then the
 * digest of every object.
 *
 * Owner:  the arena
 * Errors: ERR_DIGEST, ERR_FORMAT, ERR_LIMIT, ERR_IO
 */
int lowered_bundle_read(struct arena *arena, int fd, const struct lowered_bundle *bundle,
	struct lowered_contents *contents);

#endif
