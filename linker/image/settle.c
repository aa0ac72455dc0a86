/* SPDX-License-Identifier: MIT */
/*
 * The key of an image is the digest of all that decides what it does: its
 * parts, its imports, the layouts it is bound to, the installation's path, the kernel interface's
 * objects. It holds layout ids and not the digests of slots: a slot that
 * changes without moving its exports changes no key above it.
 *
 * All but the layouts is the link key: an image of the same link key is the same
 * but for addresses in slots, and can be bound again (rebind.c).
 *
 * What history decides is not in a key: the base of a slot and the rooms of its
 * exports, which follow from what was there before, and the digests and exact
 * paths of slots in a program's note. A slot with the same key is kept wherever it is.
 */
#include "linker/image/settle.h"

#include "linker/image/pieces.h"

#include <string.h>

static void
add_beside(struct hash *hash, const struct library *library, enum lower_tier tier)
{
	hash_add(hash, library->part->at[tier].key.bytes, DIGEST_SIZE);
	hash_add(hash, library->link->native.digest.bytes, DIGEST_SIZE);
}

/* What all images of one link operation have in common. */
static void
find_common(struct link_state *state)
{
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, state->prefix);
	hash_add(&hash, state->request->seed.bytes, DIGEST_SIZE);
	hash_add_u64(&hash, state->start.len);
	hash_add(&hash, state->start.at, state->start.len);
	hash_add(&hash, state->support.at, state->support.len);
	state->common = hash_end(&hash);
}

/* The native object beside an image's own unit; most have none. */
static void
add_native(struct hash *hash, const struct link_unit *native)
{
	if (native->path == NULL)
		return;
	hash_add_string(hash, "native");
	hash_add(hash, native->digest.bytes, DIGEST_SIZE);
}

static void
begin_link_key(const struct link_state *state, const struct image *image, const char *kind,
	struct hash *hash)
{
	hash_init(hash);
	hash_add_string(hash, "weld link 1");
	hash_add_string(hash, kind);
	hash_add(hash, state->common.bytes, DIGEST_SIZE);
	for (size_t i = 0; i < pieces_count(image, image->tier); i++)
		hash_add(hash, pieces_get(image, image->tier, i)->at[image->tier].key.bytes,
			DIGEST_SIZE);
	hash_add_u64(hash, image->harden);
	hash_add_u64(hash, image->beside_count);
	for (size_t i = 0; i < image->beside_count; i++)
		add_beside(hash, image->beside[i], image->tier);
	hash_add_u64(hash, image->merged_count);
	for (size_t i = 0; i < image->merged_count; i++)
		hash_add(hash, image->merged[i]->link->native.digest.bytes, DIGEST_SIZE);
	hash_add_u64(hash, image->slot_count);
	for (size_t i = 0; i < image->slot_count; i++)
		hash_add_string(hash, image->slots[i]->link->name);
}

/* The native object stands beside the slot's main part, which knows nothing of it. */
struct digest
settle_link_key_of_slot(const struct link_state *state, const struct library *library)
{
	struct hash hash;

	begin_link_key(state, &library->image, "slot", &hash);
	hash_add(&hash, library->link->native.digest.bytes, DIGEST_SIZE);
	return hash_end(&hash);
}

/* What a program imports itself is mapped, used or not. */
struct digest
settle_link_key_of_program(const struct link_state *state, const struct program *program)
{
	struct hash hash;

	begin_link_key(state, &program->image, program->link->path, &hash);
	add_native(&hash, &program->link->native);
	for (size_t i = 0; i < program->link->import_count; i++)
		hash_add_string(&hash, program->link->imports[i]);
	if (program->link->load_count > 0) {
		hash_add_string(&hash, "loads plug-ins");
		for (size_t i = 0; i < program->kept.len; i++)
			hash_add_string(&hash, program->kept.entries[i].key);
	}
	return hash_end(&hash);
}

static struct digest
key_of_image(const struct image *image, const struct digest *link_key)
{
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, "weld image 3");
	hash_add(&hash, link_key->bytes, DIGEST_SIZE);
	for (size_t i = 0; i < image->slot_count; i++)
		hash_add(&hash, image->slots[i]->image.result.layout_id.bytes, DIGEST_SIZE);
	return hash_end(&hash);
}

static struct digest
key_of_slot(const struct link_state *state, const struct library *library)
{
	struct digest link_key = settle_link_key_of_slot(state, library);

	return key_of_image(&library->image, &link_key);
}

static struct digest
key_of_program(const struct link_state *state, const struct program *program)
{
	struct digest link_key = settle_link_key_of_program(state, program);

	return key_of_image(&program->image, &link_key);
}

/* It is bound to its program as to a slot. */
static struct digest
key_of_plugin(const struct link_state *state, const struct plugin *plugin)
{
	struct digest link_key, image;
	struct hash hash;

	begin_link_key(state, &plugin->image, plugin->link->path, &hash);
	add_native(&hash, &plugin->link->native);
	link_key = hash_end(&hash);
	image = key_of_image(&plugin->image, &link_key);
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

bool
settle_has_slots(const struct image *image)
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
	image->result.harden = image->harden;
	for (size_t i = 0; i < image->beside_count; i++)
		image->result.harden &= image->beside[i]->image.harden;
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

/* Compute an image's key, and take the image when there is one of that key. */
typedef bool take_image(const struct link_state *state, void *owner);

/* The tier that an image is in which is made again. */
static enum lower_tier
tier_of_remake(const struct link_request *request, const struct link_image *image)
{
	for (size_t i = 0; i < request->remake_count; i++)
		if (request->remakes[i].kind == image->kind &&
			strcmp(request->remakes[i].name, image->name) == 0)
			return request->remakes[i].tier;
	return request->tier;
}

/* Take that of the best tier; without one the key is that of the tier which was chosen. */
static void
take_best(const struct link_state *state, struct image *image, take_image *take, void *owner)
{
	enum lower_tier asked = state->request->tier;
	int worst = state->request->keeps_worse ? LOWER_INSTANT : (int)asked;
	enum lower_tier chosen = image->tier < asked ? asked : image->tier;
	bool is_remade = state->request->remake_count > 0;

	if (is_remade)
		chosen = tier_of_remake(state->request, &image->result);
	for (int tier = LOWER_FULL; !is_remade && !image->is_settled && tier >= worst; tier--) {
		image->tier = (enum lower_tier)tier;
		image->is_settled = take(state, owner);
	}
	if (!image->is_settled) {
		image->tier = chosen;
		(void)take(state, owner);
	}
	image->result.tier = image->tier;
	image->result.cpu = image->main->at[image->tier].target->cpu;
	image->result.object = image->main->at[image->tier].key;
	if (image->is_settled)
		image->result.outcome = LINK_KEPT;
}

static bool
take_slot(const struct link_state *state, void *owner)
{
	struct library *library = owner;
	struct link_image *result = &library->image.result;
	const struct link_slot *slot;

	result->key = key_of_slot(state, library);
	slot = find_slot(state->request, library->link->name, &result->key);
	if (slot == NULL)
		return false;
	result->digest = slot->image;
	result->layout_id = slot->layout_id;
	result->file = slot->path;
	result->base = slot->base;
	result->size = slot->size;
	result->tls = slot->tls;
	return true;
}

void
settle_slot(struct link_state *state, struct library *library)
{
	struct image *image = &library->image;

	describe(state, image, LINK_SLOT, library->link->name, library->link->package);
	if (!image->is_settled && settle_has_slots(image))
		take_best(state, image, take_slot, library);
}

static bool
take_program(const struct link_state *state, void *owner)
{
	struct program *program = owner;
	struct link_image *result = &program->image.result;
	const struct link_existing *existing;
	char hex[DIGEST_HEX_SIZE];

	result->key = key_of_program(state, program);
	existing = map_get(&state->existing, digest_hex(&result->key, hex));
	if (existing == NULL)
		return false;
	result->digest = existing->digest;
	result->layout_id = existing->layout_id;
	result->file = existing->path;
	return true;
}

void
settle_program(struct link_state *state, struct program *program)
{
	struct image *image = &program->image;

	describe(state, image, LINK_PROGRAM, program->link->path, program->link->package);
	if (!image->is_settled && settle_has_slots(image))
		take_best(state, image, take_program, program);
}

static bool
take_plugin(const struct link_state *state, void *owner)
{
	struct plugin *plugin = owner;
	struct link_image *result = &plugin->image.result;
	const struct link_slot *reserved;

	result->key = key_of_plugin(state, plugin);
	result->layout_id = plugin->program->image.result.layout_id;
	reserved = find_slot(state->request, result->name, &result->key);
	if (reserved == NULL)
		return false;
	result->digest = reserved->image;
	result->file = reserved->path;
	result->base = reserved->base;
	result->size = reserved->size;
	return true;
}

void
settle_plugin(struct link_state *state, struct plugin *plugin)
{
	struct image *image = &plugin->image;

	describe(state, image, LINK_PLUGIN,
		link_plugin_name(state->arena, plugin->program->link->path, plugin->link->path),
		plugin->link->package);
	if (!image->is_settled && plugin->program->image.is_settled && settle_has_slots(image))
		take_best(state, image, take_plugin, plugin);
}

static void
list_existing(struct link_state *state)
{
	const struct link_request *request = state->request;
	char hex[DIGEST_HEX_SIZE];

	for (size_t i = 0; i < request->existing_count; i++)
		map_set(state->arena, &state->existing,
			arena_string(state->arena, digest_hex(&request->existing[i].key, hex)),
			(void *)&request->existing[i]);
}

void
settle_all(struct link_state *state)
{
	find_common(state);
	list_existing(state);
	for (size_t i = 0; i < state->order_count; i++)
		if (state->order[i]->is_slot)
			settle_slot(state, state->order[i]);
	for (size_t i = 0; i < state->program_count; i++)
		settle_program(state, &state->programs[i]);
	for (size_t i = 0; i < state->plugin_count; i++)
		settle_plugin(state, &state->plugins[i]);
}
