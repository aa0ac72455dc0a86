/* SPDX-License-Identifier: MIT */
/* Entities first, library by library, so that edges can be made from numbers alone. */
#include "tests/lib/synthetic_facts.h"

#include "base/arena.h"
#include "base/vec.h"
#include "linker/facts.h"

#include <string.h>

#define OWN_FUNCTIONS 60 /* of a program or library, besides what it exports */
#define LIBC_OWN_FUNCTIONS 900
#define EXPORTS 15 /* of a library that is linked in privately */
#define PLACE 16 /* bytes between two entities */

enum { TYPE_CALLBACK, TYPE_COMPARE, TYPE_PLAIN, TYPE_COUNT };

static const char *const types[TYPE_COUNT] = { "void (ptr)", "i32 (ptr, ptr)",
	"i32 (ptr, i64)" };

struct making {
	struct arena *arena;
	const struct generation_image *image;
	VEC(struct facts_origin) origins;
	VEC(struct facts_slot) slots;
	VEC(struct facts_binding) bindings;
	VEC(struct facts_entity) entities;
	VEC(struct facts_body) bodies;
	VEC(struct facts_copy) copies;
	VEC(struct facts_edge) edges;
	VEC(struct facts_indirect) indirects;
};

static uint32_t
add_entity(struct making *making, const char *name, uint32_t type, uint32_t flags)
{
	struct facts_entity entity = { .name = name,
		.source_name = name,
		.origin = (uint32_t)making->origins.len - 1,
		.type = type,
		.flags = flags,
		.address = 0x400000 + PLACE * making->entities.len,
		.size = PLACE };

	vec_push(making->arena, &making->entities, entity);
	return (uint32_t)making->entities.len - 1;
}

static void
add_edge(struct making *making, uint32_t from, uint32_t to, enum facts_edge_kind kind)
{
	vec_push(making->arena, &making->edges, (struct facts_edge){ from, to, kind, false });
}

/* Functions of no name outside: each calls two others; every eighth is a callback in a table. */
static uint32_t
add_own(struct making *making, const char *prefix, size_t count)
{
	uint32_t first = (uint32_t)making->entities.len;
	uint32_t table = add_entity(
		making, arena_printf(making->arena, "%s_table", prefix), FACTS_NONE, 0);

	for (size_t i = 0; i < count; i++)
		(void)add_entity(making, arena_printf(making->arena, "%s_own%zu", prefix, i),
			(uint32_t)(i / 8 % TYPE_COUNT), FACTS_FUNCTION);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t from = first + 1 + i;

		add_edge(making, from, first + 1 + (i * 2 + 1) % (uint32_t)count, FACTS_CALL);
		add_edge(making, from, first + 1 + (i * 2 + 2) % (uint32_t)count, FACTS_CALL);
		if (i % 8 == 0)
			add_edge(making, table, from, FACTS_REFERENCE);
		if (i % 20 == 3) {
			add_edge(making, from, table, FACTS_REFERENCE);
			vec_push(making->arena, &making->indirects,
				(struct facts_indirect){ from, i % TYPE_COUNT });
		}
	}
	return first + 1;
}

static const char *
package_of(struct arena *arena, const char *library)
{
	return strcmp(library, "c") == 0 ? "musl-1.0-1"
					 : arena_printf(arena, "lib%s-1.0-1", library + 1);
}

/* One library's code: what it exports, and how that hangs together. Its first function. */
static uint32_t
add_library(struct making *making, const char *library, const struct manifest_export *exports,
	size_t count, bool is_exported)
{
	struct arena *arena = making->arena;
	uint32_t flags = FACTS_FUNCTION | (is_exported ? FACTS_EXPORTED : 0);
	bool is_libc = strcmp(library, "c") == 0;
	uint32_t own;
	uint32_t first;
	uint32_t bad;

	vec_push(arena, &making->origins,
		(struct facts_origin){
			package_of(arena, library), library, "library.c", false });
	own = add_own(making, library, is_libc ? LIBC_OWN_FUNCTIONS : OWN_FUNCTIONS);
	bad = add_entity(
		making, arena_printf(arena, "%s_bad", library), TYPE_PLAIN, FACTS_FUNCTION);
	vec_push(arena, &making->bodies,
		(struct facts_body){ .name = making->entities.at[bad].name,
			.origin = (uint32_t)making->origins.len - 1 });
	first = (uint32_t)making->entities.len;
	for (size_t i = 0; i < count; i++)
		(void)add_entity(making, exports[i].name,
			exports[i].is_function ? TYPE_PLAIN : FACTS_NONE,
			exports[i].is_function ? flags : flags & ~(uint32_t)FACTS_FUNCTION);
	for (uint32_t i = 0; i < count; i++) {
		const char *tail = strchr(exports[i].name, '_');

		if (!exports[i].is_function)
			continue;
		add_edge(making, first + i, own + i * 3 % OWN_FUNCTIONS, FACTS_CALL);
		add_edge(making, first + i, own + i * 7 % OWN_FUNCTIONS, FACTS_CALL);
		if (tail != NULL && strcmp(tail, "_f13") == 0)
			add_edge(making, first + i, bad, FACTS_CALL);
		if (tail != NULL && strcmp(tail, "_f14") == 0)
			vec_push(arena, &making->copies,
				(struct facts_copy){
					first + i, (uint32_t)making->bodies.len - 1, false });
	}
	return first;
}

/* A library that is inside: its exports are as all libraries' are. */
static void
add_private(struct making *making, const char *library)
{
	struct manifest_export *exports =
		arena_array(making->arena, EXPORTS, sizeof exports[0]);

	for (size_t i = 0; i < EXPORTS; i++)
		exports[i] = (struct manifest_export){ .name = arena_printf(making->arena,
							       "%s_f%02zu", library, i),
			.is_function = true };
	(void)add_library(making, library, exports, EXPORTS, false);
}

/* Whether a symbol, "l0001_f03", is of a library, "l0001". */
static bool
is_of(const char *symbol, const char *library)
{
	size_t length = strlen(library);

	return strncmp(symbol, library, length) == 0 && symbol[length] == '_';
}

static void
add_use(struct making *making, uint32_t from, const char *symbol)
{
	struct facts_edge edge = { .from = from, .kind = FACTS_CALL, .is_binding = true };
	bool is_data = strstr(symbol, "_d") != NULL;

	if (is_data)
		edge.kind = FACTS_REFERENCE;
	for (uint32_t i = 0; i < making->slots.len; i++) {
		struct facts_binding binding = { symbol, i, !is_data };

		if (!is_of(symbol, making->slots.at[i].name))
			continue;
		edge.to = (uint32_t)making->bindings.len;
		vec_push(making->arena, &making->bindings, binding);
		vec_push(making->arena, &making->edges, edge);
		return;
	}
	edge.is_binding = false;
	for (uint32_t i = 0; i < making->entities.len; i++)
		if (strcmp(making->entities.at[i].name, symbol) == 0) {
			edge.to = i;
			vec_push(making->arena, &making->edges, edge);
		}
}

static void
make(struct making *making, const struct manifest *manifest)
{
	const struct generation_image *image = making->image;
	const struct manifest_list *undefined;
	uint32_t start;

	for (size_t i = 0; i < image->slot_count; i++)
		vec_push(making->arena, &making->slots,
			(struct facts_slot){ .name = image->slots[i] });
	for (size_t i = 0; i < image->private_count; i++)
		add_private(making, image->privates[i]);
	if (image->is_slot) {
		const struct manifest_library *library = &manifest->libraries[0];

		start = add_library(
			making, library->name, library->exports, library->export_count, true);
		undefined = &library->undefined;
	} else {
		vec_push(making->arena, &making->origins,
			(struct facts_origin){ image->package, image->name, "main.c", true });
		start = add_own(making, "p", OWN_FUNCTIONS);
		making->entities.at[start].name = making->entities.at[start].source_name =
			"main";
		making->entities.at[start].flags |= FACTS_ENTRY;
		undefined = &manifest->programs[0].undefined;
	}
	for (size_t i = 0; i < undefined->len; i++)
		add_use(making, start, undefined->at[i]);
}

int
synthetic_facts(struct arena *arena, const struct generation_image *image,
	const struct manifest *manifest, struct strbuf *ret_bytes)
{
	struct making making = { .arena = arena, .image = image };
	struct facts_contents contents;

	make(&making, manifest);
	contents =
		(struct facts_contents){ .image = { image->is_slot ? FACTS_SLOT : FACTS_PROGRAM,
						 image->name, image->package, image->digest },
			.origins = making.origins.at,
			.origin_count = making.origins.len,
			.types = types,
			.type_count = TYPE_COUNT,
			.slots = making.slots.at,
			.slot_count = making.slots.len,
			.bindings = making.bindings.at,
			.binding_count = making.bindings.len,
			.entities = making.entities.at,
			.entity_count = making.entities.len,
			.bodies = making.bodies.at,
			.body_count = making.bodies.len,
			.copies = making.copies.at,
			.copy_count = making.copies.len,
			.edges = making.edges.at,
			.edge_count = making.edges.len,
			.indirects = making.indirects.at,
			.indirect_count = making.indirects.len };
	return facts_write(&contents, ret_bytes);
}
