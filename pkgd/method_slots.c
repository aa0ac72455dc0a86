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

static bool
is_named(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* The programs that are bound to a library's slot. */
static json_t *
users_of_slot(const struct generation *generation, const char *library)
{
	json_t *users = json_array();

	for (size_t i = 0; i < generation->image_count; i++) {
		const struct generation_image *image = &generation->images[i];

		if (!image->is_slot && is_named(library, image->slots, image->slot_count))
			json_array_append_new(users, json_string(image->name));
	}
	return users;
}

/* Why a program has a library inside. */
static const char *
reason_of(const struct generation_decision *decision, const char *program)
{
	for (size_t i = 0; i < decision->private_count; i++)
		if (strcmp(decision->privates[i].program, program) == 0)
			return decision->privates[i].reason;
	return decision->reason;
}

/* One entry a reason: the programs that have a library inside for it. */
static void
add_privates(json_t *list, const struct generation *generation,
	const struct generation_decision *decision)
{
	json_t *by_reason AUTO(json_release) = json_object();
	const char *reason;
	json_t *users;

	if (!decision->is_slot && decision->private_count == 0)
		json_object_set_new(by_reason, decision->reason, json_array());
	for (size_t i = 0; i < generation->image_count; i++) {
		const struct generation_image *image = &generation->images[i];

		if (image->is_slot ||
			!is_named(decision->library, image->privates, image->private_count))
			continue;
		reason = reason_of(decision, image->name);
		if (json_object_get(by_reason, reason) == NULL)
			json_object_set_new(by_reason, reason, json_array());
		json_array_append_new(
			json_object_get(by_reason, reason), json_string(image->name));
	}
	json_object_foreach(by_reason, reason, users)
	{
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:O, s:b}", "name", decision->library, "reason",
				reason, "users", users, "has_slot", decision->is_slot));
	}
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
	json_object_set_new(slot, "users", users_of_slot(generation, image->name));
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
		add_privates(privates, generation, &generation->decisions[i]);
	return 0;
}
