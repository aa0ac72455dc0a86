/* SPDX-License-Identifier: MIT */
/*
 * facts: what an image contains, where it comes from and what it calls.
 *
 * A facts file is read where it is mapped: facts_open() checks every index in it
 * once, and the functions below only decode. They take indexes that they gave
 * out themselves, or that are below the counts; others are programming errors.
 *
 * An entity is a function or datum that the image has at an address. A body is
 * a function that was copied into others: a copy says into which. What
 * an entity calls or refers to is an entity of the same image or a binding, that is a symbol of a
 * slot. Facts of kind FACTS_OBJECT are of one lowered object, before linking.
 */
#ifndef LINKER_FACTS_H
#define LINKER_FACTS_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

#define FACTS_FILE "facts" /* beside the image in its store directory */
#define FACTS_NONE UINT32_MAX /* no type: a native function, or data */
#define FACTS_BODY_DIGEST 16 /* bytes */

enum facts_kind {
	FACTS_OBJECT, /* a lowered object: no addresses, origins name units by number */
	FACTS_PROGRAM,
	FACTS_SLOT,
	FACTS_PLUGIN, /* for one program: that is the last of its slots */
};

enum facts_flag {
	FACTS_FUNCTION = 1 << 0, /* else data */
	FACTS_EXPORTED = 1 << 1, /* of a slot: other images may bind to it */
	FACTS_ADDRESS_TAKEN =
		1 << 2, /* a function that something but a direct call refers to */
	FACTS_ENTRY = 1 << 3, /* the kernel or libc enters here: _start, main */
	FACTS_CONSTRUCTOR = 1 << 4,
	FACTS_DESTRUCTOR = 1 << 5,
	FACTS_NATIVE =
		1 << 6, /* of an object that was never IR: what it was made of is unknown */
	FACTS_ANONYMOUS = 1 << 7, /* data without a symbol: named after its section */
};

enum facts_edge_kind {
	FACTS_CALL, /* control goes there directly: a call, a tail call, a jump */
	FACTS_REFERENCE, /* the address is taken, or data is used */
	FACTS_ALIAS, /* another name of the same place */
};

struct facts_image {
	enum facts_kind kind;
	const char *name; /* "bin/jq", or the library's name */
	const char *package; /* "jq-1.6-1" */
	struct digest digest; /* of the image file */
};

struct facts_origin { /* where functions and data come from */
	const char *package; /* "zlib-1.2.13-1"; "weld" for what weld itself adds to images */
	const char *unit; /* the library's name or the program's path */
	const char *source; /* file name without directories; "" when it is not known */
	bool is_program; /* the unit, else a library */
};

struct facts_slot { /* a slot that the image is bound to */
	const char *name; /* the library's name */
	struct digest layout_id;
};

struct facts_binding {
	const char *symbol;
	uint32_t slot;
	bool is_function;
};

struct facts_entity {
	const char *name; /* in the image's symbol table */
	const char *source_name; /* in the source: of two functions `init` both have "init" */
	uint32_t origin;
	uint32_t type; /* of a function, its IR type; FACTS_NONE */
	uint32_t flags; /* enum facts_flag */
	uint64_t address; /* virtual; 0 in an object */
	uint64_t size; /* bytes */
};

struct facts_body { /* a function of which there are copies inside others */
	const char *name; /* in the source */
	uint32_t origin;
	uint8_t digest
		[FACTS_BODY_DIGEST]; /* of its IR as it was compiled, before it was copied */
};

struct facts_copy {
	uint32_t host; /* entity */
	uint32_t body;
	bool is_folded; /* a call that is gone without a copy: nothing, or only a result, is left */
};

struct facts_edge {
	uint32_t from; /* entity */
	uint32_t to; /* entity or binding */
	enum facts_edge_kind kind;
	bool is_binding; /* `to`, else an entity */
};

struct facts_indirect { /* a function calls through pointers to functions of a type */
	uint32_t from; /* entity */
	uint32_t type; /* FACTS_NONE: of any type */
};

/* What a file is made of. Edges, copies and indirect calls may stand in any order, and twice. */
struct facts_contents {
	struct facts_image image;
	const struct facts_origin *origins;
	size_t origin_count;
	const char *const *types; /* IR types as text: "i32 (ptr, i64)" */
	size_t type_count;
	const struct facts_slot *slots;
	size_t slot_count;
	const struct facts_binding *bindings;
	size_t binding_count;
	const struct facts_entity *entities;
	size_t entity_count;
	const struct facts_body *bodies;
	size_t body_count;
	const struct facts_copy *copies;
	size_t copy_count;
	const struct facts_edge *edges;
	size_t edge_count;
	const struct facts_indirect *indirects;
	size_t indirect_count;
};

/*
 * Write a facts file: the same contents in the same order give the same bytes.
 *
 * Indexes of origins, types, slots, bindings, entities and bodies stay as they are.
 *
 * Owner:  the caller frees ret_bytes with strbuf_free()
 * Errors: ERR_LIMIT (more than 2^28 of anything)
 */
int facts_write(const struct facts_contents *contents, struct strbuf *ret_bytes);

struct facts { /* an open file: read the counts, use the functions for all else */
	uint32_t origin_count;
	uint32_t type_count;
	uint32_t slot_count;
	uint32_t binding_count;
	uint32_t entity_count;
	uint32_t body_count;
	uint32_t copy_count;
	uint32_t edge_count;
	uint32_t indirect_count;
	struct str bytes; /* borrowed */
	size_t tables[16]; /* private: where each begins, in bytes */
};

/* Indexes from `first` up to, not including, `end`. */
struct facts_range {
	uint32_t first;
	uint32_t end;
};

/* Whether a file says that it is a facts file. */
bool facts_is(struct str bytes);

/*
 * Check a facts file and make it ready to be asked.
 *
 * Owner:  borrows `bytes`, as all texts that are given out: they must stay
 * Errors: ERR_FORMAT (not a facts file, or damaged)
 * Source: weld-facts(5)
 */
int facts_open(struct str bytes, struct facts *ret_facts);

struct facts_image facts_image(const struct facts *facts);
struct facts_origin facts_origin(const struct facts *facts, uint32_t index);
const char *facts_type(const struct facts *facts, uint32_t index);
struct facts_slot facts_slot(const struct facts *facts, uint32_t index);
struct facts_binding facts_binding(const struct facts *facts, uint32_t index);
struct facts_entity facts_entity(const struct facts *facts, uint32_t index);
struct facts_body facts_body(const struct facts *facts, uint32_t index);

/*
 * Make the facts of an image those of the image that it becomes when it is bound again: nothing
 * but its digest and the layouts of its slots is different.
 *
 * Owner:  `bytes` are changed in place
 * Errors: ERR_FORMAT (damaged, or of an image with other slots)
 */
int facts_rebind(struct str bytes, const struct digest *image, const struct facts_slot *slots,
	size_t slot_count);

/* What belongs to one entity: ranges for the three functions below. */
struct facts_range facts_edges_of(const struct facts *facts, uint32_t entity);
struct facts_range facts_copies_of(const struct facts *facts, uint32_t entity);
struct facts_range facts_indirects_of(const struct facts *facts, uint32_t entity);

/* As below, for who walks a range of an entity's and so knows whose they are. */
struct facts_edge facts_edge_of(const struct facts *facts, uint32_t entity, uint32_t index);
struct facts_copy facts_copy_of(const struct facts *facts, uint32_t entity, uint32_t index);
struct facts_indirect
facts_indirect_of(const struct facts *facts, uint32_t entity, uint32_t index);

/* `from` and `host` are found by searching. */
struct facts_edge facts_edge(const struct facts *facts, uint32_t index);
struct facts_copy facts_copy(const struct facts *facts, uint32_t index);
struct facts_indirect facts_indirect(const struct facts *facts, uint32_t index);

enum facts_index {
	FACTS_BY_NAME, /* entities by `name` */
	FACTS_BY_SOURCE_NAME, /* entities by `source_name` */
	FACTS_BODIES, /* bodies by `name` */
	FACTS_BINDINGS, /* bindings by `symbol` */
};

/* Find all of a name, by a binary search; the range is of places in the index. */
struct facts_range
facts_find(const struct facts *facts, enum facts_index index, const char *name);

/* The entity, body or binding at a place of an index: all of them, by name, are 0 to the count. */
uint32_t facts_at(const struct facts *facts, enum facts_index index, uint32_t place);

/* Write a file as text, sorted by name: for people and tests. Owner: the caller frees ret_text */
void facts_print(const struct facts *facts, struct strbuf *ret_text);

#endif
