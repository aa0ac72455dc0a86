/* SPDX-License-Identifier: MIT */
/*
 * The key of an image is the digest of all that decides what it does: its
 * parts, its imports, the layouts it is bound to, the installation's path, the kernel interface's
 * objects. It holds layout ids and not the digests of slots: a slot that
 * changes without moving its exports changes no key above it.
 *
 * What history decides is not in a key: the base of a slot and the rooms of its
 * exports, which follow from what was there before, and the digests and exact
 * paths of slots in a program's note. A slot with the same key is kept wherever it is.
 */
#include "linker/image/settle.h"

#include <string.h>

static void
add_beside(struct hash *hash, const struct library *library)
{
	hash_add(hash, library->part->key.bytes, DIGEST_SIZE);
	hash_add(hash, library->link->native_digest.bytes, DIGEST_SIZE);
}

static struct digest
key_of_image(const struct link_state *state, const struct image *image, const char *kind)
{
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, "weld image 2");
	hash_add_string(&hash, kind);
	hash_add_string(&hash, state->prefix);
	hash_add_string(&hash, state->target.producer);
	hash_add(&hash, state->request->seed.bytes, DIGEST_SIZE);
	hash_add_u64(&hash, state->start.len);
	hash_add(&hash, state->start.at, state->start.len);
	hash_add(&hash, state->support.at, state->support.len);
	hash_add(&hash, image->main->key.bytes, DIGEST_SIZE);
	hash_add_u64(&hash, image->beside_count);
	for (size_t i = 0; i < image->beside_count; i++)
		add_beside(&hash, image->beside[i]);
	for (size_t i = 0; i < image->merged_count; i++)
		hash_add(&hash, image->merged[i]->link->native_digest.bytes, DIGEST_SIZE);
	for (size_t i = 0; i < image->slot_count; i++) {
		hash_add_string(&hash, image->slots[i]->link->name);
		hash_add(&hash, image->slots[i]->image.result.layout_id.bytes, DIGEST_SIZE);
	}
	return hash_end(&hash);
}

/* The native object stands beside the slot's main part, which knows nothing of it. */
static struct digest
key_of_slot(const struct link_state *state, const struct library *library)
{
	struct digest image = key_of_image(state, &library->image, "slot");
	struct hash hash;

	hash_init(&hash);
	hash_add(&hash, image.bytes, DIGEST_SIZE);
	hash_add(&hash, library->link->native_digest.bytes, DIGEST_SIZE);
	return hash_end(&hash);
}

/* What a program imports itself is mapped, used or not. */
static struct digest
key_of_program(const struct link_state *state, const struct program *program)
{
	struct digest image = key_of_image(state, &program->image, program->link->path);
	struct hash hash;

	hash_init(&hash);
	hash_add(&hash, image.bytes, DIGEST_SIZE);
	for (size_t i = 0; i < program->link->import_count; i++)
		hash_add_string(&hash, program->link->imports[i]);
	if (program->link->load_count > 0) {
		hash_add_string(&hash, "loads plug-ins");
		for (size_t i = 0; i < program->kept.len; i++)
			hash_add_string(&hash, program->kept.entries[i].key);
	}
	return hash_end(&hash);
}

/* It is bound to its program as to a slot. */
static struct digest
key_of_plugin(const struct link_state *state, const struct plugin *plugin)
{
	struct digest image = key_of_image(state, &plugin->image, plugin->link->path);
	struct hash hash;

	hash_init(&hash);
	hash_add(&hash, image.bytes, DIGEST_SIZE);
	hash_add_string(&hash, plugin->program->link->path);
	hash_add(&hash, plugin->program->image.result.layout_id.bytes, DIGEST_SIZE);
	for (size_t i = 0; i < plugin->link->import_count; i++)
		hash_add_string(&hash, plugin->link->imports[i]);
	for (size_t i = 0; i < plugin->link->export_count; i++)
		hash_add_string(&hash, plugin->link->exports[i]);
	return hash_end(&hash);
}

static bool
slots_are_settled(const struct image *image)
{
	for (size_t i = 0; i < image->slot_count; i++)
		if (!image->slots[i]->image.is_settled)
			return false;
	return true;
}

static void
name_privates(struct link_state *state, struct image *image)
{
	struct link_image *result = &image->result;
	const char **names = arena_array(
		state->arena, image->beside_count + image->merged_count, sizeof *names);

	for (size_t i = 0; i < image->beside_count; i++)
		names[result->private_count++] = image->beside[i]->link->name;
	for (size_t i = 0; i < image->merged_count; i++)
		names[result->private_count++] = image->merged[i]->link->name;
	result->privates = names;
}

static void
name_slots(struct link_state *state, struct image *image)
{
	const char **names = arena_array(state->arena, image->slot_count, sizeof *names);

	for (size_t i = 0; i < image->slot_count; i++)
		names[i] = image->slots[i]->link->name;
	image->result.slots = names;
	image->result.slot_count = image->slot_count;
}

static void
describe(struct link_state *state, struct image *image, enum link_kind kind, const char *name,
	const char *package)
{
	if (image->result.name != NULL)
		return;
	image->result.kind = kind;
	image->result.name = name;
	image->result.package = package;
	name_privates(state, image);
	name_slots(state, image);
}

/* The reserved slot of a key, that of the current generation first. */
static const struct link_slot *
find_slot(const struct link_request *request, const char *name, const struct digest *key)
{
	const struct link_slot *found = NULL;

	for (size_t i = 0; i < request->slot_count; i++) {
		const struct link_slot *slot = &request->slots[i];

		if (strcmp(slot->name, name) == 0 && digest_equal(&slot->key, key) &&
			(found == NULL || slot->is_current))
			found = slot;
	}
	return found;
}

void
settle_slot(struct link_state *state, struct library *library)
{
	struct image *image = &library->image;
	const struct link_slot *slot;

	describe(state, image, LINK_SLOT, library->link->name, library->link->package);
	if (image->is_settled || !slots_are_settled(image))
		return;
	image->result.key = key_of_slot(state, library);
	slot = find_slot(state->request, library->link->name, &image->result.key);
	if (slot == NULL)
		return;
	image->result.outcome = LINK_KEPT;
	image->result.digest = slot->image;
	image->result.layout_id = slot->layout_id;
	image->result.file = slot->path;
	image->result.base = slot->base;
	image->result.size = slot->size;
	image->is_settled = true;
}

void
settle_program(struct link_state *state, struct program *program)
{
	const struct link_request *request = state->request;
	struct image *image = &program->image;

	describe(state, image, LINK_PROGRAM, program->link->path, program->link->package);
	if (image->is_settled || !slots_are_settled(image))
		return;
	image->result.key = key_of_program(state, program);
	for (size_t i = 0; i < request->existing_count; i++) {
		const struct link_existing *existing = &request->existing[i];

		if (!digest_equal(&existing->key, &image->result.key))
			continue;
		image->result.outcome = LINK_KEPT;
		image->result.digest = existing->digest;
		image->result.layout_id = existing->layout_id;
		image->result.file = existing->path;
		image->is_settled = true;
		return;
	}
}

void
settle_plugin(struct link_state *state, struct plugin *plugin)
{
	struct image *image = &plugin->image;
	const struct link_slot *reserved;

	describe(state, image, LINK_PLUGIN,
		link_plugin_name(state->arena, plugin->program->link->path, plugin->link->path),
		plugin->link->package);
	if (image->is_settled || !plugin->program->image.is_settled ||
		!slots_are_settled(image))
		return;
	image->result.key = key_of_plugin(state, plugin);
	image->result.layout_id = plugin->program->image.result.layout_id;
	reserved = find_slot(state->request, image->result.name, &image->result.key);
	if (reserved == NULL)
		return;
	image->result.outcome = LINK_KEPT;
	image->result.digest = reserved->image;
	image->result.file = reserved->path;
	image->result.base = reserved->base;
	image->result.size = reserved->size;
	image->is_settled = true;
}

void
settle_all(struct link_state *state)
{
	for (size_t i = 0; i < state->order_count; i++)
		if (state->order[i]->is_slot)
			settle_slot(state, state->order[i]);
	for (size_t i = 0; i < state->program_count; i++)
		settle_program(state, &state->programs[i]);
	for (size_t i = 0; i < state->plugin_count; i++)
		settle_plugin(state, &state->plugins[i]);
}
