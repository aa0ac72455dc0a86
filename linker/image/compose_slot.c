/* SPDX-License-Identifier: MIT */
/*
 * A slot is linked where the one before it stands, when everything that others are bound to can
 * keep its address there; else in a range that is free.
 */
#include "base/err.h"
#include "base/file.h"
#include "base/log.h"
#include "base/parallel.h"
#include "linker/image/compose.h"
#include "linker/image/composition.h"
#include "linker/image/order.h"
#include "linker/image/rooms.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#define IMAGE_MAX ((size_t)1 << 30) /* bytes */

struct attempt { /* a slot on its way to a place */
	struct library *library;
	const struct link_slot
		*current; /* whose place it tries to take; NULL: the place is new */
	struct slot_range range;
	struct image_tls tls; /* the range of its thread-local variables */
	bool is_trial; /* only its size is wanted */
	bool is_linked;
	struct composition composition;
};

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

/* Collect and bind a slot at its place; with an old image *ret_fits says whether every export can stay. */
static int
begin(struct link_state *state, struct attempt *attempt, const struct elf_file *old,
	bool *ret_fits)
{
	struct library *library = attempt->library;

	attempt->composition = (struct composition){ .image = &library->image,
		.library = library,
		.exports = &library->exports,
		.is_trial = attempt->is_trial,
		.tls = attempt->tls };
	TRY(compose_begin(state, attempt->range.base, &attempt->composition));
	return plan_rooms(state, &attempt->composition, old, ret_fits);
}

static int
finish(struct link_state *state, struct attempt *attempt)
{
	struct link_image *result = &attempt->library->image.result;

	TRY(compose_finish(state, &attempt->composition));
	result->base = attempt->range.base;
	result->size = attempt->composition.note.size;
	result->tls = attempt->composition.tls;
	attempt->is_linked = true;
	return 0;
}

struct linking { /* slots on their way, of which any thread takes the next */
	const struct link_state *known;
	struct attempt *attempts;
};

/* compose.c (I2) */
static int
link_one(void *data, size_t index, struct arena *arena)
{
	struct linking *linking = data;
	struct attempt *attempt = &linking->attempts[index];
	struct link_state own = *linking->known;
	struct ld_job job;

	own.arena = arena;
	job = compose_job(&own, &attempt->composition);
	/* Where it stood: what is not exported may have outgrown the space between the zones. */
	if (attempt->current != NULL && ld_run(arena, &job) < 0)
		return 0;
	if (attempt->current == NULL)
		TRY(ld_run(arena, &job));
	return finish(&own, attempt);
}

static int
link_together(struct link_state *state, struct attempt *attempts, size_t count)
{
	struct linking linking = { .known = state, .attempts = attempts };

	return parallel_run(state->arena, count, link_one, &linking);
}

const struct link_slot *
compose_find_current(const struct link_request *request, const char *name)
{
	for (size_t i = 0; i < request->slot_count; i++)
		if (request->slots[i].is_current && strcmp(request->slots[i].name, name) == 0)
			return &request->slots[i];
	return NULL;
}

/* Begin at the place of the current slot of the library, if there is one where every export can stay. */
static int
begin_in_old_range(struct link_state *state, struct library *library, struct attempt *attempt,
	bool *ret_fits)
{
	const struct link_slot *old = compose_find_current(state->request, library->link->name);
	struct str bytes;
	struct elf_file file;

	*ret_fits = false;
	if (old == NULL)
		return 0;
	*attempt = (struct attempt){ .library = library,
		.current = old,
		.range = { old->base, old->size },
		.tls = old->tls };
	if (file_read(state->arena, AT_FDCWD, old->path, IMAGE_MAX, &bytes) >= 0 &&
		elf_file_read(state->arena, bytes, &file) >= 0)
		return begin(state, attempt, &file, ret_fits);
	/* A damaged image is no model: what is placed afresh may still be what was there. */
	log_debug("link", "%s: %s", old->path, err_message());
	TRY(begin(state, attempt, NULL, ret_fits));
	*ret_fits = true;
	return 0;
}

/* Settle the new versions that can stand where the old ones are, with every export at its address. */
static int
link_in_old_ranges(struct link_state *state, struct library **libraries, size_t count)
{
	struct attempt *attempts = arena_array(state->arena, count, sizeof *attempts);
	size_t begun = 0;

	for (size_t i = 0; i < count; i++) {
		bool fits;

		TRY(begin_in_old_range(state, libraries[i], &attempts[begun], &fits));
		begun += fits;
	}
	TRY(link_together(state, attempts, begun));
	for (size_t i = 0; i < begun; i++) {
		const struct link_slot *old = attempts[i].current;
		struct image *image = &attempts[i].library->image;

		image->is_settled = attempts[i].is_linked && image->result.size <= old->size &&
				    digest_equal(&image->result.layout_id, &old->layout_id);
		if (image->is_settled)
			image->result.size = old->size;
	}
	return 0;
}

/*
 * How large a slot will be. Only of thread-local variables the exact size must be known: these
 * are linked for it.
 */
static int
measure(struct link_state *state, struct library *library)
{
	struct attempt trial = {
		.library = library, .range = { SLOT_ARENA_START, 0 }, .is_trial = true
	};
	struct rooms_request request;
	bool fits;

	TRY(begin(state, &trial, NULL, &fits));
	if (trial.composition.tls_align > 0)
		return link_together(state, &trial, 1);
	TRY(describe_rooms(
		state, &trial.composition, trial.composition.whole_count, NULL, &request));
	library->image.result.size = rooms_measure(state->arena, &request);
	log_debug("link", "%s: some %" PRIu64 " bytes", library->image.name,
		library->image.result.size);
	return 0;
}

/* Reserve a range for what is known of a slot's size, and begin there. */
static int
begin_in_new_range(struct link_state *state, struct attempt *attempt)
{
	const struct image *image = &attempt->library->image;
	struct digest seed = order_range_seed(state, image);
	bool fits;

	TRY(err_context(slot_reserve(state->ranges.at, state->ranges.len, image->result.size,
				&seed, &attempt->range),
		"%s", image->name));
	vec_push(state->arena, &state->ranges, attempt->range);
	return begin(state, attempt, NULL, &fits);
}

static int
reserve_tls(struct link_state *state, struct attempt *attempt)
{
	const struct image *image = &attempt->library->image;
	struct tls_taken taken = { .library = attempt->library->link->name };

	if (image->result.tls.size > 0)
		TRY(err_context(tls_reserve(state->target.arch, state->tls_ranges.at,
					state->tls_ranges.len, taken.library,
					&image->result.tls, &taken.tls),
			"%s", image->name));
	attempt->tls = taken.tls;
	vec_push(state->arena, &state->tls_ranges, taken);
	return 0;
}

/* Settle those that fit their ranges; the others stay, and their sizes are known now. */
static void
settle_linked(struct attempt *attempts, size_t *count)
{
	size_t left = 0;

	for (size_t i = 0; i < *count; i++) {
		struct image *image = &attempts[i].library->image;

		assert(image->result.tls.size == attempts[i].tls.size); /* tls.c (I1) */
		image->is_settled = image->result.size <= attempts[i].range.size;
		if (image->is_settled)
			image->result.size = attempts[i].range.size;
		else
			attempts[left++] = attempts[i];
	}
	*count = left;
}

/* Settle those that are left, each in a range that is reserved for it. */
static int
link_in_new_ranges(struct link_state *state, struct library **libraries, size_t count)
{
	struct attempt *attempts = arena_array(state->arena, count, sizeof *attempts);
	size_t left = 0;

	for (size_t i = 0; i < count; i++) {
		struct attempt attempt = { .library = libraries[i] };

		if (libraries[i]->image.is_settled)
			continue;
		TRY(measure(state, libraries[i]));
		TRY(reserve_tls(state, &attempt));
		attempts[left++] = attempt;
	}
	while (left > 0) {
		for (size_t i = 0; i < left; i++)
			TRY(begin_in_new_range(state, &attempts[i]));
		TRY(link_together(state, attempts, left));
		settle_linked(attempts, &left);
	}
	return 0;
}

int
compose_slots(struct link_state *state, struct library **libraries, size_t count)
{
	TRY(link_in_old_ranges(state, libraries, count));
	TRY(link_in_new_ranges(state, libraries, count));
	for (size_t i = 0; i < count; i++)
		compose_report(state, &libraries[i]->image);
	return 0;
}
