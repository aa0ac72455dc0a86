/* SPDX-License-Identifier: MIT */
/*
 * Ranges of every generation are handed over as taken, so that no two slots of
 * the store ever overlap. An image is put exactly where the images that use
 * it expect it: link_store_path() says where.
 */
#include "pkgd/images.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "pkgd/builders.h"
#include "pkgd/policy.h"
#include "store/objects.h"
#include "store/query.h"

#include <string.h>
#include <sys/stat.h>

static int
describe_slots(struct state *state, bool is_reseed, struct link_request *request)
{
	struct query_slot *found;
	struct link_slot *slots;
	size_t count;

	TRY(query_slots(state->arena, state->store, &found, &count));
	slots = arena_array(state->arena, count + 1, sizeof *slots);
	for (size_t i = 0; i < count; i++) {
		slots[i] = (struct link_slot){ .name = found[i].name,
			.key = found[i].key,
			.image = found[i].image,
			.layout_id = found[i].layout_id,
			.base = found[i].base,
			.size = found[i].size,
			.tls = found[i].tls,
			.path = found[i].path,
			.is_current = found[i].is_current && !is_reseed };
		/* Nothing has this key: the slot is linked again, where it stands if it can be. */
		if (found[i].is_damaged)
			slots[i].key = (struct digest){ 0 };
	}
	request->slots = slots;
	request->slot_count = count;
	return 0;
}

static int
describe_existing(struct state *state, struct link_request *request)
{
	struct query_image *found;
	struct link_existing *existing;
	size_t count;

	TRY(query_images(state->arena, state->store, &found, &count));
	existing = arena_array(state->arena, count + 1, sizeof *existing);
	for (size_t i = 0; i < count; i++)
		existing[i] = (struct link_existing){ found[i].key, found[i].digest,
			found[i].path, found[i].layout_id };
	request->existing = existing;
	request->existing_count = count;
	return 0;
}

static const char *
store_file(struct state *state, const struct generation_image *image, const char *file)
{
	return store_path(state->arena, state->store,
		arena_printf(state->arena, "store/%s/%s", image->store_name, file));
}

/* The images of the current generation that can be bound again. */
static void
describe_models(struct state *state, struct link_request *request)
{
	const struct generation *current = &state->current;
	struct link_model *models =
		arena_array(state->arena, current->image_count + 1, sizeof *models);

	request->models = models;
	for (size_t i = 0; i < current->image_count; i++) {
		const struct generation_image *image = &current->images[i];

		if (!image->has_sites || !image->has_facts)
			continue;
		models[request->model_count++] = (struct link_model){
			.kind = image->is_slot ? LINK_SLOT : LINK_PROGRAM,
			.name = image->name,
			.package = image->package,
			.digest = image->digest,
			.path = store_file(state, image, image->store_file),
			.sites_path = store_file(state, image, GENERATION_SITES),
			.sites_digest = image->sites,
			.facts_path = store_file(state, image, GENERATION_FACTS),
			.facts_digest = image->facts,
		};
	}
}

int
images_describe(struct state *state, const struct wanted *wanted, bool is_reseed,
	struct link_request *ret_request)
{
	struct builders *builders;
	struct policy policy;
	struct link_request request = {
		.root = store_standing(state->store),
		.cache = store_path(state->arena, state->home, "cache"),
		.libraries = wanted->libraries.at,
		.library_count = wanted->libraries.len,
		.programs = wanted->programs.at,
		.program_count = wanted->programs.len,
		.plugins = wanted->plugins.at,
		.plugin_count = wanted->plugins.len,
	};

	TRY(state_policy(state, &policy));
	request.sharing = policy.sharing;
	request.tier = policy.tier;
	request.arch = state->arch;
	request.memory = policy.memory;
	request.harden = policy.harden;
	request.inlines = policy.inlines;
	request.cpu = policy.cpu;
	TRY(builders_load(state, &builders));
	builders_describe(builders, &request);
	TRY(describe_slots(state, is_reseed, &request));
	TRY(describe_existing(state, &request));
	describe_models(state, &request);
	*ret_request = request;
	return 0;
}

/* Split ROOT/store/NAME/FILE. */
static int
split_store_path(
	struct state *state, const char *path, const char **ret_name, const char **ret_file)
{
	const char *prefix = store_path(state->arena, state->store, "store/");
	const char *slash;

	if (!str_has_prefix(path, prefix) ||
		(slash = strchr(path + strlen(prefix), '/')) == NULL || slash[1] == '\0')
		return err_set(ERR_FORMAT, "%s: not a path in the store", path);
	*ret_name = arena_copy(
		state->arena, path + strlen(prefix), (size_t)(slash - path) - strlen(prefix));
	*ret_file = slash + 1;
	return 0;
}

struct import {
	struct state *state;
	struct map known; /* names in the store, to the current generation's image there */
};

/* A file that stands beside an image already. */
static int
find_file(struct state *state, const struct generation_image *entry, const char *file,
	bool *ret_is_there, struct digest *ret_digest)
{
	const char *path = arena_printf(state->arena, "store/%s/%s", entry->store_name, file);
	int fd AUTO(file_close) = -1;

	*ret_is_there = file_exists(store_root_dir(state->store), path);
	if (!*ret_is_there)
		return 0;
	TRY(file_open(store_root_dir(state->store), path, &fd));
	return err_context(hash_file(fd, ret_digest), "%s", path);
}

/* What stands beside an image that is there already; an older weld made less. */
static int
find_beside(struct import *import, struct generation_image *entry)
{
	const struct generation_image *old = map_get(&import->known, entry->store_name);

	if (old != NULL) {
		entry->has_facts = old->has_facts;
		entry->facts = old->facts;
		entry->has_sites = old->has_sites;
		entry->sites = old->sites;
		return 0;
	}
	TRY(find_file(
		import->state, entry, GENERATION_FACTS, &entry->has_facts, &entry->facts));
	return find_file(
		import->state, entry, GENERATION_SITES, &entry->has_sites, &entry->sites);
}

static int
import_one(struct state *state, const struct link_image *image, struct generation_image *entry)
{
	struct objects_new *new AUTO(objects_abandon) = NULL;

	TRY(objects_begin(state->store, entry->store_name, &new));
	TRY(objects_move_file(new, entry->store_file, image->file, true));
	TRY(objects_move_file(new, GENERATION_FACTS, image->facts_file, false));
	entry->has_facts = true;
	entry->facts = image->facts_digest;
	if (image->sites_file != NULL) {
		TRY(objects_move_file(new, GENERATION_SITES, image->sites_file, false));
		entry->has_sites = true;
		entry->sites = image->sites_digest;
	}
	return objects_finish(&new);
}

/* What is kept, or only bound again, is of who made it. */
static void
keep_origin(const struct state *state, const struct link_image *image,
	struct generation_image *entry)
{
	for (size_t i = 0; i < state->current.image_count; i++) {
		const struct generation_image *old = &state->current.images[i];
		bool is_same = image->outcome == LINK_KEPT
				       ? strcmp(old->store_name, entry->store_name) == 0
				       : strcmp(old->name, entry->name) == 0 &&
						 old->is_slot == entry->is_slot;

		if (!is_same)
			continue;
		entry->cpu = old->cpu;
		entry->builder = old->builder;
	}
}

/* A kept image stays where it is: its package may have another version by now. */
static int
place_image(
	struct import *import, const struct link_image *image, struct generation_image *entry)
{
	struct state *state = import->state;
	const char *path =
		image->outcome == LINK_KEPT
			? image->file
			: link_store_path(state->arena, store_root(state->store), image);
	int ret;

	TRY(split_store_path(state, path, &entry->store_name, &entry->store_file));
	if (image->outcome == LINK_KEPT || image->outcome == LINK_REBOUND)
		keep_origin(state, image, entry);
	if (image->outcome == LINK_KEPT) {
		struct stat info;

		if (stat(path, &info) < 0)
			return err_errno("%s", path);
		entry->file_size = (uint64_t)info.st_size;
	} else if (objects_has(state->store, entry->store_name) &&
		   !file_exists(store_root_dir(state->store),
			   arena_printf(state->arena, "store/%s/" GENERATION_FACTS,
				   entry->store_name))) {
		/* The very image is there, linked when nothing was recorded. */
		objects_expect_new(state->store, entry->store_name);
	}
	if (image->outcome == LINK_KEPT || objects_has(state->store, entry->store_name))
		ret = find_beside(import, entry);
	else
		ret = import_one(state, image, entry);
	return err_context(ret, "%s: %s", image->package, image->name);
}

int
images_import(struct state *state, const struct link_result *result,
	struct generation_image **ret_images)
{
	struct generation_image *entries =
		arena_array(state->arena, result->image_count + 1, sizeof *entries);
	struct import import = { .state = state };

	for (size_t i = 0; i < state->current.image_count; i++)
		map_set(state->arena, &import.known, state->current.images[i].store_name,
			(void *)&state->current.images[i]);
	for (size_t i = 0; i < result->image_count; i++) {
		const struct link_image *image = &result->images[i];

		entries[i] = (struct generation_image){
			.is_slot = image->kind == LINK_SLOT,
			.is_plugin = image->kind == LINK_PLUGIN,
			.name = image->name,
			.package = image->package,
			.key = image->key,
			.digest = image->digest,
			.file_size = image->file_size,
			.tier = lower_tier_name(image->tier),
			.cpu = image->cpu,
			.builder = image->origin,
			.slots = image->slots,
			.slot_count = image->slot_count,
			.privates = image->privates,
			.private_count = image->private_count,
			.harden = harden_text(state->arena, image->harden),
			.layout_id = image->layout_id,
			.base = image->base,
			.size = image->size,
			.tls = image->tls,
		};
		TRY(place_image(&import, image, &entries[i]));
	}
	*ret_images = entries;
	return 0;
}

struct generation_decision *
images_decisions(struct arena *arena, const struct link_result *result)
{
	struct generation_decision *decisions =
		arena_array(arena, result->decision_count + 1, sizeof *decisions);

	for (size_t i = 0; i < result->decision_count; i++) {
		const struct link_decision *decision = &result->decisions[i];
		struct generation_private *privates =
			arena_array(arena, decision->private_count, sizeof *privates);

		for (size_t k = 0; k < decision->private_count; k++)
			privates[k] =
				(struct generation_private){ decision->privates[k].program,
					decision->privates[k].reason };
		decisions[i] = (struct generation_decision){
			.library = decision->library,
			.is_slot = decision->is_slot,
			.reason = decision->reason,
			.user_count = decision->user_count,
			.saved_bytes = decision->saved_bytes,
			.privates = privates,
			.private_count = decision->private_count,
		};
	}
	return decisions;
}
