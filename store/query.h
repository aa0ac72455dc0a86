/* SPDX-License-Identifier: MIT */
/*
 * query: questions to ROOT/db/weld.db, over all generations.
 *
 * What stands in one generation is read with generation_read(). Everything that is given back
 * belongs to the arena. All fail with ERR_FORMAT when the database is damaged, and ERR_IO.
 */
#ifndef STORE_QUERY_H
#define STORE_QUERY_H

#include "base/hash.h"
#include "kernel-iface/image_note.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct db;
struct store;

struct query_generation {
	uint64_t number;
	uint64_t parent; /* 0: none */
	uint64_t time; /* seconds since 1970 */
	const char *command;
	uint64_t package_count;
	bool is_current;
};

/* All generations, oldest first. */
int query_generations(struct arena *arena, const struct store *store,
	struct query_generation **ret_generations, size_t *ret_count);

struct query_tier { /* images of one generation that are of one tier */
	uint64_t generation;
	const char *tier; /* "": not known, as an older version did not say */
	uint64_t images;
	uint64_t published; /* of these, with code from a builder */
};

/* How many images of each tier there are, by generation. */
int query_tiers(struct arena *arena, const struct store *store, struct query_tier **ret_tiers,
	size_t *ret_count);

struct query_owner {
	const char *package; /* name */
	const char *label; /* "jq-1.6-1" */
	const char *path;
	bool is_program; /* linked here, not shipped as a file */
};

/*
 * The packages of a generation that a path belongs to: one for a file, several for a directory.
 *
 * The path is relative to the generation: "bin/jq".
 */
int query_owners(struct arena *arena, const struct store *store, uint64_t generation,
	const char *path, struct query_owner **ret_owners, size_t *ret_count);

/* What holds a path that was asked for. */
typedef int query_holder(void *data, const char *asked, const char *package, const char *path);

/*
 * Tell which packages of a generation have these paths in their lists, be it as directories; with `is_below`, what
 * they have below them.
 *
 * Errors: those of the visitor, which ends it
 */
int query_holders(const struct store *store, uint64_t generation, const char *const *paths,
	size_t count, bool is_below, query_holder *visit, void *data);

/* All paths of a package in a generation, sorted; ERR_NOT_FOUND without the package. */
int query_files(struct arena *arena, const struct store *store, uint64_t generation,
	const char *package, struct query_owner **ret_files, size_t *ret_count);

struct query_slot { /* a reserved range with the image in it: of a slot or a plug-in */
	const char *name; /* the library: "z"; or the plug-in's as in a generation */
	const char *package; /* "zlib-1.2.13-1" */
	struct digest key;
	struct digest image; /* digest of the slot image */
	struct digest layout_id;
	uint64_t base; /* address */
	uint64_t size; /* bytes reserved */
	struct image_tls tls; /* the range of its thread-local variables */
	const char *path; /* absolute, in the store */
	bool is_current; /* of the current generation */
	bool is_damaged; /* its directory is to be made anew */
};

/* The slots and plug-ins of all generations, each image once, by address; their ranges are taken. */
int query_slots(struct arena *arena, const struct store *store, struct query_slot **ret_slots,
	size_t *ret_count);

struct query_image { /* an image that need not be made again */
	struct digest key;
	struct digest digest; /* of the file */
	const char *name;
	const char *path; /* absolute, in the store */
	struct digest layout_id; /* of a program that loads plug-ins; zero of others */
};

/* The images of all generations, each key once, whose file is there. */
int query_images(struct arena *arena, const struct store *store,
	struct query_image **ret_images, size_t *ret_count);

/*
 * Open another connection to the database, with the views `packages`, `images` and `slots` over all
 * generations.
 *
 * Owner:  the caller closes it with db_close()
 * Source: weld-sql(1)
 */
int query_connect(const struct store *store, struct db **ret_db);

enum query_result {
	QUERY_PENDING, /* being done, or interrupted and not yet noticed */
	QUERY_DONE,
	QUERY_NOT_DONE, /* interrupted or failed: nothing changed */
};

struct query_event {
	uint64_t id; /* from 1 */
	uint64_t time; /* seconds since 1970 */
	const char *command;
	uint64_t before; /* the current generation before; 0: none */
	uint64_t after; /* the generation that it makes current */
	enum query_result result;
};

/* What was done, oldest first. */
int query_history(struct arena *arena, const struct store *store,
	struct query_event **ret_events, size_t *ret_count);

#endif
