/* SPDX-License-Identifier: MIT */
/*
 * From objects to the facts of an image, in four steps: place, that is learn which
 * sections the image has; name, an entity for each symbol in them and for
 * each section with references but no symbol; say, what the objects' own facts know of
 * these; connect, by the relocations, which also show what the code generator
 * added.
 *
 * (I1) An entity stands in a section that is in the image.
 * (I2) Of several names of one place, one has what belongs to it: it is the canonical
 * one, and the others are aliases of it.
 */
#include "linker/image/record.h"

#include "base/arena.h"
#include "base/err.h"
#include "linker/image/record_state.h"
#include "linker/image/rooms.h"
#include "linker/image/target.h"

#include <stdlib.h>
#include <string.h>

static uint32_t
get_index(const struct map *map, const char *key)
{
	uintptr_t index = (uintptr_t)map_get(map, key);

	return index == 0 ? NOTHING : (uint32_t)(index - 1);
}

static void
set_index(struct record *record, struct map *map, const char *key, uint32_t index)
{
	map_set(record->arena, map, key, (void *)(uintptr_t)(index + 1));
}

/* 1. Place */

static uint32_t *
make_indexes(struct arena *arena, size_t count)
{
	uint32_t *indexes = arena_array(arena, count, sizeof *indexes);

	for (size_t i = 0; i < count; i++)
		indexes[i] = NOTHING;
	return indexes;
}

static int
open_object(struct record *record, const struct record_object *given, struct object *object)
{
	struct arena *arena = record->arena;

	object->given = given;
	TRY(elf_file_read(arena, given->bytes, &object->file));
	if (given->facts.len > 0)
		TRY(facts_open(given->facts, &object->facts));
	object->places = arena_array(arena, object->file.section_count, sizeof *object->places);
	object->symbols = make_indexes(arena, object->file.symbol_count);
	object->origins = make_indexes(arena, object->facts.origin_count);
	object->types = make_indexes(arena, object->facts.type_count);
	object->bodies = make_indexes(arena, object->facts.body_count);
	for (size_t i = 0; i < object->file.section_count; i++) {
		const struct elf_section *section = &object->file.sections[i];
		struct place *place = &object->places[i];

		place->first = NOTHING;
		if ((section->flags & SHF_ALLOC) != 0)
			place->is_there = link_map_take(arena, record->request->map,
				given->path, section->name, &place->address);
	}
	return 0;
}

static void
list_globals(struct record *record)
{
	const struct elf_file *file = record->request->file;

	for (size_t i = 0; i < file->symbol_count; i++)
		if (file->symbols[i].binding != STB_LOCAL)
			map_set(record->arena, &record->globals, file->symbols[i].name,
				&file->symbols[i]);
}

/* 2. Name */

static uint32_t
add_origin(struct record *record, const struct record_unit *unit, const char *source)
{
	const char *key =
		arena_printf(record->arena, "%s\n%s\n%s", unit->package, unit->name, source);
	uint32_t index = get_index(&record->origins, key);
	struct facts_origin origin = { unit->package, unit->name, source, unit->is_program };

	if (index != NOTHING)
		return index;
	index = (uint32_t)record->origin_list.len;
	set_index(record, &record->origins, key, index);
	vec_push(record->arena, &record->origin_list, origin);
	return index;
}

/* An origin of an object's facts: its unit is a number, which stands for one that is known here. */
static uint32_t
translate_origin(struct record *record, const struct object *object, uint32_t index)
{
	struct facts_origin origin = facts_origin(&object->facts, index);
	unsigned long number = strtoul(origin.unit, NULL, 10);

	if (number >= object->given->unit_count)
		number = 0;
	if (object->origins[index] == NOTHING)
		object->origins[index] =
			add_origin(record, &object->given->units[number], origin.source);
	return object->origins[index];
}

static uint32_t
translate_type(struct record *record, const struct object *object, uint32_t type)
{
	const char *text;
	uint32_t index;

	if (type == FACTS_NONE || object->types[type] != NOTHING)
		return type == FACTS_NONE ? FACTS_NONE : object->types[type];
	text = facts_type(&object->facts, type);
	index = get_index(&record->types, text);
	if (index == NOTHING) {
		index = (uint32_t)record->type_list.len;
		set_index(record, &record->types, text, index);
		vec_push(record->arena, &record->type_list, text);
	}
	object->types[type] = index;
	return index;
}

static uint32_t
add_entity(struct record *record, struct place *place, const struct facts_entity *entity,
	struct row row)
{
	uint32_t index = (uint32_t)record->entities.len;

	row.canonical = index;
	row.next = NOTHING;
	if (place != NULL) {
		row.next = place->first;
		place->first = index;
	}
	vec_push(record->arena, &record->entities, *entity);
	vec_push(record->arena, &record->rows, row);
	return index;
}

/* What the object's own facts say of a symbol: entity of the facts; NOTHING. */
static uint32_t
find_said(const struct object *object, const char *name)
{
	struct facts_range range;

	if (object->given->facts.len == 0)
		return NOTHING;
	range = facts_find(&object->facts, FACTS_BY_NAME, name);
	return range.first == range.end ? NOTHING
					: facts_at(&object->facts, FACTS_BY_NAME, range.first);
}

/* What code generation calls the words of control-flow integrity, which it takes for functions. */
#define TYPE_WORD "__cfi_"

static bool
is_named(const struct elf_symbol *symbol)
{
	if (symbol->name[0] == '\0' || symbol->section == SHN_UNDEF ||
		symbol->section == SHN_ABS || str_has_prefix(symbol->name, TYPE_WORD))
		return false;
	if (symbol->type == STT_NOTYPE)
		return symbol->binding !=
		       STB_LOCAL; /* assembly without types; labels are local */
	return symbol->type == STT_FUNC || symbol->type == STT_OBJECT ||
	       symbol->type == STT_TLS;
}

static uint64_t
address_of(
	const struct record *record, const struct place *place, const struct elf_symbol *symbol)
{
	const struct elf_symbol *global =
		symbol->binding == STB_LOCAL ? NULL : map_get(&record->globals, symbol->name);

	if (global != NULL)
		return global->value; /* also of a function that left a jump at its old place */
	return place == NULL ? 0 : place->address + symbol->value;
}

static bool
is_function(const struct object *object, const struct elf_symbol *symbol)
{
	if (symbol->type != STT_NOTYPE || symbol->section >= object->file.section_count)
		return symbol->type == STT_FUNC;
	return (object->file.sections[symbol->section].flags & SHF_EXECINSTR) != 0;
}

static void
resolve(struct record *record, const struct elf_symbol *symbol, uint32_t index)
{
	if (symbol->binding == STB_LOCAL)
		return;
	if (symbol->binding == STB_WEAK) {
		if (!map_has(&record->resolved_weak, symbol->name))
			set_index(record, &record->resolved_weak, symbol->name, index);
	} else if (!map_has(&record->resolved, symbol->name)) {
		set_index(record, &record->resolved, symbol->name, index);
	}
}

/* A function that outgrew its room stands elsewhere, under one more name. */
static void
add_moved(struct record *record, const struct facts_entity *entity, uint32_t index)
{
	const char *name = arena_printf(record->arena, ROOMS_ENTRY_PREFIX "%s", entity->name);
	const struct elf_symbol *global = map_get(&record->globals, name);
	struct facts_entity moved = *entity;
	uint32_t alias;

	if (global == NULL)
		return;
	moved.name = name;
	moved.address = global->value;
	alias = add_entity(record, NULL, &moved, (struct row){ 0 });
	record->rows.at[alias].canonical = index;
}

static void
name_symbol(struct record *record, struct object *object, size_t at)
{
	const struct elf_symbol *symbol = &object->file.symbols[at];
	bool is_common = symbol->section == SHN_COMMON;
	struct facts_entity entity = { .name = symbol->name,
		.source_name = symbol->name,
		.type = FACTS_NONE,
		.size = symbol->size };
	struct place *place = NULL;
	uint32_t said = find_said(object, symbol->name), index;

	if (!is_named(symbol) || (!is_common && symbol->section >= object->file.section_count))
		return;
	if (!is_common) {
		place = &object->places[symbol->section];
		if (!place->is_there)
			return;
	}
	entity.address = address_of(record, place, symbol);
	entity.flags = is_function(object, symbol) ? FACTS_FUNCTION : 0;
	if (said != NOTHING) {
		struct facts_entity known = facts_entity(&object->facts, said);

		entity.source_name = known.source_name;
		entity.origin = translate_origin(record, object, known.origin);
		entity.type = translate_type(record, object, known.type);
	} else {
		entity.origin = add_origin(record, &object->given->units[0], "");
		if (object->given->facts.len == 0)
			entity.flags |= FACTS_NATIVE;
	}
	if (symbol->binding != STB_LOCAL && map_has(record->request->exports, symbol->name))
		entity.flags |= FACTS_EXPORTED;
	if (record->request->image.kind == FACTS_PROGRAM &&
		(strcmp(symbol->name, "_start") == 0 || strcmp(symbol->name, "main") == 0))
		entity.flags |= FACTS_ENTRY;
	index = add_entity(record, place, &entity, (struct row){ symbol->value, 0, 0, said });
	object->symbols[at] = index;
	resolve(record, symbol, index);
	if (record->request->image.kind == FACTS_SLOT && symbol->binding != STB_LOCAL)
		add_moved(record, &entity, index);
}

/* (I2): the name that the object's facts know first; of a native object, the first. */
static void
join_aliases(struct record *record, struct object *object)
{
	for (size_t i = 0; i < object->file.section_count; i++)
		for (uint32_t a = object->places[i].first; a != NOTHING;
			a = record->rows.at[a].next) {
			struct row *row = &record->rows.at[a];

			for (uint32_t b = object->places[i].first; b != NOTHING;
				b = record->rows.at[b].next) {
				const struct row *other = &record->rows.at[b];
				const struct row *best = &record->rows.at[row->canonical];

				if (other->value == row->value &&
					(other->rank < best->rank ||
						(other->rank == best->rank &&
							b < row->canonical)))
					row->canonical = b;
			}
		}
}

static bool
is_bookkeeping(const char *section)
{
	return str_has_prefix(section, ".eh_frame") || str_has_prefix(section, ".note") ||
	       str_has_prefix(section, ".debug");
}

/* Tables of jumps, and constants that hold addresses, have no symbols. */
static void
name_sections(struct record *record, struct object *object)
{
	for (size_t i = 0; i < object->file.section_count; i++) {
		const struct elf_section *relocations = &object->file.sections[i];
		const struct elf_section *section;
		struct facts_entity entity = { .type = FACTS_NONE, .flags = FACTS_ANONYMOUS };
		struct place *place;

		if (relocations->type != SHT_RELA ||
			relocations->info >= object->file.section_count)
			continue;
		section = &object->file.sections[relocations->info];
		place = &object->places[relocations->info];
		if (!place->is_there || place->first != NOTHING ||
			is_bookkeeping(section->name))
			continue;
		entity.name = entity.source_name = section->name;
		entity.origin = add_origin(record, &object->given->units[0], "");
		entity.address = place->address;
		entity.size = section->size;
		if ((section->flags & SHF_EXECINSTR) != 0)
			entity.flags |= FACTS_FUNCTION;
		if (object->given->facts.len == 0)
			entity.flags |= FACTS_NATIVE;
		(void)add_entity(record, place, &entity, (struct row){ .rank = NOTHING });
	}
}

/* 3. Say */

static uint32_t
add_body(struct record *record, const struct facts_body *body)
{
	struct strbuf key AUTO(strbuf_free) = { 0 };
	uint32_t index;

	strbuf_printf(&key, "%u\n%s\n", body->origin, body->name);
	for (size_t i = 0; i < FACTS_BODY_DIGEST; i++)
		strbuf_printf(&key, "%02x", body->digest[i]);
	index = get_index(&record->bodies, strbuf_string(&key));
	if (index != NOTHING)
		return index;
	index = (uint32_t)record->body_list.len;
	set_index(record, &record->bodies, arena_string(record->arena, strbuf_string(&key)),
		index);
	vec_push(record->arena, &record->body_list, *body);
	return index;
}

static uint32_t
translate_body(struct record *record, const struct object *object, uint32_t index)
{
	struct facts_body body = facts_body(&object->facts, index);

	if (object->bodies[index] == NOTHING) {
		body.origin = translate_origin(record, object, body.origin);
		object->bodies[index] = add_body(record, &body);
	}
	return object->bodies[index];
}

static void
say_entity(struct record *record, const struct object *object, uint32_t said, uint32_t index)
{
	struct facts_range range = facts_copies_of(&object->facts, said);

	for (uint32_t i = range.first; i < range.end; i++) {
		struct facts_copy copy = facts_copy(&object->facts, i);

		copy.host = index;
		copy.body = translate_body(record, object, copy.body);
		vec_push(record->arena, &record->copies, copy);
	}
	range = facts_indirects_of(&object->facts, said);
	for (uint32_t i = range.first; i < range.end; i++) {
		struct facts_indirect indirect = facts_indirect(&object->facts, i);

		indirect.from = index;
		indirect.type = translate_type(record, object, indirect.type);
		vec_push(record->arena, &record->indirects, indirect);
	}
}

static void
say(struct record *record, const struct object *object)
{
	bool is_native = object->given->facts.len == 0;

	for (size_t i = 0; i < object->file.section_count; i++)
		for (uint32_t at = object->places[i].first; at != NOTHING;
			at = record->rows.at[at].next) {
			const struct row *row = &record->rows.at[at];

			if (row->canonical != at)
				continue;
			if (is_native)
				record_say_native(record, object, i, at);
			else if (row->rank != NOTHING)
				say_entity(record, object, row->rank, at);
		}
}

/* 4. Connect */

/* The entity that an offset of a section belongs to; NOTHING. */
uint32_t
record_find_at(const struct record *record, const struct place *place, uint64_t offset)
{
	uint32_t best = NOTHING;

	for (uint32_t at = place->first; at != NOTHING; at = record->rows.at[at].next) {
		uint64_t value = record->rows.at[at].value;

		if (record->rows.at[at].canonical != at)
			continue;
		if (best == NOTHING ||
			(value <= offset && (record->rows.at[best].value > offset ||
						    value > record->rows.at[best].value)))
			best = at;
	}
	return best;
}

struct reference { /* a relocation, understood */
	uint32_t from;
	const struct elf_symbol *symbol;
	size_t symbol_index;
	int64_t addend; /* of the place that is meant */
	bool is_branch;
	const char *section; /* that it stands in */
};

static void
note_use(struct record *record, const struct reference *reference, uint32_t to, bool is_start)
{
	struct facts_entity *entity = &record->entities.at[to];

	if ((entity->flags & FACTS_FUNCTION) == 0)
		return;
	if (str_has_prefix(reference->section, ".init_array") ||
		str_has_prefix(reference->section, ".preinit_array"))
		entity->flags |= FACTS_CONSTRUCTOR;
	else if (str_has_prefix(reference->section, ".fini_array"))
		entity->flags |= FACTS_DESTRUCTOR;
	else if (!reference->is_branch && is_start)
		entity->flags |= FACTS_ADDRESS_TAKEN;
}

/* What a compiler wrote refers to the middle of a function only in the function's own tables of jumps. */
static bool
is_jump_table(const struct record *record, const struct object *object,
	const struct reference *reference, uint32_t to, bool is_start)
{
	return !is_start && object->given->facts.len > 0 &&
	       (record->entities.at[reference->from].flags & FACTS_FUNCTION) == 0 &&
	       (record->entities.at[to].flags & FACTS_FUNCTION) != 0;
}

/* Code generation puts tables of jumps beside what it put into .rodata: they are nobody's data. */
static bool
is_beside(const struct record *record, const struct elf_section *section, uint32_t to,
	uint64_t offset)
{
	uint64_t value = record->rows.at[to].value;

	return strcmp(section->name, ".rodata") == 0 &&
	       (offset < value || offset - value >= record->entities.at[to].size);
}

static void
connect_local(struct record *record, struct object *object, const struct reference *reference)
{
	const struct elf_symbol *symbol = reference->symbol;
	uint64_t offset = symbol->value + (uint64_t)reference->addend;
	struct facts_edge edge = { .from = reference->from,
		.kind = reference->is_branch ? FACTS_CALL : FACTS_REFERENCE };
	bool is_start;

	if (symbol->section >= object->file.section_count)
		return;
	edge.to = object->symbols[reference->symbol_index];
	if (symbol->type == STT_SECTION || edge.to == NOTHING)
		edge.to = record_find_at(record, &object->places[symbol->section], offset);
	if (edge.to == NOTHING)
		return;
	is_start = offset == record->rows.at[edge.to].value;
	if (is_jump_table(record, object, reference, edge.to, is_start) ||
		is_beside(record, &object->file.sections[symbol->section], edge.to, offset))
		return;
	vec_push(record->arena, &record->edges, edge);
	note_use(record, reference, edge.to, is_start);
}

static void
connect_global(struct record *record, const struct reference *reference)
{
	const char *name = reference->symbol->name;
	struct facts_edge edge = { .from = reference->from,
		.to = get_index(&record->resolved, name),
		.kind = reference->is_branch ? FACTS_CALL : FACTS_REFERENCE };

	if (edge.to == NOTHING)
		edge.to = get_index(&record->resolved_weak, name);
	if (edge.to == NOTHING) {
		edge.to = get_index(&record->bindings, name);
		edge.is_binding = true;
	}
	if (edge.to == NOTHING)
		return; /* the static linker's own, or a weak one that nobody defines */
	vec_push(record->arena, &record->edges, edge);
	if (!edge.is_binding)
		note_use(record, reference, edge.to, true);
}

static void
connect_one(struct record *record, struct object *object, const struct elf_section *section,
	const struct place *place, const Elf64_Rela *relocation)
{
	size_t symbol = ELF64_R_SYM(relocation->r_info);
	uint32_t type = ELF64_R_TYPE(relocation->r_info);
	struct reference reference = { .section = section->name };

	if (symbol == 0 || symbol > object->file.symbol_count)
		return;
	reference.symbol_index = symbol - 1;
	reference.symbol = &object->file.symbols[symbol - 1];
	reference.from = record_find_at(record, place, relocation->r_offset);
	if (reference.from == NOTHING)
		return;
	reference.is_branch = target_is_branch(
		record->request->arch, type, section->contents, relocation->r_offset);
	reference.addend =
		relocation->r_addend + target_addend_bias(record->request->arch, type);
	if (reference.symbol->binding == STB_LOCAL)
		connect_local(record, object, &reference);
	else
		connect_global(record, &reference);
}

static void
connect(struct record *record, struct object *object)
{
	for (size_t i = 0; i < object->file.section_count; i++) {
		const struct elf_section *relocations = &object->file.sections[i];
		const struct elf_section *section;
		const struct place *place;

		if (relocations->type != SHT_RELA ||
			relocations->info >= object->file.section_count)
			continue;
		section = &object->file.sections[relocations->info];
		place = &object->places[relocations->info];
		if (!place->is_there || is_bookkeeping(section->name))
			continue;
		for (size_t n = 0; n < relocations->contents.len / sizeof(Elf64_Rela); n++) {
			Elf64_Rela relocation;

			memcpy(&relocation, relocations->contents.at + n * sizeof relocation,
				sizeof relocation);
			connect_one(record, object, section, place, &relocation);
		}
	}
}

static void
connect_aliases(struct record *record)
{
	for (uint32_t i = 0; i < record->rows.len; i++) {
		struct facts_edge alias = { i, record->rows.at[i].canonical, FACTS_ALIAS,
			false };

		if (alias.to != i)
			vec_push(record->arena, &record->edges, alias);
	}
}

static int
write_facts(const struct record *record, struct strbuf *ret_facts)
{
	const struct record_request *request = record->request;
	struct facts_contents contents = { .image = request->image,
		.origins = record->origin_list.at,
		.origin_count = record->origin_list.len,
		.types = record->type_list.at,
		.type_count = record->type_list.len,
		.slots = request->slots,
		.slot_count = request->slot_count,
		.bindings = request->bindings,
		.binding_count = request->binding_count,
		.entities = record->entities.at,
		.entity_count = record->entities.len,
		.bodies = record->body_list.at,
		.body_count = record->body_list.len,
		.copies = record->copies.at,
		.copy_count = record->copies.len,
		.edges = record->edges.at,
		.edge_count = record->edges.len,
		.indirects = record->indirects.at,
		.indirect_count = record->indirects.len };

	return facts_write(&contents, ret_facts);
}

int
record_facts(
	struct arena *arena, const struct record_request *request, struct strbuf *ret_facts)
{
	struct record record = { .arena = arena, .request = request };

	record.objects = arena_array(arena, request->object_count, sizeof *record.objects);
	for (size_t i = 0; i < request->object_count; i++)
		TRY(err_context(open_object(&record, &request->objects[i], &record.objects[i]),
			"%s: facts of an object", request->image.name));
	list_globals(&record);
	for (size_t i = 0; i < request->binding_count; i++)
		set_index(&record, &record.bindings, request->bindings[i].symbol, (uint32_t)i);
	for (size_t i = 0; i < request->object_count; i++) {
		struct object *object = &record.objects[i];

		for (size_t n = 0; n < object->file.symbol_count; n++)
			name_symbol(&record, object, n);
		join_aliases(&record, object);
		name_sections(&record, object);
	}
	/* From here on no entity is added. */
	for (size_t i = 0; i < request->object_count; i++)
		say(&record, &record.objects[i]);
	for (size_t i = 0; i < request->object_count; i++) {
		connect(&record, &record.objects[i]);
		if (record.objects[i].given->facts.len == 0) {
			record_connect_native(&record, &record.objects[i]);
		}
	}
	connect_aliases(&record);
	return write_facts(&record, ret_facts);
}
