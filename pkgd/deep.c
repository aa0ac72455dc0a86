/* SPDX-License-Identifier: MIT */
/*
 * Everything is made again in a directory of ours, with an empty cache, so that nothing comes from
 * anybody else; slots are placed as the ones that are there. Same packages, same targets, same bytes:
 * a difference is damage, or somebody's object is not what it claims to be.
 */
#include "pkgd/deep.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/image_note.h"
#include "linker/published.h"
#include "pkgd/builders.h"
#include "pkgd/images.h"
#include "pkgd/plan.h"
#include "pkgd/tier.h"
#include "pkgd/wanted.h"

#include <stdlib.h>
#include <string.h>

#define IMAGE_MAX ((size_t)1 << 30) /* bytes */

struct deep {
	struct state *state;
	struct arena *arena;
	char *scratch; /* a directory of ours; NULL before it is made */
	struct link_request request; /* of making it again */
	const char *cache; /* of the root */
	VEC(struct deep_finding) findings;
	size_t compared;
};

static int
describe_wanted(struct deep *deep, struct wanted *ret_wanted)
{
	struct state *state = deep->state;
	struct plan plan = { 0 };

	for (size_t i = 0; i < state->current.package_count; i++) {
		struct plan_package package = { .entry = state->current.packages[i] };

		TRY(plan_read_manifest(state->arena, state, &package.entry, &package.manifest));
		vec_push(deep->arena, &plan.packages, package);
	}
	plan_wanted(state, &plan, ret_wanted);
	return 0;
}

static enum link_kind
kind_of(const struct generation_image *image)
{
	return image->is_plugin ? LINK_PLUGIN : image->is_slot ? LINK_SLOT : LINK_PROGRAM;
}

/* Every image in the tier that it is in. */
static void
describe_remakes(struct deep *deep)
{
	const struct generation *current = &deep->state->current;
	struct link_remake *remakes =
		arena_array(deep->arena, current->image_count + 1, sizeof *remakes);

	for (size_t i = 0; i < current->image_count; i++) {
		const struct generation_image *image = &current->images[i];

		remakes[i] = (struct link_remake){ kind_of(image), image->name, LOWER_FULL };
		for (int tier = LOWER_INSTANT; tier < LOWER_TIERS; tier++)
			if (strcmp(image->tier, lower_tier_name((enum lower_tier)tier)) == 0)
				remakes[i].tier = (enum lower_tier)tier;
	}
	deep->request.remakes = remakes;
	deep->request.remake_count = current->image_count;
}

static int
describe(struct deep *deep)
{
	struct builders *builders;
	struct wanted wanted;

	TRY(builders_load(deep->state, &builders));
	TRY(describe_wanted(deep, &wanted));
	TRY(images_describe(deep->state, &wanted, false, &deep->request));
	TRY(store_seed(deep->state->store, &deep->request.seed));
	describe_remakes(deep);
	deep->cache = deep->request.cache;
	deep->request.cache = arena_printf(deep->arena, "%s/cache", deep->scratch);
	deep->request.scratch = arena_printf(deep->arena, "%s/link", deep->scratch);
	deep->request.existing_count = 0;
	return file_make_dirs(AT_FDCWD, deep->request.scratch, 0700);
}

static const struct generation_image *
find_image(const struct generation *current, const struct link_image *image)
{
	for (size_t i = 0; i < current->image_count; i++)
		if (kind_of(&current->images[i]) == image->kind &&
			strcmp(current->images[i].name, image->name) == 0)
			return &current->images[i];
	return NULL;
}

/* "code of builder farm", or of whom it is. */
static const char *
owner_of(struct arena *arena, const struct generation_image *entry)
{
	struct str rest = str_from(entry->builder);
	struct str name;

	if (rest.len == 0 || !str_cut(&rest, ' ', &name))
		return "lowered here before";
	return arena_printf(arena, "of builder %s", str_copy(arena, name));
}

/* Whether the object that is in the root's cache is another one than was lowered now. */
static int
object_differs(struct deep *deep, const struct digest *key, bool *ret_differs)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct link_request theirs = { .cache = deep->cache };
	struct link_object old, new;
	int has_old = link_get_object(arena, &theirs, key, &old);
	int has_new = link_get_object(arena, &deep->request, key, &new);

	*ret_differs = false;
	TRY(has_old);
	TRY(has_new);
	if (has_old > 0 && has_new > 0)
		*ret_differs =
			!str_equal(old.object, new.object) || !str_equal(old.facts, new.facts);
	return 0;
}

static void
find(struct deep *deep, const struct generation_image *entry, const char *problem)
{
	vec_push(deep->arena, &deep->findings,
		(struct deep_finding){ entry->name, entry->package,
			arena_printf(deep->arena, "%s (%s)", problem,
				owner_of(deep->arena, entry)) });
}

/*
 * Whether two notes tell the same but for which images of its slots a program found when it was linked.
 * A slot of the same layout takes another's place, and no program is touched.
 */
static bool
is_same_note(struct arena *arena, struct str a, struct str b)
{
	struct strbuf bytes AUTO(strbuf_free) = { 0 };
	struct image_note old, new;
	struct image_slot *slots;

	if (image_note_unpack(arena, a, &old) < 0 || image_note_unpack(arena, b, &new) < 0 ||
		old.slot_count != new.slot_count)
		return false;
	slots = arena_array(arena, old.slot_count, sizeof *slots);
	for (size_t i = 0; i < old.slot_count; i++) {
		slots[i] = old.slots[i];
		slots[i].digest = new.slots[i].digest;
		slots[i].exact_path = new.slots[i].exact_path;
	}
	old.slots = slots;
	return image_note_pack(&old, &bytes) >= 0 && str_equal(strbuf_str(&bytes), b);
}

/* Whether two images are the same, what their notes have from history left aside. */
static bool
is_same_image(struct arena *arena, struct str a, struct str b)
{
	struct str old, new;
	size_t start, end;

	if (a.len != b.len || image_note_find(a, &old) < 0 || image_note_find(b, &new) < 0)
		return false;
	start = (size_t)(old.at - a.at);
	end = start + old.len;
	return (size_t)(new.at - b.at) == start &&
	       new.len == old.len &&memcmp(a.at, b.at, start) == 0 &&
	       memcmp(a.at + end, b.at + end, a.len - end) == 0 &&
	       is_same_note(arena, old, new);
}

static int
image_differs(struct deep *deep, const struct generation_image *entry,
	const struct link_image *image, bool *ret_differs)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct str old, new;

	*ret_differs = !digest_equal(&entry->digest, &image->digest);
	if (!*ret_differs)
		return 0;
	TRY(file_read(arena, store_root_dir(deep->state->store),
		arena_printf(arena, "store/%s/%s", entry->store_name, entry->store_file),
		IMAGE_MAX, &old));
	TRY(file_read(arena, AT_FDCWD, image->file, IMAGE_MAX, &new));
	*ret_differs = !is_same_image(arena, old, new);
	return 0;
}

static int
compare(struct deep *deep, const struct link_image *image)
{
	const struct generation_image *entry = find_image(&deep->state->current, image);
	bool differs;

	if (entry == NULL)
		return 0;
	deep->compared++;
	TRY(object_differs(deep, &image->object, &differs));
	if (differs) {
		find(deep, entry, "its object is not what lowering gives");
		return 0;
	}
	if (!digest_equal(&entry->key, &image->key)) {
		find(deep, entry,
			"it cannot be compared: it was made from something else than is "
			"offered now, or by another policy (run 'weld update' and 'weld "
			"relink')");
		return 0;
	}
	TRY(image_differs(deep, entry, image, &differs));
	if (differs)
		find(deep, entry, "its bytes are not what lowering and linking give");
	return 0;
}

static int
make_and_compare(struct deep *deep)
{
	struct link_result result = { 0 };

	TRY(file_temp_dir(deep->arena, "/tmp", &deep->scratch));
	TRY(describe(deep));
	TRY(link_all(deep->arena, &deep->request, &result));
	for (size_t i = 0; i < result.image_count; i++)
		TRY(compare(deep, &result.images[i]));
	return 0;
}

int
deep_verify(struct state *state, struct deep_finding **ret_findings, size_t *ret_count,
	size_t *ret_compared)
{
	struct deep deep = { .state = state, .arena = state->arena };
	int ret = make_and_compare(&deep);

	if (deep.scratch != NULL)
		(void)file_remove_tree(AT_FDCWD, deep.scratch);
	TRY(ret);
	*ret_findings = deep.findings.at;
	*ret_count = deep.findings.len;
	*ret_compared = deep.compared;
	return 0;
}
