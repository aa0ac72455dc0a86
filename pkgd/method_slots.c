/* SPDX-License-Identifier: MIT */
/* The arena as the current generation has it: slots by address, then what is private and why. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/state.h"

#include <stdlib.h>
#include <string.h>

static const struct generation_decision *
find_decision(const struct generation *generation, const char *library)
{
	for (size_t i = 0; i < generation->decision_count; i++)
		if (strcmp(generation->decisions[i].library, library) == 0)
			return &generation->decisions[i];
	return NULL;
}

/* The programs that are bound to a slot, or have a library inside. */
static json_t *
users_of(const struct generation *generation, const char *library)
{
	json_t *users = json_array();

	for (size_t i = 0; i < generation->image_count; i++) {
		const struct generation_image *image = &generation->images[i];
		bool uses = false;

		for (size_t k = 0; k < image->slot_count; k++)
			uses = uses || strcmp(image->slots[k], library) == 0;
		for (size_t k = 0; k < image->private_count; k++)
			uses = uses || strcmp(image->privates[k], library) == 0;
		if (uses && !image->is_slot)
			json_array_append_new(users, json_string(image->name));
	}
	return users;
}

static int
compare_bases(const void *a, const void *b)
{
	const struct generation_image *const *left = a;
	const struct generation_image *const *right = b;

	return ((*left)->base > (*right)->base) - ((*left)->base < (*right)->base);
}

static json_t *
slot_json(struct request *request, const struct generation *generation,
	const struct generation_image *image)
{
	const struct generation_decision *decision = find_decision(generation, image->name);
	json_t *slot = json_pack("{s:s, s:s, s:I, s:I, s:I}", "name", image->name, "package",
		image->package, "base", (json_int_t)image->base, "size",
		(json_int_t)image->size, "file_size", (json_int_t)image->file_size);

	json_object_set_new(slot, "base_hex",
		json_string(arena_printf(
			request->arena, "0x%llx", (unsigned long long)image->base)));
	json_object_set_new(slot, "layout_id", json_from_digest(&image->layout_id));
	json_object_set_new(slot, "image", json_from_digest(&image->digest));
	json_object_set_new(slot, "path",
		json_string(arena_printf(request->arena, "%s/store/%s/%s", request->root,
			image->store_name, image->store_file)));
	json_object_set_new(slot, "users", users_of(generation, image->name));
	if (decision != NULL) {
		json_object_set_new(slot, "reason", json_string(decision->reason));
		json_object_set_new(
			slot, "saved_bytes", json_integer((json_int_t)decision->saved_bytes));
	}
	return slot;
}

int
method_slots(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const struct generation *generation = &state.current;
	const struct generation_image **slots;
	size_t count = 0;
	json_t *list = json_array();
	json_t *privates = json_array();

	json_object_set_new(request->reply, "slots", list);
	json_object_set_new(request->reply, "private", privates);
	TRY(state_open(request, 0, "", &state));
	slots = arena_array(
		request->arena, generation->image_count + 1, sizeof(struct generation_image *));
	for (size_t i = 0; i < generation->image_count; i++)
		if (generation->images[i].is_slot)
			slots[count++] = &generation->images[i];
	qsort(slots, count, sizeof slots[0], compare_bases);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, slot_json(request, generation, slots[i]));
	for (size_t i = 0; i < generation->decision_count; i++)
		if (!generation->decisions[i].is_slot)
			json_array_append_new(
				privates, json_pack("{s:s, s:s, s:o}", "name",
						  generation->decisions[i].library, "reason",
						  generation->decisions[i].reason, "users",
						  users_of(generation,
							  generation->decisions[i].library)));
	return 0;
}
