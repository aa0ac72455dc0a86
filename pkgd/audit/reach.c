/* SPDX-License-Identifier: MIT */
/*
 * Two breadth-first walks with one queue. The first follows direct calls, so that the way to each
 * place is a shortest one. The second goes over the same places again for the addresses that they
 * take and their calls through pointers, and on from what these lead to.
 *
 * (I1) A place is queued once in each walk: places are never marked twice.
 * (I2) A function whose address is taken waits under its shape until a call that reaches this
 *      shape is found; once a shape is open, functions of it wait no more.
 */
#include "pkgd/audit/reach.h"

#include "base/arena.h"
#include "pkgd/audit/native.h"

#include <string.h>

#define NO_WAITING UINT32_MAX
#define CHAIN_MAX 1000 /* steps; a longer one is taken for a circle */

struct waiting { /* a function whose address is taken */
	struct audit_place place;
	uint32_t next; /* index of another one of its shape */
};

struct opening { /* the first call that reaches a shape */
	bool is_open;
	enum audit_how how;
	struct audit_place caller; /* of AUDIT_INDIRECT */
	uint32_t type;
	uint32_t waiting; /* index of the first; NO_WAITING */
};

struct reach {
	struct arena *arena;
	struct audit_images *images;
	uint32_t *seen; /* images of this search */
	size_t seen_count;
	struct audit_place *queue; /* room for all places twice */
	size_t head;
	size_t tail;
	struct waiting *waiting; /* room for all places */
	uint32_t waiting_count;
	struct opening *openings; /* by shape */
	struct opening *calls; /* by shape: the first call of exactly this one */
	bool *matrix; /* by shape of the call, shape of the function */
	size_t shape_count;
};

struct reach *
reach_new(struct arena *arena, struct audit_images *images)
{
	struct reach *reach = ARENA_NEW(arena, struct reach);
	size_t places = 1;
	size_t shapes = images->types.shapes.len;

	for (size_t i = 0; i < images->at.len; i++)
		places += images->at.at[i].place_count;
	*reach = (struct reach){ .arena = arena, .images = images, .shape_count = shapes };
	reach->seen = arena_array(arena, images->at.len + 1, sizeof reach->seen[0]);
	reach->queue = arena_array(arena, places, 2 * sizeof reach->queue[0]);
	reach->waiting = arena_array(arena, places, sizeof reach->waiting[0]);
	reach->openings = arena_array(arena, shapes, sizeof reach->openings[0]);
	reach->calls = arena_array(arena, shapes, sizeof reach->calls[0]);
	reach->matrix = arena_array(arena, shapes * shapes, sizeof reach->matrix[0]);
	for (size_t call = 0; call < shapes; call++)
		for (size_t function = 0; function < shapes; function++)
			reach->matrix[call * shapes + function] = call_shape_reaches(
				&images->types, (uint32_t)call, (uint32_t)function);
	return reach;
}

const uint32_t *
reach_images(const struct reach *reach, size_t *ret_count)
{
	*ret_count = reach->seen_count;
	return reach->seen;
}

const struct audit_images *
reach_all_images(const struct reach *reach)
{
	return reach->images;
}

static struct audit_image *
image_of(const struct reach *reach, struct audit_place place)
{
	return &reach->images->at.at[place.image];
}

static uint8_t *
marks_of(const struct reach *reach, struct audit_place place)
{
	return &image_of(reach, place)->marks[place.index];
}

static void
visit(struct reach *reach, struct audit_place place, enum reach_mark mark, struct audit_way way)
{
	uint8_t *marks = marks_of(reach, place);

	if ((*marks & (REACH_DIRECT | REACH_POSSIBLE)) != 0)
		return;
	*marks |= mark;
	image_of(reach, place)->ways[place.index] = way;
	reach->queue[reach->tail++] = place;
}

static struct audit_place
target_of(const struct reach *reach, struct audit_place from, const struct facts_edge *edge)
{
	if (edge->is_binding)
		return image_of(reach, from)->bindings[edge->to];
	return (struct audit_place){ from.image, edge->to };
}

/* Other names of a function, and what it runs into. */
static void
visit_neighbours(struct reach *reach, struct audit_place place, enum reach_mark mark)
{
	const struct audit_image *image = image_of(reach, place);
	struct audit_place other = place;

	for (uint32_t i = image->twins[place.index]; i != place.index; i = image->twins[i]) {
		other.index = i;
		visit(reach, other, mark,
			(struct audit_way){ .how = AUDIT_ALIAS, .from = place });
	}
	other.index = image->runs_into[place.index];
	visit(reach, other, mark, (struct audit_way){ .how = AUDIT_CALL, .from = place });
}

/* What a function leads to without pointers: calls, copies inside it, other names. */
static void
follow_calls(struct reach *reach, struct audit_place place, enum reach_mark mark)
{
	const struct facts *facts = &image_of(reach, place)->facts;
	bool is_data = (*marks_of(reach, place) & REACH_USED) != 0;
	struct facts_range range;

	if (place.index >= facts->entity_count || is_data)
		return;
	range = facts_edges_of(facts, place.index);
	for (uint32_t i = range.first; i < range.end; i++) {
		struct facts_edge edge = facts_edge_of(facts, place.index, i);

		if (edge.kind != FACTS_REFERENCE)
			visit(reach, target_of(reach, place, &edge), mark,
				(struct audit_way){ .how = edge.kind == FACTS_CALL
								   ? AUDIT_CALL
								   : AUDIT_ALIAS,
					.from = place });
	}
	range = facts_copies_of(facts, place.index);
	for (uint32_t i = range.first; i < range.end; i++) {
		struct facts_copy copy = facts_copy_of(facts, place.index, i);

		if (!copy.is_folded)
			visit(reach,
				(struct audit_place){
					place.image, facts->entity_count + copy.body },
				mark, (struct audit_way){ .how = AUDIT_COPY, .from = place });
	}
	visit_neighbours(reach, place, mark);
}

/* Let a call through a pointer reach a function. */
static void
enter(struct reach *reach, struct audit_place place, const struct opening *opening)
{
	struct audit_way *way = &image_of(reach, place)->ways[place.index];
	struct audit_place taken_by = way->taken_by;
	bool is_signal = opening->how == AUDIT_SIGNAL;

	visit(reach, place, REACH_POSSIBLE,
		(struct audit_way){ .how = opening->how,
			.from = is_signal ? taken_by : opening->caller,
			.taken_by = taken_by,
			.type = opening->type });
}

/* From here on functions of a shape may be called. */
static void
open_shape(struct reach *reach, size_t shape, const struct opening *by)
{
	struct opening *opening = &reach->openings[shape];
	uint32_t at = opening->waiting;

	if (opening->is_open)
		return;
	*opening = *by;
	opening->is_open = true;
	for (; at != NO_WAITING; at = reach->waiting[at].next)
		enter(reach, reach->waiting[at].place, opening);
}

static uint32_t
type_of(const struct reach *reach, struct audit_place place, uint32_t type)
{
	return type == FACTS_NONE ? CALL_TYPE_ANY : image_of(reach, place)->types[type];
}

/* A function within reach calls through a pointer. */
static void
follow_indirect(struct reach *reach, struct audit_place caller, uint32_t type)
{
	const char *known = native_call(&image_of(reach, caller)->facts, caller.index);
	uint32_t number = known == NULL ? type_of(reach, caller, type)
					: call_types_find(&reach->images->types, known);
	uint32_t shape = reach->images->types.at.at[number].shape;

	if ((known != NULL && known[0] == '\0') || reach->calls[shape].is_open)
		return;
	reach->calls[shape] = (struct opening){
		.is_open = true, .how = AUDIT_INDIRECT, .caller = caller, .type = number
	};
	for (size_t i = 0; i < reach->shape_count; i++)
		if (reach->matrix[shape * reach->shape_count + i])
			open_shape(reach, i, &reach->calls[shape]);
}

/* Something within reach takes the address of a function. */
static void
take(struct reach *reach, struct audit_place place, struct audit_place by, uint32_t type)
{
	uint8_t *marks = marks_of(reach, place);
	uint32_t known = type_of(reach, place, type);
	struct opening *opening = &reach->openings[reach->images->types.at.at[known].shape];

	if ((*marks & (REACH_DIRECT | REACH_POSSIBLE | REACH_TAKEN)) != 0)
		return;
	*marks |= REACH_TAKEN;
	image_of(reach, place)->ways[place.index].taken_by = by;
	if (opening->is_open) {
		enter(reach, place, opening);
		return;
	}
	reach->waiting[reach->waiting_count] = (struct waiting){ place, opening->waiting };
	opening->waiting = reach->waiting_count++;
}

/* The function or datum that code or data within reach refers to; an exported datum to itself. */
static void
refer(struct reach *reach, struct audit_place place, struct audit_place by)
{
	struct facts_entity entity = facts_entity(&image_of(reach, place)->facts, place.index);
	uint8_t *marks = marks_of(reach, place);
	bool is_root = by.image == place.image && by.index == place.index;

	if ((entity.flags & FACTS_FUNCTION) != 0) {
		take(reach, place, by, entity.type);
	} else if ((*marks & REACH_USED) == 0) {
		*marks |= REACH_USED;
		image_of(reach, place)->ways[place.index] =
			(struct audit_way){ .how = is_root ? AUDIT_ROOT : AUDIT_REFERENCE,
				.from = by };
		reach->queue[reach->tail++] = place;
	}
}

/* The same with its other names. */
static void
refer_all(struct reach *reach, struct audit_place place, struct audit_place by)
{
	const struct audit_image *image = image_of(reach, place);
	uint32_t i = place.index;

	do {
		refer(reach, (struct audit_place){ place.image, i }, by);
		i = image->twins[i];
	} while (i != place.index);
}

/* The second walk at one place: addresses and pointers. */
static void
follow_pointers(struct reach *reach, struct audit_place place)
{
	const struct facts *facts = &image_of(reach, place)->facts;
	bool is_data = (*marks_of(reach, place) & REACH_USED) != 0;
	struct facts_range range;

	if (place.index >= facts->entity_count)
		return;
	range = facts_edges_of(facts, place.index);
	for (uint32_t i = range.first; i < range.end; i++) {
		struct facts_edge edge = facts_edge_of(facts, place.index, i);

		if (edge.kind == FACTS_REFERENCE || is_data)
			refer_all(reach, target_of(reach, place, &edge), place);
	}
	range = facts_indirects_of(facts, place.index);
	for (uint32_t i = range.first; i < range.end; i++)
		follow_indirect(reach, place, facts_indirect_of(facts, place.index, i).type);
}

/* An image and the slots it is bound to, and theirs. */
static void
see_image(struct reach *reach, uint32_t index)
{
	const struct audit_image *image = &reach->images->at.at[index];

	for (size_t i = 0; i < reach->seen_count; i++)
		if (reach->seen[i] == index)
			return;
	reach->seen[reach->seen_count++] = index;
	memset(image->marks, 0, image->place_count);
	for (uint32_t i = 0; i < image->facts.slot_count; i++)
		see_image(reach, image->slots[i]);
	for (uint32_t i = 0; i < image->plugin_count; i++)
		see_image(reach, image->plugins[i]);
}

static void
begin(struct reach *reach, uint32_t image)
{
	reach->seen_count = 0;
	reach->head = reach->tail = 0;
	reach->waiting_count = 0;
	see_image(reach, image);
	for (size_t i = 0; i < reach->shape_count; i++) {
		reach->calls[i] = (struct opening){ 0 };
		reach->openings[i] = (struct opening){ .waiting = NO_WAITING };
	}
}

static void
visit_exports(struct reach *reach, uint32_t index, enum reach_mark mark)
{
	struct audit_way root = { .how = AUDIT_ROOT };
	struct audit_place place = { .image = index };
	const struct audit_image *image = image_of(reach, place);

	for (uint32_t i = 0; i < image->facts.entity_count; i++) {
		struct facts_entity entity = facts_entity(&image->facts, i);

		place.index = i;
		if ((entity.flags & FACTS_EXPORTED) != 0 &&
			(entity.flags & FACTS_FUNCTION) != 0)
			visit(reach, place, mark, root);
		else if ((entity.flags & FACTS_EXPORTED) != 0)
			refer(reach, place, place);
	}
}

static void
visit_roots(struct reach *reach)
{
	struct audit_way root = { .how = AUDIT_ROOT };
	struct audit_place place = { .image = reach->seen[0] };

	for (size_t i = 0; i < reach->seen_count; i++) {
		place.image = reach->seen[i];
		for (uint32_t k = 0; k < image_of(reach, place)->root_count; k++) {
			place.index = image_of(reach, place)->roots[k];
			visit(reach, place, REACH_DIRECT, root);
		}
	}
	if (image_of(reach, (struct audit_place){ .image = reach->seen[0] })->is_slot)
		visit_exports(reach, reach->seen[0], REACH_DIRECT);
}

/* Whether a search has come to the function that finds others by their names. */
static bool
has_dlsym(const struct reach *reach)
{
	for (size_t i = 0; i < reach->seen_count; i++) {
		struct audit_place place = { .image = reach->seen[i] };
		const struct facts *facts = &image_of(reach, place)->facts;
		struct facts_range range = facts_find(facts, FACTS_BY_NAME, "dlsym");

		for (uint32_t k = range.first; k < range.end; k++) {
			place.index = facts_at(facts, FACTS_BY_NAME, k);
			if ((*marks_of(reach, place) & (REACH_DIRECT | REACH_POSSIBLE)) != 0)
				return true;
		}
	}
	return false;
}

/* What a program gets to by name, while it runs. Returns whether that led further. */
static bool
open_exports(struct reach *reach)
{
	size_t before = reach->tail;
	bool is_by_name = has_dlsym(reach);

	for (size_t i = 0; i < reach->seen_count; i++)
		if (is_by_name || reach->images->at.at[reach->seen[i]].is_plugin)
			visit_exports(reach, reach->seen[i], REACH_POSSIBLE);
	return reach->tail > before;
}

void
reach_search(struct reach *reach, uint32_t image)
{
	static const struct opening kernel = { .how = AUDIT_SIGNAL };

	begin(reach, image);
	visit_roots(reach);
	while (reach->head < reach->tail)
		follow_calls(reach, reach->queue[reach->head++], REACH_DIRECT);
	/* From here on nothing is marked as direct: the way there was a shortest one. */
	for (size_t i = 0; i < reach->shape_count; i++)
		if (reach->images->types.shapes.at[i].may_handle_signals)
			open_shape(reach, i, &kernel);
	reach->head = 0;
	do {
		for (; reach->head < reach->tail; reach->head++) {
			struct audit_place place = reach->queue[reach->head];

			if ((*marks_of(reach, place) & REACH_POSSIBLE) != 0)
				follow_calls(reach, place, REACH_POSSIBLE);
			follow_pointers(reach, place);
		}
	} while (open_exports(reach));
}

/*
 * The step that is told to lead to a place: of calls through pointers rather one whose type is the
 * function's own than the first that could reach it.
 */
static struct audit_way
told_way(const struct reach *reach, struct audit_place place, bool prefers_own_type)
{
	struct audit_way way = image_of(reach, place)->ways[place.index];
	const struct facts *facts = &image_of(reach, place)->facts;
	const struct opening *call;
	uint32_t type;

	if (way.how != AUDIT_INDIRECT || !prefers_own_type)
		return way;
	type = type_of(reach, place, facts_entity(facts, place.index).type);
	call = &reach->calls[reach->images->types.at.at[type].shape];
	if (type != CALL_TYPE_ANY && call->is_open) {
		way.from = call->caller;
		way.type = call->type;
	}
	return way;
}

/* Walk back to a root; false when the way has become a circle. */
static bool
walk_back(const struct reach *reach, struct audit_place place, bool prefers_own_type,
	struct arena *arena, struct reach_step **ret_steps, size_t *ret_count)
{
	VEC(struct reach_step) steps = { 0 };

	for (;;) {
		struct audit_way way = told_way(reach, place, prefers_own_type);

		vec_push(arena, &steps, (struct reach_step){ place, way });
		if (way.how == AUDIT_ROOT)
			break;
		if (prefers_own_type && steps.len > CHAIN_MAX)
			return false;
		place = way.from;
	}
	*ret_steps = steps.at;
	*ret_count = steps.len;
	return true;
}

void
reach_chain(const struct reach *reach, struct arena *arena, struct audit_place place,
	struct reach_step **ret_steps, size_t *ret_count)
{
	struct reach_step *steps;
	size_t count;

	/* (I3) Without preferences each step was marked before the next one: there is no circle. */
	if (!walk_back(reach, place, true, arena, &steps, &count))
		(void)walk_back(reach, place, false, arena, &steps, &count);
	for (size_t i = 0; i < count / 2; i++) {
		struct reach_step step = steps[i];

		steps[i] = steps[count - 1 - i];
		steps[count - 1 - i] = step;
	}
	*ret_steps = steps;
	*ret_count = count;
}
