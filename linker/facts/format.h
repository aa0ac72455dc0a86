/* SPDX-License-Identifier: MIT */
/*
 * format: the records of a facts file, as weld-facts(5) has them.
 *
 * The header, then the tables in the order of enum facts_table without
 * padding, then the texts. All numbers are little endian, as every CPU that weld knows.
 */
#ifndef LINKER_FACTS_FORMAT_H
#define LINKER_FACTS_FORMAT_H

#include "linker/facts.h"

#include <stddef.h>
#include <stdint.h>

#define FACTS_MAGIC "weldfact"
#define FACTS_VERSION 1
#define FACTS_COUNT_MAX (UINT32_C(1) << 28)

enum facts_table {
	FACTS_TABLE_ENTITIES,
	FACTS_TABLE_ORIGINS,
	FACTS_TABLE_TYPES,
	FACTS_TABLE_SLOTS,
	FACTS_TABLE_BINDINGS,
	FACTS_TABLE_BODIES,
	FACTS_TABLE_COPIES,
	FACTS_TABLE_EDGES,
	FACTS_TABLE_INDIRECTS,
	FACTS_TABLE_INDEXES, /* four of them, in the order of enum facts_index */
	FACTS_TABLE_TEXTS = FACTS_TABLE_INDEXES + 4,
	FACTS_TABLE_COUNT,
};

#define FACTS_COPY_FOLDED (UINT32_C(1) << 31) /* of a copy: the rest is the body */
#define FACTS_EDGE_KIND_SHIFT 29 /* of an edge: kind, then binding, then the index */
#define FACTS_EDGE_BINDING (UINT32_C(1) << 28)
#define FACTS_EDGE_INDEX (FACTS_EDGE_BINDING - 1)

struct facts_header {
	char magic[8];
	uint32_t version;
	uint32_t kind;
	uint32_t name; /* offset of a text, as all names below */
	uint32_t package;
	uint8_t digest[DIGEST_SIZE];
	uint32_t counts[FACTS_TABLE_COUNT]; /* records; of the texts, bytes */
};

struct facts_entity_record {
	uint64_t address;
	uint64_t size;
	uint32_t name;
	uint32_t source_name;
	uint32_t origin;
	uint32_t type;
	uint32_t flags;
	uint32_t
		first_edge; /* the next entity's is the end, the count that of the last one's */
	uint32_t first_copy;
	uint32_t first_indirect;
};

struct facts_origin_record {
	uint32_t package;
	uint32_t unit;
	uint32_t source;
	uint32_t is_program;
};

struct facts_slot_record {
	uint32_t name;
	uint8_t layout_id[DIGEST_SIZE];
};

struct facts_binding_record {
	uint32_t symbol;
	uint32_t slot;
	uint32_t is_function;
};

struct facts_body_record {
	uint32_t name;
	uint32_t origin;
	uint8_t digest[FACTS_BODY_DIGEST];
};

/* The size of a table's records, in bytes. */
extern const size_t facts_record_sizes[FACTS_TABLE_COUNT];

#endif
