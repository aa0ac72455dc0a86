/* SPDX-License-Identifier: MIT */
/* Bindings and types are looked up once, when an image is added: searches see numbers only. */
#include "pkgd/audit/image.h"

#include "base/arena.h"
#include "base/err.h"

#include <stdlib.h>
#include <string.h>

void
audit_images_init(struct audit_images *images, struct arena *arena)
{
	*images = (struct audit_images){ .arena = arena };
	call_types_init(&images->types, arena);
}

uint32_t
audit_images_find_slot(const struct audit_images *images, const char *name)
{
	uintptr_t known = (uintptr_t)map_get(&images->slots, name);

	return known == 0 ? AUDIT_NO_IMAGE : (uint32_t)(known - 1);
}

static uint32_t
find_program(const struct audit_images *images, const char *path)
{
	uintptr_t known = (uintptr_t)map_get(&images->programs, path);

	return known == 0 ? AUDIT_NO_IMAGE : (uint32_t)(known - 1);
}

/* Tell a program of a plug-in that it may open; plug-ins come after their programs. */
static void
tell_program(struct audit_images *images, const struct audit_image *plugin, uint32_t index)
{
	struct audit_image *program =
		&images->at.at[plugin->slots[plugin->facts.slot_count - 1]];
	uint32_t *plugins = arena_array(
		images->arena, (size_t)program->plugin_count + 1, sizeof plugins[0]);

	if (program->plugin_count > 0)
		memcpy(plugins, program->plugins, program->plugin_count * sizeof plugins[0]);
	plugins[program->plugin_count++] = index;
	program->plugins = plugins;
}

static int
find_slots(struct audit_images *images, struct audit_image *image)
{
	image->slots =
		arena_array(images->arena, image->facts.slot_count + 1, sizeof image->slots[0]);
	for (uint32_t i = 0; i < image->facts.slot_count; i++) {
		const char *name = facts_slot(&image->facts, i).name;
		/* What a plug-in is bound to last is its program. */
		bool is_program = image->is_plugin && i + 1 == image->facts.slot_count;

		image->slots[i] = is_program ? find_program(images, name)
					     : audit_images_find_slot(images, name);
		if (image->slots[i] == AUDIT_NO_IMAGE)
			return err_set(ERR_NOT_FOUND,
				"%s: the facts of its %s %s are missing (run 'weld relink')",
				image->name, is_program ? "program" : "slot", name);
	}
	return 0;
}

/* The entity of a slot that a symbol names: an exported one before others. */
static int
search_export(const struct audit_image *slot, const char *symbol, uint32_t *ret_entity)
{
	struct facts_range range = facts_find(&slot->facts, FACTS_BY_NAME, symbol);

	for (uint32_t i = range.first; i < range.end; i++) {
		uint32_t entity = facts_at(&slot->facts, FACTS_BY_NAME, i);

		*ret_entity = entity;
		if ((facts_entity(&slot->facts, entity).flags & FACTS_EXPORTED) != 0)
			return 0;
	}
	return range.end > range.first ? 0
				       : err_set(ERR_NOT_FOUND, "slot %s: no %s in its facts",
						 slot->name, symbol);
}

/* Many programs ask for the same few symbols. */
static int
find_export(
	struct arena *arena, struct audit_image *slot, const char *symbol, uint32_t *ret_entity)
{
	uintptr_t known = (uintptr_t)map_get(&slot->exports, symbol);

	if (known == 0) {
		TRY(search_export(slot, symbol, ret_entity));
		map_set(arena, &slot->exports, symbol, (void *)((uintptr_t)*ret_entity + 1));
		return 0;
	}
	*ret_entity = (uint32_t)(known - 1);
	return 0;
}

static int
find_bindings(struct audit_images *images, struct audit_image *image)
{
	image->bindings = arena_array(
		images->arena, image->facts.binding_count + 1, sizeof image->bindings[0]);
	for (uint32_t i = 0; i < image->facts.binding_count; i++) {
		struct facts_binding binding = facts_binding(&image->facts, i);
		uint32_t slot = image->slots[binding.slot];

		image->bindings[i].image = slot;
		TRY(err_context(find_export(images->arena, &images->at.at[slot], binding.symbol,
					&image->bindings[i].index),
			"%s", image->name));
	}
	return 0;
}

/* What runs without being called. libc's start is entered by the mapper's code, and enters main. */
static bool
is_root(const struct audit_image *image, const struct facts_entity *entity)
{
	if ((entity->flags & (FACTS_ENTRY | FACTS_CONSTRUCTOR | FACTS_DESTRUCTOR)) != 0)
		return true;
	return image->is_slot && strcmp(entity->name, "__libc_start_main") == 0;
}

/* main comes first, so that a chain begins there when several are as short. */
static void
find_roots(struct arena *arena, struct audit_image *image)
{
	VEC(uint32_t) roots = { 0 };

	for (uint32_t i = 0; i < image->facts.entity_count; i++) {
		struct facts_entity entity = facts_entity(&image->facts, i);

		if (!is_root(image, &entity))
			continue;
		vec_push(arena, &roots, i);
		if (strcmp(entity.source_name, "main") == 0) {
			roots.at[roots.len - 1] = roots.at[0];
			roots.at[0] = i;
		}
	}
	image->roots = roots.at;
	image->root_count = (uint32_t)roots.len;
}

struct ordered { /* an entity, to be sorted by address */
	uint64_t address;
	uint32_t entity;
	bool is_open; /* native, and where it ends is not known */
	bool is_native;
};

static int
compare_ordered(const void *a, const void *b)
{
	const struct ordered *left = a;
	const struct ordered *right = b;

	return (left->address > right->address) - (left->address < right->address);
}

/* Tie together those of one address, from `first` to before `end`, and what they run into. */
static void
tie(struct audit_image *image, const struct ordered *list, size_t first, size_t end,
	size_t count)
{
	for (size_t i = first; i < end; i++) {
		uint32_t entity = list[i].entity;

		image->twins[entity] = list[i + 1 < end ? i + 1 : first].entity;
		/* Assembly without sizes may run on into what stands behind it. */
		if (list[i].is_open && end < count && list[end].is_native)
			image->runs_into[entity] = list[end].entity;
	}
}

/* Which entities have the same address: what is called by one name may be known by another. */
static void
order_entities(struct arena *arena, struct audit_image *image)
{
	uint32_t count = image->facts.entity_count;
	struct ordered *list = arena_array(arena, (size_t)count + 1, sizeof list[0]);
	bool is_sorted = true;
	size_t first = 0;

	image->twins = arena_array(arena, (size_t)count + 1, sizeof image->twins[0]);
	image->runs_into = arena_array(arena, (size_t)count + 1, sizeof image->runs_into[0]);
	for (uint32_t i = 0; i < count; i++) {
		struct facts_entity entity = facts_entity(&image->facts, i);
		uint32_t native = FACTS_FUNCTION | FACTS_NATIVE;

		image->twins[i] = image->runs_into[i] = i;
		list[i] = (struct ordered){ .address = entity.address,
			.entity = i,
			.is_native = (entity.flags & native) == native,
			.is_open = (entity.flags & native) == native && entity.size == 0 };
		is_sorted = is_sorted && (i == 0 || list[i - 1].address <= entity.address);
	}
	if (!is_sorted)
		qsort(list, count, sizeof list[0], compare_ordered);
	for (size_t i = 1; i <= count; i++) {
		if (i < count && list[i].address == list[first].address)
			continue;
		if (list[first].address > 0)
			tie(image, list, first, i, count);
		first = i;
	}
}

/* A unit that names the source of a function also says what was copied into it; others do not. */
static void
find_unrecorded(struct arena *arena, struct audit_image *image)
{
	bool *is_code = arena_alloc(arena, (size_t)image->facts.origin_count + 1);
	VEC(uint32_t) unrecorded = { 0 };

	for (uint32_t i = 0; i < image->facts.entity_count; i++) {
		struct facts_entity entity = facts_entity(&image->facts, i);

		if ((entity.flags & FACTS_FUNCTION) != 0 && (entity.flags & FACTS_NATIVE) == 0)
			is_code[entity.origin] = true;
	}
	for (uint32_t i = 0; i < image->facts.origin_count; i++)
		if (is_code[i] && facts_origin(&image->facts, i).source[0] == '\0')
			vec_push(arena, &unrecorded, i);
	image->unrecorded = unrecorded.at;
	image->unrecorded_count = (uint32_t)unrecorded.len;
}

int
audit_images_add(struct audit_images *images, struct str bytes, const struct digest *digest,
	uint32_t *ret_index)
{
	struct audit_image image = { 0 };
	struct facts_image about;

	TRY(facts_open(bytes, &image.facts));
	about = facts_image(&image.facts);
	if (digest != NULL && !digest_equal(digest, &about.digest))
		return err_set(ERR_FORMAT, "they are of another image (run 'weld relink')");
	image.name = about.name;
	image.is_slot = about.kind == FACTS_SLOT;
	image.is_plugin = about.kind == FACTS_PLUGIN;
	if (image.is_plugin && image.facts.slot_count == 0)
		return err_set(ERR_FORMAT, "a plug-in without its program");
	image.place_count = image.facts.entity_count + image.facts.body_count;
	TRY(find_slots(images, &image));
	TRY(find_bindings(images, &image));
	image.types =
		arena_array(images->arena, image.facts.type_count + 1, sizeof image.types[0]);
	for (uint32_t i = 0; i < image.facts.type_count; i++)
		image.types[i] = call_types_add(&images->types, facts_type(&image.facts, i));
	image.marks = arena_alloc(images->arena, image.place_count + 1);
	image.ways =
		arena_array(images->arena, (size_t)image.place_count + 1, sizeof image.ways[0]);
	find_roots(images->arena, &image);
	order_entities(images->arena, &image);
	find_unrecorded(images->arena, &image);
	*ret_index = (uint32_t)images->at.len;
	vec_push(images->arena, &images->at, image);
	if (image.is_slot)
		map_set(images->arena, &images->slots, image.name,
			(void *)(uintptr_t)images->at.len);
	else if (image.is_plugin)
		tell_program(images, &image, *ret_index);
	else
		map_set(images->arena, &images->programs, image.name,
			(void *)(uintptr_t)images->at.len);
	return 0;
}

const char *
audit_place_name(const struct audit_images *images, struct audit_place place)
{
	const struct facts *facts = &images->at.at[place.image].facts;

	if (place.index >= facts->entity_count)
		return facts_body(facts, place.index - facts->entity_count).name;
	return facts_entity(facts, place.index).source_name;
}

struct facts_origin
audit_place_origin(const struct audit_images *images, struct audit_place place)
{
	const struct facts *facts = &images->at.at[place.image].facts;

	return facts_origin(
		facts, place.index >= facts->entity_count
			       ? facts_body(facts, place.index - facts->entity_count).origin
			       : facts_entity(facts, place.index).origin);
}
