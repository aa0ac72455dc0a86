/* SPDX-License-Identifier: MIT */
/*
 * A slot is linked where the one before it stands, when everything that others are bound to can
 * keep its address there; else in a range that is free.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "linker/image/compose.h"
#include "linker/image/composition.h"
#include "linker/image/order.h"
#include "linker/image/rooms.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define IMAGE_MAX ((size_t)1 << 30) /* bytes */

/* Where the first objects are to stand is decided from them, and from an old image if there is one. */
static int
describe_rooms(struct link_state *state, const struct composition *composition, size_t count,
	const struct elf_file *old, struct rooms_request *ret_request)
{
	struct elf_file *files = arena_array(state->arena, count, sizeof *files);
	struct rooms_object *objects = arena_array(state->arena, count, sizeof *objects);

	for (size_t i = 0; i < count; i++) {
		const struct record_object *object = &composition->objects.at[i];

		TRY(elf_file_read(state->arena, object->bytes, &files[i]));
		objects[i] = (struct rooms_object){ object->path, &files[i] };
	}
	*ret_request = (struct rooms_request){ .arch = state->target.arch,
		.objects = objects,
		.object_count = count,
		.exports = &composition->library->exports,
		.base = composition->base,
		.old = old,
		.order = order_of_image(state, composition->image),
		.is_constant = (composition->image->harden & HARDEN_READ_ONLY) != 0 };
	return 0;
}

/* Write the script that places a slot's sections; with an old image, as they stood there. */
static int
plan_rooms(struct link_state *state, struct composition *composition,
	const struct elf_file *old, bool *ret_fits)
{
	struct strbuf script AUTO(strbuf_free) = { 0 };
	struct rooms_request request;

	TRY(describe_rooms(state, composition, composition->objects.len, old, &request));
	rooms_plan(state->arena, &request, ret_fits, &script);
	composition->script = arena_printf(state->arena, "%s.lds", composition->output);
	return file_write(AT_FDCWD, composition->script, script.at, script.len, 0600);
}

/*
 * Link a slot at a base, with a range for its thread-local variables. With an old image *ret_fits says whether every export kept its
 * address; when it cannot be so, nothing is linked.
 */
static int
link_at(struct link_state *state, struct library *library, uint64_t base,
	const struct image_tls *tls, const struct elf_file *old, bool is_trial, bool *ret_fits)
{
	struct composition composition = { .image = &library->image,
		.library = library,
		.exports = &library->exports,
		.tls = *tls };
	struct ld_job job;

	TRY(compose_begin(state, base, &composition));
	composition.is_trial = is_trial;
	TRY(plan_rooms(state, &composition, old, ret_fits));
	if (old != NULL && !*ret_fits)
		return 0;
	job = compose_job(state, &composition);
	if (old != NULL && ld_run(state->arena, &job) < 0) {
		/* What is not exported outgrew the space between the zones. */
		*ret_fits = false;
		return 0;
	}
	if (old == NULL)
		TRY(ld_run(state->arena, &job));
	TRY(compose_finish(state, &composition));
	library->image.result.base = base;
	library->image.result.size = composition.note.size;
	library->image.result.tls = composition.tls;
	return 0;
}

const struct link_slot *
compose_find_current(const struct link_request *request, const char *name)
{
	for (size_t i = 0; i < request->slot_count; i++)
		if (request->slots[i].is_current && strcmp(request->slots[i].name, name) == 0)
			return &request->slots[i];
	return NULL;
}

/* Whether the new version can stand where the old one is, with every export at its address. */
static int
try_old_range(struct link_state *state, struct library *library, bool *ret_fits)
{
	const struct link_slot *old = compose_find_current(state->request, library->link->name);
	struct str bytes;
	struct elf_file file;

	*ret_fits = false;
	if (old == NULL)
		return 0;
	/* A damaged image is no model: that the slot moves is better than no update. */
	if (file_read(state->arena, AT_FDCWD, old->path, IMAGE_MAX, &bytes) < 0 ||
		elf_file_read(state->arena, bytes, &file) < 0) {
		log_debug("link", "%s: %s", old->path, err_message());
		return 0;
	}
	TRY(link_at(state, library, old->base, &old->tls, &file, false, ret_fits));
	*ret_fits = *ret_fits && library->image.result.size <= old->size &&
		    digest_equal(&library->image.result.layout_id, &old->layout_id);
	if (!*ret_fits)
		return 0;
	library->image.result.size = old->size;
	return 0;
}

/*
 * How large the slot will be. Only of thread-local variables the exact size must be known: these
 * are linked for it.
 */
static int
measure(struct link_state *state, struct library *library)
{
	struct composition composition = {
		.image = &library->image, .library = library, .exports = &library->exports
	};
	struct rooms_request request;
	bool fits;

	TRY(compose_begin(state, SLOT_ARENA_START, &composition));
	if (composition.tls_align > 0)
		return link_at(
			state, library, SLOT_ARENA_START, &composition.tls, NULL, true, &fits);
	TRY(describe_rooms(state, &composition, composition.whole_count, NULL, &request));
	library->image.result.size = rooms_measure(state->arena, &request);
	log_debug("link", "%s: some %" PRIu64 " bytes", library->image.name,
		library->image.result.size);
	return 0;
}

/* Reserve a range for it, and link it there. */
static int
link_in_new_range(struct link_state *state, struct library *library)
{
	struct link_image *result = &library->image.result;
	struct tls_taken tls = { .library = library->link->name };
	struct digest seed = order_range_seed(state, &library->image);
	struct slot_range range;
	bool fits;

	TRY(measure(state, library));
	if (result->tls.size > 0)
		TRY(err_context(
			tls_reserve(state->target.arch, state->tls_ranges.at,
				state->tls_ranges.len, tls.library, &result->tls, &tls.tls),
			"%s", library->image.name));
	/* What was reserved for too small a size is not enough: once more, the size is known now. */
	do {
		TRY(err_context(slot_reserve(state->ranges.at, state->ranges.len, result->size,
					&seed, &range),
			"%s", library->image.name));
		TRY(link_at(state, library, range.base, &tls.tls, NULL, false, &fits));
	} while (result->size > range.size);
	assert(result->tls.size == tls.tls.size); /* tls.c (I1) */
	result->size = range.size;
	vec_push(state->arena, &state->ranges, range);
	vec_push(state->arena, &state->tls_ranges, tls);
	return 0;
}

int
compose_slot(struct link_state *state, struct library *library)
{
	bool fits = false;

	TRY(try_old_range(state, library, &fits));
	if (!fits)
		TRY(link_in_new_range(state, library));
	library->image.is_settled = true;
	compose_report(state, &library->image);
	return 0;
}
