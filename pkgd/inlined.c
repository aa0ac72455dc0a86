/* SPDX-License-Identifier: MIT */
/*
 * The facts of an image name the function of each copy and where it comes from. One that comes from a slot
 * of the image was inlined across its border: what is private comes from none.
 */
#include "pkgd/inlined.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "linker/facts.h"
#include "store/store.h"

#include <string.h>

#define FACTS_MAX ((size_t)1 << 30) /* bytes */

static bool
is_of_slot(const struct facts *facts, const struct facts_origin *origin)
{
	for (uint32_t i = 0; i < facts->slot_count; i++)
		if (!origin->is_program && strcmp(facts_slot(facts, i).name, origin->unit) == 0)
			return true;
	return false;
}

static bool
is_in(const json_t *names, const char *name)
{
	size_t i;
	json_t *known;

	json_array_foreach(
		names, i, known) if (strcmp(json_string_value(known), name) == 0) return true;
	return false;
}

/* Bodies in the order of their names. */
static void
add_copies(const struct facts *facts, const char *image, json_t *list)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct map packages = { 0 };

	for (uint32_t i = 0; i < facts->body_count; i++) {
		struct facts_body body = facts_body(facts, facts_at(facts, FACTS_BODIES, i));
		struct facts_origin origin = facts_origin(facts, body.origin);
		json_t *entry = map_get(&packages, origin.package);

		if (!is_of_slot(facts, &origin))
			continue;
		if (entry == NULL) {
			entry = json_pack("{s:s, s:s, s:[]}", "image", image, "package",
				origin.package, "functions");
			map_set(arena, &packages, origin.package, entry);
			json_array_append_new(list, entry);
		}
		if (!is_in(json_object_get(entry, "functions"), body.name))
			json_array_append_new(
				json_object_get(entry, "functions"), json_string(body.name));
	}
}

static int
read_image(const struct state *state, const struct generation_image *image, json_t *list)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *path = arena_printf(arena, "store/%s/" FACTS_FILE, image->store_name);
	struct facts facts;
	struct str bytes;

	TRY(file_read(arena, store_root_dir(state->store), path, FACTS_MAX, &bytes));
	TRY(err_context(facts_open(bytes, &facts), "%s (run 'weld repair')", path));
	add_copies(&facts, image->name, list);
	return 0;
}

int
inlined_json(const struct state *state, const char *package, json_t **ret_list)
{
	json_t *list AUTO(json_release) = json_array();

	for (size_t i = 0; i < state->current.image_count; i++) {
		const struct generation_image *image = &state->current.images[i];

		if (image->has_facts && strcmp(image->package, package) == 0)
			TRY(read_image(state, image, list));
	}
	*ret_list = list;
	list = NULL;
	return 0;
}
