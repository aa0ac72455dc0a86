/* SPDX-License-Identifier: MIT */
/*
 * Each table walks over the images, and in an image over one or two of the lists
 * of its facts. SQLite checks every condition itself; what is done here is to
 * pass over images that have nothing of a wanted name, by their indexes.
 */
#include "pkgd/sql/tables.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

static int
map_facts(
	struct state *state, const struct generation_image *image, struct tables_image *opened)
{
	const char *path =
		arena_printf(state->arena, "store/%s/" GENERATION_FACTS, image->store_name);
	int fd AUTO(file_close) = -1;
	uint64_t size;
	void *at;
	int ret;

	ret = file_open(store_root_dir(state->store), path, &fd);
	if (ret == ERR_NOT_FOUND)
		return err_set(ret, "%s: missing (run 'weld repair')", path);
	TRY(ret);
	TRY(file_size(fd, &size));
	if (size == 0 || size > SIZE_MAX / 2)
		return err_set(ERR_FORMAT, "%s: damaged (run 'weld repair')", path);
	at = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return err_errno("%s: map", path);
	ret = facts_open((struct str){ at, (size_t)size }, &opened->facts);
	if (ret < 0) {
		munmap(at, (size_t)size);
		return err_set(ERR_FORMAT, "%s: %s (run 'weld repair')", path, err_message());
	}
	opened->name = image->name;
	return 0;
}

int
tables_open(struct state *state, struct tables *ret_tables)
{
	const struct generation *generation = &state->current;

	*ret_tables = (struct tables){ .arena = state->arena };
	ret_tables->images =
		arena_array(state->arena, generation->image_count, sizeof *ret_tables->images);
	for (size_t i = 0; i < generation->image_count; i++) {
		if (!generation->images[i].has_facts)
			continue;
		TRY(map_facts(state, &generation->images[i],
			&ret_tables->images[ret_tables->image_count]));
		ret_tables->image_count++;
	}
	return 0;
}

void
tables_close(struct tables *tables)
{
	for (size_t i = 0; i < tables->image_count; i++)
		munmap((void *)tables->images[i].facts.bytes.at,
			tables->images[i].facts.bytes.len);
	tables->image_count = 0;
}

struct walk { /* a cursor of any of the tables */
	const struct tables *tables;
	bool *is_wanted; /* of each image */
	size_t image;
	int list; /* which of the lists of an image */
	uint32_t at; /* what the row is of + 1: a record of the list */
	uint32_t place; /* of entities: how many were looked at */
	uint32_t owner; /* entity that the row belongs to */
	char *wanted; /* name that entities must have; NULL for any */
	enum facts_index index; /* that it is found by */
};

static const struct facts *
facts_of(const struct walk *walk)
{
	return &walk->tables->images[walk->image].facts;
}

static bool
has(const struct facts *facts, enum facts_index index, const char *name)
{
	struct facts_range range = facts_find(facts, index, name);

	return range.end > range.first;
}

static struct walk *
begin(const struct tables *tables, const char *image)
{
	struct walk *walk = calloc(1, sizeof *walk);

	if (walk == NULL)
		abort();
	walk->tables = tables;
	walk->is_wanted = calloc(tables->image_count + 1, sizeof *walk->is_wanted);
	if (walk->is_wanted == NULL)
		abort();
	for (size_t i = 0; i < tables->image_count; i++)
		walk->is_wanted[i] =
			image == NULL || strcmp(image, tables->images[i].name) == 0;
	return walk;
}

static void
end(void *cursor)
{
	struct walk *walk = cursor;

	free(walk->is_wanted);
	free(walk->wanted);
	free(walk);
}

/* Go to the next image, its first list. */
static void
next_image(struct walk *walk)
{
	walk->image++;
	walk->list = 0;
	walk->at = 0;
	walk->place = 0;
	walk->owner = 0;
}

/* Go to the next list of the image. */
static void
next_list(struct walk *walk)
{
	walk->list++;
	walk->at = 0;
	walk->owner = 0;
}

/* Step in a list whose records belong to entities in order; false at its end. */
static bool
step(struct walk *walk, uint32_t count,
	struct facts_range (*range_of)(const struct facts *facts, uint32_t entity))
{
	const struct facts *facts = facts_of(walk);

	if (walk->at == count)
		return false;
	walk->at++;
	while (range_of != NULL && range_of(facts, walk->owner).end < walk->at)
		walk->owner++;
	return true;
}

static void
set_text(struct db_cell *cell, const char *text)
{
	cell->type = text == NULL ? DB_NULL : DB_TEXT;
	cell->text = text;
}

static void
set_integer(struct db_cell *cell, uint64_t number)
{
	cell->type = DB_INTEGER;
	cell->integer = (int64_t)number;
}

/* functions: functions of an image, then the copies inside them */

#define FUNCTION_COLUMNS                                                                \
	"image TEXT, package TEXT, unit TEXT, source TEXT, name TEXT, symbol TEXT,"     \
	"inside TEXT, folded INTEGER, type TEXT, address INTEGER, size INTEGER,"        \
	"exported INTEGER, address_taken INTEGER, entry INTEGER, constructor INTEGER, " \
	"destructor INTEGER, native INTEGER, digest TEXT"

enum function_column {
	FUNCTION_IMAGE,
	FUNCTION_PACKAGE,
	FUNCTION_UNIT,
	FUNCTION_SOURCE,
	FUNCTION_NAME,
	FUNCTION_SYMBOL,
	FUNCTION_INSIDE,
	FUNCTION_FOLDED,
	FUNCTION_TYPE,
	FUNCTION_ADDRESS,
	FUNCTION_SIZE,
	FUNCTION_FLAGS, /* the first of them; they follow each other as in enum facts_flag */
	FUNCTION_DIGEST = FUNCTION_FLAGS + 6,
	FUNCTION_COLUMN_COUNT,
};

static int
begin_functions(void *data, const char *const *wanted, void **ret_cursor)
{
	const struct tables *tables = data;
	struct walk *walk = begin(tables, wanted[FUNCTION_IMAGE]);
	const char *name = wanted[FUNCTION_NAME], *symbol = wanted[FUNCTION_SYMBOL];

	for (size_t i = 0; i < tables->image_count; i++) {
		const struct facts *facts = &tables->images[i].facts;

		if (!walk->is_wanted[i])
			continue;
		if ((name != NULL && !has(facts, FACTS_BY_SOURCE_NAME, name) &&
			    !has(facts, FACTS_BODIES, name)) ||
			(symbol != NULL && !has(facts, FACTS_BY_NAME, symbol)))
			walk->is_wanted[i] = false;
	}
	walk->index = symbol != NULL ? FACTS_BY_NAME : FACTS_BY_SOURCE_NAME;
	if (symbol != NULL || name != NULL)
		walk->wanted = strdup(symbol != NULL ? symbol : name);
	*ret_cursor = walk;
	return 0;
}

/* The next entity that is a function, or is none; with a wanted name, of that name. */
static bool
step_entity(struct walk *walk, bool is_function)
{
	const struct facts *facts = facts_of(walk);
	struct facts_range range = { 0, facts->entity_count };

	if (walk->wanted != NULL)
		range = facts_find(facts, walk->index, walk->wanted);
	for (; walk->place < range.end - range.first; walk->place++) {
		uint32_t entity = walk->wanted == NULL ? walk->place
						       : facts_at(facts, walk->index,
								 range.first + walk->place);

		if (((facts_entity(facts, entity).flags & FACTS_FUNCTION) != 0) != is_function)
			continue;
		walk->place++;
		walk->at = entity + 1;
		return true;
	}
	return false;
}

/* The next copy; none has a symbol. */
static bool
step_copy(struct walk *walk)
{
	const struct facts *facts = facts_of(walk);

	if (walk->wanted != NULL && walk->index == FACTS_BY_NAME)
		return false;
	while (step(walk, facts->copy_count, facts_copies_of)) {
		uint32_t body = facts_copy(facts, walk->at - 1).body;

		if (walk->wanted == NULL ||
			strcmp(facts_body(facts, body).name, walk->wanted) == 0)
			return true;
	}
	return false;
}

static bool
next_function(void *cursor)
{
	struct walk *walk = cursor;

	for (; walk->image < walk->tables->image_count; next_image(walk)) {
		if (!walk->is_wanted[walk->image])
			continue;
		if (walk->list == 0) {
			if (step_entity(walk, true))
				return true;
			next_list(walk);
		}
		if (step_copy(walk))
			return true;
	}
	return false;
}

static void
get_origin(const struct facts *facts, uint32_t index, int column, struct db_cell *cell)
{
	struct facts_origin origin = facts_origin(facts, index);

	set_text(cell, column == FUNCTION_PACKAGE ? origin.package
		       : column == FUNCTION_UNIT  ? origin.unit
						  : origin.source);
}

static void
get_of_function(const struct facts *facts, uint32_t index, int column, struct db_cell *cell)
{
	struct facts_entity entity = facts_entity(facts, index);

	switch (column) {
	case FUNCTION_PACKAGE:
	case FUNCTION_UNIT:
	case FUNCTION_SOURCE:
		get_origin(facts, entity.origin, column, cell);
		break;
	case FUNCTION_NAME:
		set_text(cell, entity.source_name);
		break;
	case FUNCTION_SYMBOL:
		set_text(cell, entity.name);
		break;
	case FUNCTION_TYPE:
		set_text(cell,
			entity.type == FACTS_NONE ? NULL : facts_type(facts, entity.type));
		break;
	case FUNCTION_ADDRESS:
		set_integer(cell, entity.address);
		break;
	case FUNCTION_SIZE:
		set_integer(cell, entity.size);
		break;
	case FUNCTION_INSIDE:
	case FUNCTION_DIGEST:
		break;
	case FUNCTION_FOLDED:
		set_integer(cell, 0);
		break;
	default:
		set_integer(cell, entity.flags >> (column - FUNCTION_FLAGS + 1) & 1);
	}
}

static void
get_of_copy(const struct walk *walk, int column, struct db_cell *cell)
{
	const struct facts *facts = facts_of(walk);
	struct facts_copy copy = facts_copy(facts, walk->at - 1);
	struct facts_body body = facts_body(facts, copy.body);
	char *hex;

	switch (column) {
	case FUNCTION_PACKAGE:
	case FUNCTION_UNIT:
	case FUNCTION_SOURCE:
		get_origin(facts, body.origin, column, cell);
		break;
	case FUNCTION_NAME:
		set_text(cell, body.name);
		break;
	case FUNCTION_INSIDE:
		set_text(cell, facts_entity(facts, walk->owner).name);
		break;
	case FUNCTION_FOLDED:
		set_integer(cell, copy.is_folded);
		break;
	case FUNCTION_DIGEST:
		hex = arena_alloc(walk->tables->arena, (size_t)2 * FACTS_BODY_DIGEST + 1);
		for (size_t i = 0; i < FACTS_BODY_DIGEST; i++)
			for (int n = 0; n < 2; n++)
				hex[2 * i + (size_t)n] =
					"0123456789abcdef"[n == 0 ? body.digest[i] >> 4
								  : body.digest[i] & 15];
		set_text(cell, hex);
		break;
	default:
		break;
	}
}

static void
get_function(void *cursor, int column, struct db_cell *ret_cell)
{
	const struct walk *walk = cursor;

	if (column == FUNCTION_IMAGE)
		set_text(ret_cell, walk->tables->images[walk->image].name);
	else if (walk->list == 0)
		get_of_function(facts_of(walk), walk->at - 1, column, ret_cell);
	else
		get_of_copy(walk, column, ret_cell);
}

/* data */

#define DATA_COLUMNS                                                                \
	"image TEXT, package TEXT, unit TEXT, source TEXT, name TEXT, symbol TEXT," \
	"address INTEGER, size INTEGER, exported INTEGER"

static const int data_columns[] = { FUNCTION_IMAGE, FUNCTION_PACKAGE, FUNCTION_UNIT,
	FUNCTION_SOURCE, FUNCTION_NAME, FUNCTION_SYMBOL, FUNCTION_ADDRESS, FUNCTION_SIZE,
	FUNCTION_FLAGS };

static bool
next_datum(void *cursor)
{
	struct walk *walk = cursor;

	for (; walk->image < walk->tables->image_count; next_image(walk))
		if (walk->is_wanted[walk->image] && step_entity(walk, false))
			return true;
	return false;
}

static void
get_datum(void *cursor, int column, struct db_cell *ret_cell)
{
	get_function(cursor, data_columns[column], ret_cell);
}

/* calls: edges of an image, then its indirect calls */

#define CALL_COLUMNS "image TEXT, caller TEXT, callee TEXT, kind TEXT, slot TEXT, type TEXT"

enum call_column {
	CALL_IMAGE,
	CALL_CALLER,
	CALL_CALLEE,
	CALL_KIND,
	CALL_SLOT,
	CALL_TYPE,
	CALL_COLUMN_COUNT,
};

static int
begin_calls(void *data, const char *const *wanted, void **ret_cursor)
{
	const struct tables *tables = data;
	struct walk *walk = begin(tables, wanted[CALL_IMAGE]);
	const char *caller = wanted[CALL_CALLER], *callee = wanted[CALL_CALLEE];

	for (size_t i = 0; i < tables->image_count; i++) {
		const struct facts *facts = &tables->images[i].facts;

		if (!walk->is_wanted[i])
			continue;
		if ((caller != NULL && !has(facts, FACTS_BY_NAME, caller)) ||
			(callee != NULL && !has(facts, FACTS_BY_NAME, callee) &&
				!has(facts, FACTS_BINDINGS, callee)))
			walk->is_wanted[i] = false;
	}
	*ret_cursor = walk;
	return 0;
}

static bool
next_call(void *cursor)
{
	struct walk *walk = cursor;

	for (; walk->image < walk->tables->image_count; next_image(walk)) {
		const struct facts *facts = facts_of(walk);

		if (!walk->is_wanted[walk->image])
			continue;
		if (walk->list == 0) {
			if (step(walk, facts->edge_count, facts_edges_of))
				return true;
			next_list(walk);
		}
		if (step(walk, facts->indirect_count, facts_indirects_of))
			return true;
	}
	return false;
}

static void
get_of_edge(const struct facts *facts, uint32_t index, int column, struct db_cell *cell)
{
	static const char *const kinds[] = { "call", "reference", "alias" };
	struct facts_edge edge = facts_edge(facts, index);

	if (column == CALL_KIND)
		set_text(cell, kinds[edge.kind]);
	else if (column == CALL_CALLEE && !edge.is_binding)
		set_text(cell, facts_entity(facts, edge.to).name);
	else if (column == CALL_CALLEE)
		set_text(cell, facts_binding(facts, edge.to).symbol);
	else if (column == CALL_SLOT && edge.is_binding)
		set_text(cell, facts_slot(facts, facts_binding(facts, edge.to).slot).name);
}

static void
get_call(void *cursor, int column, struct db_cell *ret_cell)
{
	const struct walk *walk = cursor;
	const struct facts *facts = facts_of(walk);
	uint32_t type;

	if (column == CALL_IMAGE) {
		set_text(ret_cell, walk->tables->images[walk->image].name);
	} else if (column == CALL_CALLER) {
		set_text(ret_cell, facts_entity(facts, walk->owner).name);
	} else if (walk->list == 0) {
		get_of_edge(facts, walk->at - 1, column, ret_cell);
	} else if (column == CALL_KIND) {
		set_text(ret_cell, "indirect");
	} else if (column == CALL_TYPE) {
		type = facts_indirect(facts, walk->at - 1).type;
		set_text(ret_cell, type == FACTS_NONE ? NULL : facts_type(facts, type));
	}
}

/* bindings */

#define BINDING_COLUMNS "image TEXT, slot TEXT, symbol TEXT, kind TEXT"

enum binding_column { BINDING_IMAGE, BINDING_SLOT, BINDING_SYMBOL, BINDING_KIND };

static int
begin_bindings(void *data, const char *const *wanted, void **ret_cursor)
{
	const struct tables *tables = data;
	struct walk *walk = begin(tables, wanted[BINDING_IMAGE]);
	const char *symbol = wanted[BINDING_SYMBOL];

	for (size_t i = 0; symbol != NULL && i < tables->image_count; i++)
		if (!has(&tables->images[i].facts, FACTS_BINDINGS, symbol))
			walk->is_wanted[i] = false;
	*ret_cursor = walk;
	return 0;
}

static bool
next_binding(void *cursor)
{
	struct walk *walk = cursor;

	for (; walk->image < walk->tables->image_count; next_image(walk))
		if (walk->is_wanted[walk->image] &&
			step(walk, facts_of(walk)->binding_count, NULL))
			return true;
	return false;
}

static void
get_binding(void *cursor, int column, struct db_cell *ret_cell)
{
	const struct walk *walk = cursor;
	const struct facts *facts = facts_of(walk);
	struct facts_binding binding = facts_binding(facts, walk->at - 1);

	switch (column) {
	case BINDING_IMAGE:
		set_text(ret_cell, walk->tables->images[walk->image].name);
		break;
	case BINDING_SLOT:
		set_text(ret_cell, facts_slot(facts, binding.slot).name);
		break;
	case BINDING_SYMBOL:
		set_text(ret_cell, binding.symbol);
		break;
	default:
		set_text(ret_cell, binding.is_function ? "function" : "data");
	}
}

static const struct db_source sources[] = {
	{ .name = "functions",
		.columns = FUNCTION_COLUMNS,
		.column_count = FUNCTION_COLUMN_COUNT,
		.searchable =
			1U << FUNCTION_IMAGE | 1U << FUNCTION_NAME | 1U << FUNCTION_SYMBOL,
		.begin = begin_functions,
		.next = next_function,
		.get = get_function,
		.end = end },
	{ .name = "data",
		.columns = DATA_COLUMNS,
		.column_count = sizeof data_columns / sizeof data_columns[0],
		.searchable =
			1U << FUNCTION_IMAGE | 1U << FUNCTION_NAME | 1U << FUNCTION_SYMBOL,
		.begin = begin_functions,
		.next = next_datum,
		.get = get_datum,
		.end = end },
	{ .name = "calls",
		.columns = CALL_COLUMNS,
		.column_count = CALL_COLUMN_COUNT,
		.searchable = 1U << CALL_IMAGE | 1U << CALL_CALLER | 1U << CALL_CALLEE,
		.begin = begin_calls,
		.next = next_call,
		.get = get_call,
		.end = end },
	{ .name = "bindings",
		.columns = BINDING_COLUMNS,
		.column_count = 4,
		.searchable = 1U << BINDING_IMAGE | 1U << BINDING_SYMBOL,
		.begin = begin_bindings,
		.next = next_binding,
		.get = get_binding,
		.end = end },
};

int
tables_add(struct tables *tables, struct db *db)
{
	size_t count = sizeof sources / sizeof sources[0];
	struct db_source *own = arena_array(tables->arena, count, sizeof *own);

	memcpy(own, sources, sizeof sources);
	for (size_t i = 0; i < count; i++) {
		own[i].data = tables;
		TRY(db_add_source(db, &own[i]));
	}
	return 0;
}
