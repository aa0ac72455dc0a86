/* SPDX-License-Identifier: MIT */
/*
 * Reading facts where they are mapped.
 *
 * facts_open() looks at every record once: sizes, indexes, text offsets, and
 * that what belongs to one entity follows on what belongs to the one before it. After
 * that, decoding cannot leave the file (I1). The orders of the indexes are not
 * checked: a wrong one makes a search miss, and nothing else.
 */
#include "linker/facts.h"

#include "base/err.h"
#include "linker/facts/format.h"

#include <assert.h>
#include <string.h>

_Static_assert(
	FACTS_TABLE_COUNT <= sizeof((struct facts *)0)->tables / sizeof(size_t), "tables");

const size_t facts_record_sizes[FACTS_TABLE_COUNT] = {
	[FACTS_TABLE_ENTITIES] = sizeof(struct facts_entity_record),
	[FACTS_TABLE_ORIGINS] = sizeof(struct facts_origin_record),
	[FACTS_TABLE_TYPES] = sizeof(uint32_t),
	[FACTS_TABLE_SLOTS] = sizeof(struct facts_slot_record),
	[FACTS_TABLE_BINDINGS] = sizeof(struct facts_binding_record),
	[FACTS_TABLE_BODIES] = sizeof(struct facts_body_record),
	[FACTS_TABLE_COPIES] = sizeof(uint32_t),
	[FACTS_TABLE_EDGES] = sizeof(uint32_t),
	[FACTS_TABLE_INDIRECTS] = sizeof(uint32_t),
	[FACTS_TABLE_INDEXES + FACTS_BY_NAME] = sizeof(uint32_t),
	[FACTS_TABLE_INDEXES + FACTS_BY_SOURCE_NAME] = sizeof(uint32_t),
	[FACTS_TABLE_INDEXES + FACTS_BODIES] = sizeof(uint32_t),
	[FACTS_TABLE_INDEXES + FACTS_BINDINGS] = sizeof(uint32_t),
	[FACTS_TABLE_TEXTS] = 1,
};

static const void *
record_at(const struct facts *facts, enum facts_table table, uint32_t index)
{
	return facts->bytes.at + facts->tables[table] + index * facts_record_sizes[table];
}

static uint32_t
number_at(const struct facts *facts, enum facts_table table, uint32_t index)
{
	uint32_t number;

	memcpy(&number, record_at(facts, table, index), sizeof number);
	return number;
}

static const char *
text_at(const struct facts *facts, uint32_t offset)
{
	return facts->bytes.at + facts->tables[FACTS_TABLE_TEXTS] + offset;
}

static struct facts_entity_record
entity_at(const struct facts *facts, uint32_t index)
{
	struct facts_entity_record record;

	assert(index < facts->entity_count);
	memcpy(&record, record_at(facts, FACTS_TABLE_ENTITIES, index), sizeof record);
	return record;
}

static int
damaged(const char *what)
{
	return err_set(ERR_FORMAT, "facts: damaged: %s", what);
}

static int
place_tables(const struct facts_header *header, struct facts *facts)
{
	uint64_t at = sizeof *header;

	for (size_t i = 0; i < FACTS_TABLE_COUNT; i++) {
		if (i < FACTS_TABLE_TEXTS && header->counts[i] > FACTS_COUNT_MAX)
			return damaged("a table is too long");
		facts->tables[i] = at;
		at += header->counts[i] * (uint64_t)facts_record_sizes[i];
	}
	if (at != facts->bytes.len)
		return damaged("its length is not that of its tables");
	facts->entity_count = header->counts[FACTS_TABLE_ENTITIES];
	facts->origin_count = header->counts[FACTS_TABLE_ORIGINS];
	facts->type_count = header->counts[FACTS_TABLE_TYPES];
	facts->slot_count = header->counts[FACTS_TABLE_SLOTS];
	facts->binding_count = header->counts[FACTS_TABLE_BINDINGS];
	facts->body_count = header->counts[FACTS_TABLE_BODIES];
	facts->copy_count = header->counts[FACTS_TABLE_COPIES];
	facts->edge_count = header->counts[FACTS_TABLE_EDGES];
	facts->indirect_count = header->counts[FACTS_TABLE_INDIRECTS];
	return 0;
}

static int
check_header(const struct facts_header *header, const struct facts *facts)
{
	const uint32_t *counts = header->counts;
	uint32_t length = counts[FACTS_TABLE_TEXTS];

	if (length == 0 || *text_at(facts, 0) != '\0' || *text_at(facts, length - 1) != '\0')
		return damaged("its texts have no end");
	if (header->kind > FACTS_PLUGIN || header->name >= length || header->package >= length)
		return damaged("its header");
	if (counts[FACTS_TABLE_INDEXES + FACTS_BY_NAME] != facts->entity_count ||
		counts[FACTS_TABLE_INDEXES + FACTS_BY_SOURCE_NAME] != facts->entity_count ||
		counts[FACTS_TABLE_INDEXES + FACTS_BODIES] != facts->body_count ||
		counts[FACTS_TABLE_INDEXES + FACTS_BINDINGS] != facts->binding_count)
		return damaged("an index is not complete");
	return 0;
}

static bool
is_type(const struct facts *facts, uint32_t type)
{
	return type < facts->type_count || type == FACTS_NONE;
}

static int
check_entities(const struct facts *facts, uint32_t text_length)
{
	struct facts_entity_record last = { 0 };

	for (uint32_t i = 0; i < facts->entity_count; i++) {
		struct facts_entity_record record = entity_at(facts, i);

		if (record.name >= text_length || record.source_name >= text_length ||
			record.origin >= facts->origin_count || !is_type(facts, record.type) ||
			record.first_edge < last.first_edge ||
			record.first_copy < last.first_copy ||
			record.first_indirect < last.first_indirect)
			return damaged("an entity");
		last = record;
	}
	if (last.first_edge > facts->edge_count || last.first_copy > facts->copy_count ||
		last.first_indirect > facts->indirect_count)
		return damaged("an entity");
	/* What belongs to no entity would be seen by nobody. */
	if (facts->entity_count == 0 &&
		facts->edge_count + facts->copy_count + facts->indirect_count > 0)
		return damaged("it has edges without entities");
	if (facts->entity_count > 0) {
		struct facts_entity_record first = entity_at(facts, 0);

		if (first.first_edge + first.first_copy + first.first_indirect != 0)
			return damaged("an entity");
	}
	return 0;
}

/* That each record of a table is a number below a limit, once its flags are off. */
static int
check_numbers(const struct facts *facts, enum facts_table table, uint32_t count, uint32_t mask,
	uint32_t limit)
{
	for (uint32_t i = 0; i < count; i++)
		if ((number_at(facts, table, i) & mask) >= limit)
			return damaged("an index is too large");
	return 0;
}

static int
check_edges(const struct facts *facts)
{
	for (uint32_t i = 0; i < facts->edge_count; i++) {
		uint32_t edge = number_at(facts, FACTS_TABLE_EDGES, i);
		uint32_t limit = (edge & FACTS_EDGE_BINDING) != 0 ? facts->binding_count
								  : facts->entity_count;

		if ((edge & FACTS_EDGE_INDEX) >= limit ||
			edge >> FACTS_EDGE_KIND_SHIFT > FACTS_ALIAS)
			return damaged("an edge");
	}
	for (uint32_t i = 0; i < facts->indirect_count; i++)
		if (!is_type(facts, number_at(facts, FACTS_TABLE_INDIRECTS, i)))
			return damaged("an indirect call");
	return 0;
}

static int
check_rest(const struct facts *facts, uint32_t text_length)
{
	for (uint32_t i = 0; i < facts->origin_count; i++) {
		struct facts_origin_record record;

		memcpy(&record, record_at(facts, FACTS_TABLE_ORIGINS, i), sizeof record);
		if (record.package >= text_length || record.unit >= text_length ||
			record.source >= text_length || record.is_program > 1)
			return damaged("an origin");
	}
	for (uint32_t i = 0; i < facts->slot_count; i++) {
		struct facts_slot_record record;

		memcpy(&record, record_at(facts, FACTS_TABLE_SLOTS, i), sizeof record);
		if (record.name >= text_length)
			return damaged("a slot");
	}
	for (uint32_t i = 0; i < facts->binding_count; i++) {
		struct facts_binding_record record;

		memcpy(&record, record_at(facts, FACTS_TABLE_BINDINGS, i), sizeof record);
		if (record.symbol >= text_length || record.slot >= facts->slot_count ||
			record.is_function > 1)
			return damaged("a binding");
	}
	for (uint32_t i = 0; i < facts->body_count; i++) {
		struct facts_body_record record;

		memcpy(&record, record_at(facts, FACTS_TABLE_BODIES, i), sizeof record);
		if (record.name >= text_length || record.origin >= facts->origin_count)
			return damaged("a body");
	}
	return 0;
}

bool
facts_is(struct str bytes)
{
	return bytes.len >= sizeof FACTS_MAGIC - 1 &&
	       memcmp(bytes.at, FACTS_MAGIC, sizeof FACTS_MAGIC - 1) == 0;
}

int
facts_open(struct str bytes, struct facts *ret_facts)
{
	struct facts facts = { .bytes = bytes };
	struct facts_header header;
	uint32_t texts;

	if (bytes.len < sizeof header)
		return damaged("it is too short");
	memcpy(&header, bytes.at, sizeof header);
	if (memcmp(header.magic, FACTS_MAGIC, sizeof header.magic) != 0)
		return err_set(ERR_FORMAT, "facts: not a facts file");
	if (header.version != FACTS_VERSION)
		return err_set(ERR_FORMAT, "facts: version %u, this weld knows version %d",
			header.version, FACTS_VERSION);
	TRY(place_tables(&header, &facts));
	TRY(check_header(&header, &facts));
	texts = header.counts[FACTS_TABLE_TEXTS];
	TRY(check_entities(&facts, texts));
	TRY(check_rest(&facts, texts));
	TRY(check_numbers(&facts, FACTS_TABLE_TYPES, facts.type_count, UINT32_MAX, texts));
	TRY(check_numbers(&facts, FACTS_TABLE_COPIES, facts.copy_count, ~FACTS_COPY_FOLDED,
		facts.body_count));
	for (size_t i = 0; i < 4; i++) {
		uint32_t count = header.counts[FACTS_TABLE_INDEXES + i];

		TRY(check_numbers(&facts, FACTS_TABLE_INDEXES + i, count, UINT32_MAX, count));
	}
	TRY(check_edges(&facts));
	/* (I1) From here on every index and every text of the file is in it. */
	*ret_facts = facts;
	return 0;
}

struct facts_image
facts_image(const struct facts *facts)
{
	struct facts_header header;
	struct facts_image image;

	memcpy(&header, facts->bytes.at, sizeof header);
	image.kind = header.kind;
	image.name = text_at(facts, header.name);
	image.package = text_at(facts, header.package);
	memcpy(image.digest.bytes, header.digest, sizeof image.digest.bytes);
	return image;
}

struct facts_origin
facts_origin(const struct facts *facts, uint32_t index)
{
	struct facts_origin_record record;

	assert(index < facts->origin_count);
	memcpy(&record, record_at(facts, FACTS_TABLE_ORIGINS, index), sizeof record);
	return (struct facts_origin){ .package = text_at(facts, record.package),
		.unit = text_at(facts, record.unit),
		.source = text_at(facts, record.source),
		.is_program = record.is_program != 0 };
}

const char *
facts_type(const struct facts *facts, uint32_t index)
{
	assert(index < facts->type_count);
	return text_at(facts, number_at(facts, FACTS_TABLE_TYPES, index));
}

struct facts_slot
facts_slot(const struct facts *facts, uint32_t index)
{
	struct facts_slot_record record;
	struct facts_slot slot;

	assert(index < facts->slot_count);
	memcpy(&record, record_at(facts, FACTS_TABLE_SLOTS, index), sizeof record);
	slot.name = text_at(facts, record.name);
	memcpy(slot.layout_id.bytes, record.layout_id, sizeof slot.layout_id.bytes);
	return slot;
}

struct facts_binding
facts_binding(const struct facts *facts, uint32_t index)
{
	struct facts_binding_record record;

	assert(index < facts->binding_count);
	memcpy(&record, record_at(facts, FACTS_TABLE_BINDINGS, index), sizeof record);
	return (struct facts_binding){ .symbol = text_at(facts, record.symbol),
		.slot = record.slot,
		.is_function = record.is_function != 0 };
}

struct facts_entity
facts_entity(const struct facts *facts, uint32_t index)
{
	struct facts_entity_record record = entity_at(facts, index);

	return (struct facts_entity){ .name = text_at(facts, record.name),
		.source_name = text_at(facts, record.source_name),
		.origin = record.origin,
		.type = record.type,
		.flags = record.flags,
		.address = record.address,
		.size = record.size };
}

struct facts_body
facts_body(const struct facts *facts, uint32_t index)
{
	struct facts_body_record record;
	struct facts_body body;

	assert(index < facts->body_count);
	memcpy(&record, record_at(facts, FACTS_TABLE_BODIES, index), sizeof record);
	body.name = text_at(facts, record.name);
	body.origin = record.origin;
	memcpy(body.digest, record.digest, sizeof body.digest);
	return body;
}

/* What an entity's record says begins at `member`, up to where the next one's begins. */
static struct facts_range
parts_of(const struct facts *facts, uint32_t entity, size_t member, uint32_t count)
{
	const char *at = (const char *)record_at(facts, FACTS_TABLE_ENTITIES, entity) + member;
	struct facts_range range = { .end = count };

	assert(entity < facts->entity_count);
	memcpy(&range.first, at, sizeof range.first);
	if (entity + 1 < facts->entity_count)
		memcpy(&range.end, at + sizeof(struct facts_entity_record), sizeof range.end);
	return range;
}

struct facts_range
facts_edges_of(const struct facts *facts, uint32_t entity)
{
	return parts_of(facts, entity, offsetof(struct facts_entity_record, first_edge),
		facts->edge_count);
}

struct facts_range
facts_copies_of(const struct facts *facts, uint32_t entity)
{
	return parts_of(facts, entity, offsetof(struct facts_entity_record, first_copy),
		facts->copy_count);
}

struct facts_range
facts_indirects_of(const struct facts *facts, uint32_t entity)
{
	return parts_of(facts, entity, offsetof(struct facts_entity_record, first_indirect),
		facts->indirect_count);
}

struct facts_edge
facts_edge_of(const struct facts *facts, uint32_t entity, uint32_t index)
{
	uint32_t edge;

	assert(index < facts->edge_count);
	edge = number_at(facts, FACTS_TABLE_EDGES, index);
	return (struct facts_edge){ .from = entity,
		.to = edge & FACTS_EDGE_INDEX,
		.kind = edge >> FACTS_EDGE_KIND_SHIFT,
		.is_binding = (edge & FACTS_EDGE_BINDING) != 0 };
}

struct facts_copy
facts_copy_of(const struct facts *facts, uint32_t entity, uint32_t index)
{
	uint32_t copy;

	assert(index < facts->copy_count);
	copy = number_at(facts, FACTS_TABLE_COPIES, index);
	return (struct facts_copy){ .host = entity,
		.body = copy & ~FACTS_COPY_FOLDED,
		.is_folded = (copy & FACTS_COPY_FOLDED) != 0 };
}

struct facts_indirect
facts_indirect_of(const struct facts *facts, uint32_t entity, uint32_t index)
{
	assert(index < facts->indirect_count);
	return (struct facts_indirect){ .from = entity,
		.type = number_at(facts, FACTS_TABLE_INDIRECTS, index) };
}

/* The entity that a record belongs to: the last whose range begins at it or before it. */
static uint32_t
find_owner(const struct facts *facts, uint32_t index,
	struct facts_range (*range_of)(const struct facts *facts, uint32_t entity))
{
	uint32_t low = 0, high = facts->entity_count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (range_of(facts, middle).first <= index)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct facts_edge
facts_edge(const struct facts *facts, uint32_t index)
{
	return facts_edge_of(facts, find_owner(facts, index, facts_edges_of), index);
}

struct facts_copy
facts_copy(const struct facts *facts, uint32_t index)
{
	return facts_copy_of(facts, find_owner(facts, index, facts_copies_of), index);
}

struct facts_indirect
facts_indirect(const struct facts *facts, uint32_t index)
{
	return facts_indirect_of(facts, find_owner(facts, index, facts_indirects_of), index);
}

static const char *
indexed_name(const struct facts *facts, enum facts_index index, uint32_t place)
{
	uint32_t at = facts_at(facts, index, place);

	switch (index) {
	case FACTS_BY_NAME:
		return text_at(facts, entity_at(facts, at).name);
	case FACTS_BY_SOURCE_NAME:
		return text_at(facts, entity_at(facts, at).source_name);
	case FACTS_BODIES:
		return facts_body(facts, at).name;
	case FACTS_BINDINGS:
		return facts_binding(facts, at).symbol;
	}
	return "";
}

static uint32_t
index_length(const struct facts *facts, enum facts_index index)
{
	switch (index) {
	case FACTS_BODIES:
		return facts->body_count;
	case FACTS_BINDINGS:
		return facts->binding_count;
	default:
		return facts->entity_count;
	}
}

/* The first place whose name is not before `name`, or, with `behind`, comes after it. */
static uint32_t
search(const struct facts *facts, enum facts_index index, const char *name, bool behind)
{
	uint32_t low = 0, high = index_length(facts, index);

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(indexed_name(facts, index, middle), name);

		if (order < 0 || (behind && order == 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct facts_range
facts_find(const struct facts *facts, enum facts_index index, const char *name)
{
	struct facts_range range = { search(facts, index, name, false), 0 };

	range.end = search(facts, index, name, true);
	/* A damaged order may make the two contradict each other. */
	if (range.end < range.first)
		range.end = range.first;
	return range;
}

uint32_t
facts_at(const struct facts *facts, enum facts_index index, uint32_t place)
{
	assert(place < index_length(facts, index));
	return number_at(facts, FACTS_TABLE_INDEXES + index, place);
}
