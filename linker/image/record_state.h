/* SPDX-License-Identifier: MIT */
/*
 * record_state: what recording the facts of one image knows; private to record.c and record_native.c.
 */
#ifndef LINKER_IMAGE_RECORD_STATE_H
#define LINKER_IMAGE_RECORD_STATE_H

#include "base/vec.h"
#include "linker/image/record.h"

#define NOTHING UINT32_MAX

struct place { /* a section of an object */
	bool is_there; /* in the image */
	uint64_t address;
	uint32_t first; /* entity in it, then by `next`; NOTHING */
};

struct object {
	const struct record_object *given;
	struct elf_file file;
	struct facts facts; /* none, when there is nothing in its bytes */
	struct place *places; /* by section */
	uint32_t *symbols; /* entity of each symbol; NOTHING */
	uint32_t *origins, *types, *bodies; /* of its facts, as the image's; NOTHING: not yet */
};

struct row { /* an entity and what else is known of it */
	uint64_t value; /* offset in its section */
	uint32_t canonical; /* (I2): itself, or what it is an alias of */
	uint32_t next; /* in its section */
	uint32_t rank; /* of the names of one place, the lowest is the canonical one */
};

struct record {
	struct arena *arena;
	const struct record_request *request;
	struct object *objects;
	struct map globals; /* in the image, to its struct elf_symbol */
	struct map resolved; /* global names, to entity + 1 of the definition that counts */
	struct map resolved_weak; /* the same, when it is weak */
	struct map bindings; /* symbols, to index + 1 */
	struct map origins, types, bodies; /* to index + 1 */
	VEC(struct facts_origin) origin_list;
	VEC(const char *) type_list;
	VEC(struct facts_body) body_list;
	VEC(struct facts_entity) entities;
	VEC(struct row) rows;
	VEC(struct facts_copy) copies;
	VEC(struct facts_edge) edges;
	VEC(struct facts_indirect) indirects;
};

/* The entity that an offset of a section belongs to; NOTHING. */
uint32_t
record_find_at(const struct record *record, const struct place *place, uint64_t offset);

/* Say of native code whether it may call through pointers. */
void record_say_native(
	struct record *record, const struct object *object, size_t section, uint32_t index);

/* Connect what native code reaches without a relocation. */
void record_connect_native(struct record *record, const struct object *object);

#endif
