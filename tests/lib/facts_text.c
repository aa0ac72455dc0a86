/* SPDX-License-Identifier: MIT */
/* One pass over the lines, a table for each kind of thing; names are looked up one by one. */
#include "tests/lib/facts_text.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "linker/facts.h"
#include "tests/lib/tap.h"

#include <string.h>

#define WORDS_MAX 8
#define PLACE 16 /* bytes between two entities */

struct facts_text {
	struct arena *arena;
	struct facts_image image;
	VEC(struct facts_origin) origins;
	VEC(const char *) types;
	VEC(struct facts_slot) slots;
	VEC(struct facts_binding) bindings;
	VEC(struct facts_entity) entities;
	VEC(struct facts_body) bodies;
	VEC(struct facts_copy) copies;
	VEC(struct facts_edge) edges;
	VEC(struct facts_indirect) indirects;
};

static uint32_t
find_type(struct facts_text *facts, const char *type)
{
	for (uint32_t i = 0; i < facts->types.len; i++)
		if (strcmp(facts->types.at[i], type) == 0)
			return i;
	vec_push(facts->arena, &facts->types, type);
	return (uint32_t)facts->types.len - 1;
}

static uint32_t
find_entity(const struct facts_text *facts, const char *name)
{
	for (uint32_t i = 0; i < facts->entities.len; i++)
		if (strcmp(facts->entities.at[i].name, name) == 0)
			return i;
	tap_bail("facts: no entity %s", name);
}

static uint32_t
find_body(struct facts_text *facts, const char *name)
{
	struct facts_body body = { .name = name, .origin = (uint32_t)facts->origins.len - 1 };

	for (uint32_t i = 0; i < facts->bodies.len; i++)
		if (strcmp(facts->bodies.at[i].name, name) == 0)
			return i;
	vec_push(facts->arena, &facts->bodies, body);
	return (uint32_t)facts->bodies.len - 1;
}

static uint32_t
find_binding(struct facts_text *facts, const char *slot, const char *symbol)
{
	struct facts_binding binding = { .symbol = symbol, .is_function = true };

	while (binding.slot < facts->slots.len &&
		strcmp(facts->slots.at[binding.slot].name, slot) != 0)
		binding.slot++;
	if (binding.slot == facts->slots.len)
		vec_push(facts->arena, &facts->slots, (struct facts_slot){ .name = slot });
	vec_push(facts->arena, &facts->bindings, binding);
	return (uint32_t)facts->bindings.len - 1;
}

static void
add_edge(struct facts_text *facts, char *const *words, enum facts_edge_kind kind)
{
	struct facts_edge edge = { .from = find_entity(facts, words[1]), .kind = kind };
	char *colon = strchr(words[2], ':');

	if (colon == NULL) {
		edge.to = find_entity(facts, words[2]);
	} else {
		*colon = '\0';
		edge.is_binding = true;
		edge.to = find_binding(facts, words[2], colon + 1);
	}
	vec_push(facts->arena, &facts->edges, edge);
}

static uint32_t
flag_of(const char *word)
{
	static const struct {
		const char *word;
		uint32_t flag;
	} flags[] = { { "entry", FACTS_ENTRY }, { "constructor", FACTS_CONSTRUCTOR },
		{ "destructor", FACTS_DESTRUCTOR }, { "export", FACTS_EXPORTED },
		{ "native", FACTS_NATIVE } };

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
		if (strcmp(flags[i].word, word) == 0)
			return flags[i].flag;
	tap_bail("facts: no flag %s", word);
}

static void
add_entity(struct facts_text *facts, char *const *words, size_t count, uint32_t flags)
{
	struct facts_entity entity = { .name = words[1],
		.source_name = arena_copy(facts->arena, words[1], strcspn(words[1], ".")),
		.origin = (uint32_t)facts->origins.len - 1,
		.type = FACTS_NONE,
		.flags = flags,
		.address = 0x400000 + PLACE * facts->entities.len,
		.size = PLACE };

	for (size_t i = 2; i < count; i++)
		if (strncmp(words[i], "type=", 5) == 0)
			entity.type = find_type(facts, words[i] + 5);
		else if (strcmp(words[i], "open") == 0)
			entity.size = 0;
		else
			entity.flags |= flag_of(words[i]);
	vec_push(facts->arena, &facts->entities, entity);
}

static void
add_line(struct facts_text *facts, char *const *words, size_t count)
{
	const char *kind = words[0];

	if (strcmp(kind, "program") == 0 || strcmp(kind, "slot") == 0) {
		facts->image = (struct facts_image){ .kind = kind[0] == 'p' ? FACTS_PROGRAM
									    : FACTS_SLOT,
			.name = words[1],
			.package = words[2] };
		vec_push(facts->arena, &facts->origins,
			(struct facts_origin){ words[2], words[1], "main.c", kind[0] == 'p' });
	} else if (strcmp(kind, "origin") == 0) {
		vec_push(facts->arena, &facts->origins,
			(struct facts_origin){ words[1], words[2],
				strcmp(words[3], "-") == 0 ? "" : words[3], false });
	} else if (strcmp(kind, "fn") == 0) {
		add_entity(facts, words, count, FACTS_FUNCTION);
	} else if (strcmp(kind, "data") == 0) {
		add_entity(facts, words, count, 0);
	} else if (strcmp(kind, "alias") == 0) {
		struct facts_entity entity = facts->entities.at[find_entity(facts, words[2])];

		entity.name = entity.source_name = words[1];
		vec_push(facts->arena, &facts->entities, entity);
	} else if (strcmp(kind, "call") == 0) {
		add_edge(facts, words, FACTS_CALL);
	} else if (strcmp(kind, "ref") == 0) {
		add_edge(facts, words, FACTS_REFERENCE);
	} else if (strcmp(kind, "copy") == 0 || strcmp(kind, "fold") == 0) {
		struct facts_copy copy = { find_entity(facts, words[1]),
			find_body(facts, words[2]), kind[0] == 'f' };

		vec_push(facts->arena, &facts->copies, copy);
	} else if (strcmp(kind, "indirect") == 0) {
		struct facts_indirect indirect = { find_entity(facts, words[1]),
			strcmp(words[2], "any") == 0 ? FACTS_NONE
						     : find_type(facts, words[2]) };

		vec_push(facts->arena, &facts->indirects, indirect);
	} else {
		tap_bail("facts: no line %s", kind);
	}
}

static void
read_lines(struct facts_text *facts, struct str rest)
{
	struct str line;

	while (str_cut(&rest, '\n', &line)) {
		char *words[WORDS_MAX + 1] = { 0 };
		size_t count = 0;
		struct str word;

		while (count < WORDS_MAX && str_cut(&line, ' ', &word))
			if (word.len > 0)
				words[count++] = str_copy(facts->arena, word);
		if (count > 0)
			add_line(facts, words, count);
	}
}

struct str
facts_from_text(struct arena *arena, const char *text)
{
	struct facts_text facts = { .arena = arena };
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	struct facts_contents contents;

	read_lines(&facts, str_from(text));
	contents = (struct facts_contents){ .image = facts.image,
		.origins = facts.origins.at,
		.origin_count = facts.origins.len,
		.types = facts.types.at,
		.type_count = facts.types.len,
		.slots = facts.slots.at,
		.slot_count = facts.slots.len,
		.bindings = facts.bindings.at,
		.binding_count = facts.bindings.len,
		.entities = facts.entities.at,
		.entity_count = facts.entities.len,
		.bodies = facts.bodies.at,
		.body_count = facts.bodies.len,
		.copies = facts.copies.at,
		.copy_count = facts.copies.len,
		.edges = facts.edges.at,
		.edge_count = facts.edges.len,
		.indirects = facts.indirects.at,
		.indirect_count = facts.indirects.len };
	if (facts_write(&contents, &bytes) < 0)
		tap_bail("facts: %s", err_message());
	return (struct str){ arena_copy(arena, bytes.at, bytes.len), bytes.len };
}
