/* SPDX-License-Identifier: MIT */
/*
 * Native objects: what they were made of is unknown, and within a section branches
 * need no relocation. So what cannot be ruled out is said.
 */
#include "linker/image/record_state.h"

#include <string.h>

/*
 * Whether native code may call through a pointer. On x86 all such instructions have the byte 0xff
 * and then one that says which; that a constant may look so does no harm.
 */
static bool
may_call_pointers(enum arch arch, struct str code)
{
	if (arch != ARCH_X86_64)
		return true;
	for (size_t i = 0; i + 1 < code.len; i++) {
		unsigned operation = (unsigned char)code.at[i + 1] >> 3 & 7;

		if ((unsigned char)code.at[i] == 0xff && operation >= 2 && operation <= 5)
			return true;
	}
	return false;
}

void
record_say_native(
	struct record *record, const struct object *object, size_t section, uint32_t index)
{
	const struct facts_entity *entity = &record->entities.at[index];
	struct str code = object->file.sections[section].contents;
	uint64_t value = record->rows.at[index].value;

	if ((entity->flags & FACTS_FUNCTION) == 0)
		return;
	if (value <= code.len && entity->size > 0 && entity->size <= code.len - value)
		code = (struct str){ code.at + value, entity->size };
	if (may_call_pointers(record->request->arch, code)) {
		struct facts_indirect indirect = { index, FACTS_NONE };

		vec_push(record->arena, &record->indirects, indirect);
	}
}

/* Add a call to what begins exactly at an offset of a native section. */
static void
connect_target(struct record *record, const struct place *place, uint32_t from, uint64_t offset)
{
	for (uint32_t at = place->first; at != NOTHING; at = record->rows.at[at].next) {
		struct facts_edge edge = { from, at, FACTS_CALL, false };

		if (record->rows.at[at].value == offset &&
			record->rows.at[at].canonical == at && at != from)
			vec_push(record->arena, &record->edges, edge);
	}
}

/*
 * Within a section an assembler needs no relocations. Every byte is taken for the beginning of a
 * branch: one that is none hardly ever meets a symbol, and then does no harm.
 */
static void
connect_branches(struct record *record, const struct place *place, struct str code)
{
	const unsigned char *bytes = (const unsigned char *)code.at;

	for (uint64_t i = 0; i + 1 < code.len; i++) {
		bool is_long = bytes[i] == 0xe8 || bytes[i] == 0xe9 ||
			       (i > 0 && bytes[i - 1] == 0x0f && (bytes[i] & 0xf0) == 0x80);
		bool is_short = bytes[i] == 0xeb || (bytes[i] & 0xf0) == 0x70 ||
				(bytes[i] & 0xfc) == 0xe0;
		int32_t distance;

		if (is_short)
			connect_target(record, place, record_find_at(record, place, i),
				i + 2 + (uint64_t)(int8_t)bytes[i + 1]);
		if (!is_long || i + 5 > code.len)
			continue;
		memcpy(&distance, bytes + i + 1, sizeof distance);
		connect_target(record, place, record_find_at(record, place, i),
			i + 5 + (uint64_t)distance);
	}
}

/* Where branches are not known, everything in a native section may reach everything. */
static void
connect_section(struct record *record, const struct place *place)
{
	for (uint32_t at = place->first; at != NOTHING; at = record->rows.at[at].next)
		for (uint32_t n = place->first; n != NOTHING; n = record->rows.at[n].next)
			connect_target(record, place, at, record->rows.at[n].value);
}

static void
connect_sections(struct record *record, const struct object *object)
{
	for (size_t i = 0; i < object->file.section_count; i++) {
		const struct elf_section *section = &object->file.sections[i];
		const struct place *place = &object->places[i];

		if ((section->flags & SHF_EXECINSTR) == 0 || place->first == NOTHING)
			continue;
		if (record->request->arch == ARCH_X86_64)
			connect_branches(record, place, section->contents);
		else
			connect_section(record, place);
	}
}

/* Assembly may run on from one symbol to the next; what has a size is taken to end. */
static void
connect_neighbours(struct record *record, const struct object *object)
{
	for (size_t i = 0; i < object->file.section_count; i++)
		for (uint32_t at = object->places[i].first; at != NOTHING;
			at = record->rows.at[at].next) {
			const struct row *row = &record->rows.at[at];
			struct facts_edge edge = { at, NOTHING, FACTS_CALL, false };

			if (row->canonical != at || record->entities.at[at].size > 0 ||
				(record->entities.at[at].flags & FACTS_FUNCTION) == 0)
				continue;
			for (uint32_t n = object->places[i].first; n != NOTHING;
				n = record->rows.at[n].next)
				if (record->rows.at[n].canonical == n &&
					record->rows.at[n].value > row->value &&
					(edge.to == NOTHING ||
						record->rows.at[n].value <
							record->rows.at[edge.to].value))
					edge.to = n;
			if (edge.to != NOTHING)
				vec_push(record->arena, &record->edges, edge);
		}
}

void
record_connect_native(struct record *record, const struct object *object)
{
	connect_sections(record, object);
	connect_neighbours(record, object);
}
