/* SPDX-License-Identifier: MIT */
/* Images are the same when their bytes are; what is told of others is why they may differ. */
#include "pkgd/graph/diff.h"

#include "base/arena.h"
#include "base/map.h"
#include "store/generation.h"

#include <inttypes.h>
#include <string.h>

static const char *
image_key(struct arena *arena, const struct generation_image *image)
{
	return arena_printf(arena, "%d %s", image->is_slot, image->name);
}

static void
index_images(struct arena *arena, const struct generation *generation, struct map *ret_map)
{
	for (size_t i = 0; i < generation->image_count; i++)
		map_set(arena, ret_map, image_key(arena, &generation->images[i]),
			(void *)&generation->images[i]);
}

static bool
has_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The names of the one list that the other has not. */
static void
set_missing(json_t *object, const char *key, const char *const *names, size_t count,
	const char *const *others, size_t other_count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		if (!has_name(others, other_count, names[i]))
			json_array_append_new(list, json_string(names[i]));
	if (json_array_size(list) > 0)
		json_object_set_new(object, key, list);
	else
		json_decref(list);
}

static json_t *
describe(const char *action, const struct generation_image *image)
{
	return json_pack("{s:s, s:s, s:s, s:s}", "action", action, "kind",
		image->is_slot ? "slot" : "program", "name", image->name, "package",
		image->package);
}

static void
set_place(struct arena *arena, json_t *change, const char *key,
	const struct generation_image *image)
{
	char hex[DIGEST_HEX_SIZE];

	json_object_set_new(change, key,
		json_pack("{s:s, s:s, s:I}", "address",
			arena_printf(arena, "0x%" PRIx64, image->base), "layout_id",
			digest_hex(&image->layout_id, hex), "reserved",
			(json_int_t)image->size));
}

static json_t *
describe_change(struct arena *arena, const struct generation_image *old,
	const struct generation_image *new)
{
	json_t *change = describe("change", new);

	json_object_set_new(change, "old_package", json_string(old->package));
	json_object_set_new(change, "old_size", json_integer((json_int_t)old->file_size));
	json_object_set_new(change, "size", json_integer((json_int_t) new->file_size));
	set_missing(change, "slots_added", new->slots, new->slot_count, old->slots,
		old->slot_count);
	set_missing(change, "slots_removed", old->slots, old->slot_count, new->slots,
		new->slot_count);
	set_missing(change, "private_added", new->privates, new->private_count, old->privates,
		old->private_count);
	set_missing(change, "private_removed", old->privates, old->private_count, new->privates,
		new->private_count);
	if (new->is_slot) {
		set_place(arena, change, "old_slot", old);
		set_place(arena, change, "slot", new);
		json_object_set_new(change, "layout_changed",
			json_boolean(!digest_equal(&old->layout_id, &new->layout_id)));
	}
	return change;
}

json_t *
diff_images(
	struct arena *arena, const struct generation *before, const struct generation *after)
{
	json_t *list = json_array();
	struct map old_images = { 0 };
	struct map new_images = { 0 };

	index_images(arena, before, &old_images);
	index_images(arena, after, &new_images);
	for (size_t i = 0; i < after->image_count; i++) {
		const struct generation_image *new = &after->images[i];
		const struct generation_image *old =
			map_get(&old_images, image_key(arena, new));

		if (old != NULL && digest_equal(&old->digest, &new->digest))
			continue;
		json_array_append_new(list,
			old == NULL ? describe("add", new) : describe_change(arena, old, new));
	}
	for (size_t i = 0; i < before->image_count; i++)
		if (!map_has(&new_images, image_key(arena, &before->images[i])))
			json_array_append_new(list, describe("remove", &before->images[i]));
	return list;
}
