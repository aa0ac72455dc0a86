/* SPDX-License-Identifier: MIT */
/*
 * Writing facts: texts are kept once, what belongs to entities is sorted by
 * entity and doubles go, the indexes are sorted by name. Nothing else is
 * reordered, so the indexes of the contents are those of the file.
 */
#include "linker/facts.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "linker/facts/format.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct writer {
	struct arena *arena;
	const struct facts_contents *contents;
	struct map offsets; /* of each text, as pointers into `texts` */
	struct strbuf texts;
	struct strbuf tables[FACTS_TABLE_TEXTS];
};

static uint32_t
add_text(struct writer *writer, const char *text)
{
	uint32_t *offset;

	if (text == NULL)
		text = "";
	offset = map_get(&writer->offsets, text);
	if (offset == NULL) {
		offset = ARENA_NEW(writer->arena, uint32_t);
		*offset = (uint32_t)writer->texts.len;
		strbuf_add(&writer->texts, text, strlen(text) + 1);
		map_set(writer->arena, &writer->offsets, text, offset);
	}
	return *offset;
}

static void
add_number(struct writer *writer, enum facts_table table, uint32_t number)
{
	strbuf_add(&writer->tables[table], &number, sizeof number);
}

struct owned { /* what belongs to an entity: its record */
	uint32_t owner;
	uint32_t number;
};

static int
compare_owned(const void *a, const void *b)
{
	const struct owned *left = a, *right = b;

	if (left->owner != right->owner)
		return left->owner < right->owner ? -1 : 1;
	return left->number < right->number ? -1 : left->number > right->number;
}

/* Write a table of owned records; returns the first of each entity. */
static uint32_t *
add_owned(struct writer *writer, enum facts_table table, struct owned *list, size_t count)
{
	uint32_t *first =
		arena_array(writer->arena, writer->contents->entity_count + 1, sizeof *first);
	uint32_t written = 0;
	size_t at = 0;

	if (count > 0)
		qsort(list, count, sizeof *list, compare_owned);
	for (size_t i = 0; i < writer->contents->entity_count; i++) {
		first[i] = written;
		for (; at < count && list[at].owner == i; at++) {
			if (at > 0 && compare_owned(&list[at], &list[at - 1]) == 0)
				continue;
			add_number(writer, table, list[at].number);
			written++;
		}
	}
	assert(at == count);
	return first;
}

static uint32_t *
add_edges(struct writer *writer)
{
	const struct facts_contents *contents = writer->contents;
	struct owned *list = arena_array(writer->arena, contents->edge_count, sizeof *list);

	for (size_t i = 0; i < contents->edge_count; i++) {
		const struct facts_edge *edge = &contents->edges[i];
		uint32_t binding = edge->is_binding ? FACTS_EDGE_BINDING : 0;

		list[i].owner = edge->from;
		list[i].number =
			(uint32_t)edge->kind << FACTS_EDGE_KIND_SHIFT | binding | edge->to;
	}
	return add_owned(writer, FACTS_TABLE_EDGES, list, contents->edge_count);
}

static uint32_t *
add_copies(struct writer *writer)
{
	const struct facts_contents *contents = writer->contents;
	struct owned *list = arena_array(writer->arena, contents->copy_count, sizeof *list);

	for (size_t i = 0; i < contents->copy_count; i++) {
		const struct facts_copy *copy = &contents->copies[i];

		list[i].owner = copy->host;
		list[i].number = copy->body | (copy->is_folded ? FACTS_COPY_FOLDED : 0);
	}
	return add_owned(writer, FACTS_TABLE_COPIES, list, contents->copy_count);
}

static uint32_t *
add_indirects(struct writer *writer)
{
	const struct facts_contents *contents = writer->contents;
	struct owned *list = arena_array(writer->arena, contents->indirect_count, sizeof *list);

	for (size_t i = 0; i < contents->indirect_count; i++)
		list[i] = (struct owned){ contents->indirects[i].from,
			contents->indirects[i].type };
	return add_owned(writer, FACTS_TABLE_INDIRECTS, list, contents->indirect_count);
}

static void
add_entities(struct writer *writer)
{
	uint32_t *edges = add_edges(writer);
	uint32_t *copies = add_copies(writer);
	uint32_t *indirects = add_indirects(writer);

	for (size_t i = 0; i < writer->contents->entity_count; i++) {
		const struct facts_entity *entity = &writer->contents->entities[i];
		struct facts_entity_record record = { .address = entity->address,
			.size = entity->size,
			.name = add_text(writer, entity->name),
			.source_name = add_text(writer, entity->source_name),
			.origin = entity->origin,
			.type = entity->type,
			.flags = entity->flags,
			.first_edge = edges[i],
			.first_copy = copies[i],
			.first_indirect = indirects[i] };

		strbuf_add(&writer->tables[FACTS_TABLE_ENTITIES], &record, sizeof record);
	}
}

static void
add_bindings(struct writer *writer)
{
	const struct facts_contents *contents = writer->contents;

	for (size_t i = 0; i < contents->slot_count; i++) {
		struct facts_slot_record record = { .name = add_text(
							    writer, contents->slots[i].name) };

		memcpy(record.layout_id, contents->slots[i].layout_id.bytes, DIGEST_SIZE);
		strbuf_add(&writer->tables[FACTS_TABLE_SLOTS], &record, sizeof record);
	}
	for (size_t i = 0; i < contents->binding_count; i++) {
		const struct facts_binding *binding = &contents->bindings[i];
		struct facts_binding_record record = { add_text(writer, binding->symbol),
			binding->slot, binding->is_function };

		strbuf_add(&writer->tables[FACTS_TABLE_BINDINGS], &record, sizeof record);
	}
}

static void
add_origins(struct writer *writer)
{
	const struct facts_contents *contents = writer->contents;

	for (size_t i = 0; i < contents->origin_count; i++) {
		const struct facts_origin *origin = &contents->origins[i];
		struct facts_origin_record record = { add_text(writer, origin->package),
			add_text(writer, origin->unit), add_text(writer, origin->source),
			origin->is_program };

		strbuf_add(&writer->tables[FACTS_TABLE_ORIGINS], &record, sizeof record);
	}
	for (size_t i = 0; i < contents->type_count; i++)
		add_number(writer, FACTS_TABLE_TYPES, add_text(writer, contents->types[i]));
	for (size_t i = 0; i < contents->body_count; i++) {
		const struct facts_body *body = &contents->bodies[i];
		struct facts_body_record record = { .name = add_text(writer, body->name),
			.origin = body->origin };

		memcpy(record.digest, body->digest, sizeof record.digest);
		strbuf_add(&writer->tables[FACTS_TABLE_BODIES], &record, sizeof record);
	}
}

struct named {
	const char *name;
	uint32_t at;
};

static int
compare_named(const void *a, const void *b)
{
	const struct named *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order != 0 ? order : left->at < right->at ? -1 : left->at > right->at;
}

static void
add_index(struct writer *writer, enum facts_index index, struct named *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		list[i].at = (uint32_t)i;
		if (list[i].name == NULL)
			list[i].name = "";
	}
	if (count > 0)
		qsort(list, count, sizeof *list, compare_named);
	for (size_t i = 0; i < count; i++)
		add_number(writer, FACTS_TABLE_INDEXES + index, list[i].at);
}

static void
add_indexes(struct writer *writer)
{
	const struct facts_contents *contents = writer->contents;
	size_t most = contents->entity_count + contents->body_count + contents->binding_count;
	struct named *list = arena_array(writer->arena, most, sizeof *list);

	for (size_t i = 0; i < contents->entity_count; i++)
		list[i].name = contents->entities[i].name;
	add_index(writer, FACTS_BY_NAME, list, contents->entity_count);
	for (size_t i = 0; i < contents->entity_count; i++)
		list[i].name = contents->entities[i].source_name;
	add_index(writer, FACTS_BY_SOURCE_NAME, list, contents->entity_count);
	for (size_t i = 0; i < contents->body_count; i++)
		list[i].name = contents->bodies[i].name;
	add_index(writer, FACTS_BODIES, list, contents->body_count);
	for (size_t i = 0; i < contents->binding_count; i++)
		list[i].name = contents->bindings[i].symbol;
	add_index(writer, FACTS_BINDINGS, list, contents->binding_count);
}

static void
add_header(struct writer *writer, struct strbuf *bytes)
{
	const struct facts_image *image = &writer->contents->image;
	struct facts_header header = { .version = FACTS_VERSION,
		.kind = image->kind,
		.name = add_text(writer, image->name),
		.package = add_text(writer, image->package) };

	memcpy(header.magic, FACTS_MAGIC, sizeof header.magic);
	memcpy(header.digest, image->digest.bytes, DIGEST_SIZE);
	for (size_t i = 0; i < FACTS_TABLE_TEXTS; i++)
		header.counts[i] = (uint32_t)(writer->tables[i].len / facts_record_sizes[i]);
	header.counts[FACTS_TABLE_TEXTS] = (uint32_t)writer->texts.len;
	strbuf_add(bytes, &header, sizeof header);
}

static int
check_counts(const struct facts_contents *contents)
{
	const size_t counts[] = { contents->origin_count, contents->type_count,
		contents->slot_count, contents->binding_count, contents->entity_count,
		contents->body_count, contents->copy_count, contents->edge_count,
		contents->indirect_count };

	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
		if (counts[i] > FACTS_COUNT_MAX)
			return err_set(ERR_LIMIT, "%s: facts: more than %u of a kind",
				contents->image.name, FACTS_COUNT_MAX);
	return 0;
}

int
facts_write(const struct facts_contents *contents, struct strbuf *ret_bytes)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct writer writer = { .arena = arena, .contents = contents };
	struct strbuf bytes = { 0 };

	TRY(check_counts(contents));
	(void)add_text(&writer, "");
	add_origins(&writer);
	add_bindings(&writer);
	add_entities(&writer);
	add_indexes(&writer);
	add_header(&writer, &bytes);
	for (size_t i = 0; i < FACTS_TABLE_TEXTS; i++) {
		strbuf_add(&bytes, writer.tables[i].at, writer.tables[i].len);
		strbuf_free(&writer.tables[i]);
	}
	strbuf_add(&bytes, writer.texts.at, writer.texts.len);
	strbuf_free(&writer.texts);
	*ret_bytes = bytes;
	return 0;
}
