/* SPDX-License-Identifier: MIT */
/*
 * The steps of linking, in order. Each works on struct link_state
 * (linker/image/state.h) and adds to it; none goes back.
 */
#include "linker/link.h"

#include "base/err.h"
#include "base/prefix.h"
#include "kernel-iface/objects.h"
#include "linker/image/compose.h"
#include "linker/image/decide.h"
#include "linker/image/graph.h"
#include "linker/image/parts.h"
#include "linker/image/plugin.h"
#include "linker/image/published.h"
#include "linker/image/rebind.h"
#include "linker/image/settle.h"
#include "linker/published.h"

#include <stdlib.h>
#include <string.h>

char *
link_slot_name(struct arena *arena, const char *library, const struct digest *layout_id)
{
	char hex[DIGEST_HEX_SIZE];

	return arena_printf(arena, "%s-%.16s", library, digest_hex(layout_id, hex));
}

char *
link_store_name(struct arena *arena, const struct link_image *image)
{
	char hex[DIGEST_HEX_SIZE];

	return arena_printf(arena, "%.32s-%s", digest_hex(&image->digest, hex), image->package);
}

char *
link_store_path(struct arena *arena, const char *root, const struct link_image *image)
{
	const char *slash = strrchr(image->name, '/');
	const char *name = slash == NULL ? image->name : slash + 1;

	return arena_printf(arena, "%s/store/%s/%s%s%s", root, link_store_name(arena, image),
		image->kind == LINK_SLOT ? "lib" : "", name,
		image->kind == LINK_SLOT ? ".slot" : "");
}

/* ROOT/current and as many slashes as make it as long as the placeholder. */
static int
make_prefix(const char *root, char *ret_prefix)
{
	static const char tail[] = "/current";
	size_t length = strlen(root);

	if (length + sizeof tail - 1 > PREFIX_LENGTH)
		return err_set(ERR_RANGE, "%s: the root's path is longer than %zu bytes", root,
			(size_t)PREFIX_LENGTH - (sizeof tail - 1));
	memset(ret_prefix, '/', PREFIX_LENGTH);
	memcpy(ret_prefix, root, length);
	memcpy(ret_prefix + length, tail, sizeof tail - 1);
	ret_prefix[PREFIX_LENGTH] = '\0';
	return 0;
}

static int
compare_decisions(const void *a, const void *b)
{
	return strcmp(((const struct link_decision *)a)->library,
		((const struct link_decision *)b)->library);
}

/* The programs that cannot share a library, with their reasons. */
static const struct link_private *
list_privates(const struct link_state *state, const struct library *library, size_t *ret_count)
{
	struct link_private *list =
		arena_array(state->arena, state->program_count, sizeof *list);

	*ret_count = 0;
	for (size_t i = 0; i < state->program_count; i++) {
		const struct program *program = &state->programs[i];
		const char *reason = map_get(&program->privates, library->link->name);

		if (reason != NULL && library->why_not == NULL)
			list[(*ret_count)++] =
				(struct link_private){ program->link->path, reason };
	}
	return list;
}

static void
report_decisions(const struct link_state *state, struct link_result *result)
{
	result->decisions =
		arena_array(state->arena, state->library_count, sizeof *result->decisions);
	for (size_t i = 0; i < state->library_count; i++) {
		const struct library *library = &state->libraries[i];
		uint64_t size = library->image.result.size;
		size_t private_count = 0;

		result->decisions[result->decision_count++] = (struct link_decision){
			.library = library->link->name,
			.is_slot = library->is_slot,
			.reason = library->reason,
			.user_count = library->user_count,
			.privates = list_privates(state, library, &private_count),
			.private_count = private_count,
			.saved_bytes = library->is_slot && library->user_count > 0
					       ? size * (library->user_count - 1)
					       : 0,
		};
	}
	if (result->decision_count > 0)
		qsort(result->decisions, result->decision_count, sizeof *result->decisions,
			compare_decisions);
}

/* What became of an image, and who lowered the code of one that is new. */
static struct link_image
result_of(const struct image *image)
{
	const struct object *object = &image->main->at[image->tier];
	struct link_image result = image->result;

	result.origin = object->origin == NULL ? "" : object->origin;
	return result;
}

static void
report_images(const struct link_state *state, struct link_result *result)
{
	size_t count = state->library_count + state->program_count + state->plugin_count;

	result->images = arena_array(state->arena, count, sizeof *result->images);
	for (size_t i = 0; i < state->order_count; i++)
		if (state->order[i]->is_slot)
			result->images[result->image_count++] =
				result_of(&state->order[i]->image);
	for (size_t i = 0; i < state->program_count; i++)
		result->images[result->image_count++] = result_of(&state->programs[i].image);
	for (size_t i = 0; i < state->plugin_count; i++)
		result->images[result->image_count++] = result_of(&state->plugins[i].image);
	result->lowered_units = state->lowered_units;
	result->cached_units = state->cached_units;
	result->lowered_bytes = state->lowered_bytes;
}

static void
note_reserved_ranges(struct link_state *state)
{
	for (size_t i = 0; i < state->request->slot_count; i++) {
		const struct link_slot *slot = &state->request->slots[i];
		struct slot_range range = { slot->base, slot->size };
		struct tls_taken tls = { slot->name, slot->tls };

		vec_push(state->arena, &state->ranges, range);
		vec_push(state->arena, &state->tls_ranges, tls);
	}
}

static void
count_images_to_link(struct link_state *state)
{
	for (size_t i = 0; i < state->library_count; i++)
		state->to_link +=
			state->libraries[i].is_slot && !state->libraries[i].image.is_settled;
	for (size_t i = 0; i < state->program_count; i++)
		state->to_link += !state->programs[i].image.is_settled;
	for (size_t i = 0; i < state->plugin_count; i++)
		state->to_link += !state->plugins[i].image.is_settled;
}

/* The slots that are not settled and use none that is not: each can be made beside the others. */
static size_t
list_level(const struct link_state *state, struct library **level)
{
	size_t count = 0;

	for (size_t i = 0; i < state->order_count; i++) {
		struct library *library = state->order[i];

		if (library->is_slot && !library->image.is_settled &&
			settle_has_slots(&library->image))
			level[count++] = library;
	}
	return count;
}

/* What is there is kept or bound again; the rest is linked. */
static int
make_level(struct link_state *state, struct library **level, size_t count)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		settle_slot(state, level[i]);
		if (!level[i]->image.is_settled)
			TRY(rebind_slot(state, level[i]));
		if (!level[i]->image.is_settled)
			level[left++] = level[i];
	}
	if (left == 0)
		return 0;
	TRY(parts_lower(state));
	return compose_slots(state, level, left);
}

static int
make_slots(struct link_state *state)
{
	struct library **level = arena_array(state->arena, state->order_count, sizeof *level);
	size_t count;

	while ((count = list_level(state, level)) > 0)
		TRY(make_level(state, level, count));
	return 0;
}

int
link_check(
	struct arena *arena, const struct link_request *request, struct link_result *ret_result)
{
	struct link_state *state = ARENA_NEW(arena, struct link_state);

	state->arena = arena;
	state->request = request;
	TRY(graph_build(state));
	TRY(plugin_build(state));
	TRY(decide_sharing(state));
	TRY(decide_check(state));
	*ret_result = (struct link_result){ 0 };
	report_decisions(state, ret_result);
	return 0;
}

/* From what is wanted to what is kept; nothing is lowered or linked yet. */
static int
prepare(struct link_state *state)
{
	const struct link_request *request = state->request;

	TRY(make_prefix(request->root, state->prefix));
	TRY(published_begin(state));
	TRY(kernel_start_object(state->target.arch, &state->start));
	TRY(kernel_support_object(state->target.arch, &state->support));
	note_reserved_ranges(state);
	TRY(graph_build(state));
	TRY(plugin_build(state));
	/* From here on no library, program or plug-in is added. */
	TRY(decide_sharing(state));
	TRY(decide_check(state));
	/* From here on every symbol has a definition. */
	TRY(parts_prepare(state));
	settle_all(state);
	if (request->remake_count == 0)
		rebind_find_models(state);
	count_images_to_link(state);
	return 0;
}

int
link_state_prepare(
	struct arena *arena, const struct link_request *request, struct link_state **ret_state)
{
	struct link_state *state = ARENA_NEW(arena, struct link_state);

	state->arena = arena;
	state->request = request;
	TRY(prepare(state));
	*ret_state = state;
	return 0;
}

int
link_missing(struct arena *arena, const struct link_request *request, struct digest **ret_keys,
	size_t *ret_count)
{
	struct link_state *state = ARENA_NEW(arena, struct link_state);

	state->arena = arena;
	state->request = request;
	TRY(prepare(state));
	parts_list_missing(state, ret_keys, ret_count);
	return 0;
}

int
link_lower(struct arena *arena, const struct link_request *request,
	struct link_lowered_set *ret_set)
{
	struct link_state *state = ARENA_NEW(arena, struct link_state);

	state->arena = arena;
	state->request = request;
	TRY(prepare(state));
	return parts_lower_all(state, ret_set);
}

int
link_all(
	struct arena *arena, const struct link_request *request, struct link_result *ret_result)
{
	struct link_state *state = ARENA_NEW(arena, struct link_state);

	state->arena = arena;
	state->request = request;
	TRY(prepare(state));
	TRY(parts_lower(state));
	/* From here on the objects of every image without a model are there. */
	TRY(make_slots(state));
	/* From here on every slot has its address and layout. */
	for (size_t i = 0; i < state->program_count; i++)
		settle_program(state, &state->programs[i]);
	TRY(rebind_programs(state));
	/* From here on no image has a model that is not settled. */
	TRY(parts_lower(state));
	TRY(compose_programs(state));
	/* From here on every program has its layout. */
	for (size_t i = 0; i < state->plugin_count; i++) {
		settle_plugin(state, &state->plugins[i]);
		if (!state->plugins[i].image.is_settled)
			TRY(compose_plugin(state, &state->plugins[i]));
	}
	*ret_result = (struct link_result){ 0 };
	report_decisions(state, ret_result);
	report_images(state, ret_result);
	return 0;
}
