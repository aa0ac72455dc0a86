/* SPDX-License-Identifier: MIT */
/*
 * A function is found under its name in the source, under its name in the image, and as a body of
 * which there are copies; all three are looked up by binary search in each image.
 */
#include "pkgd/audit/evidence.h"

#include "base/arena.h"

#include <string.h>

struct looking { /* for one symbol */
	const struct reach *reach;
	const struct audit_images *images;
	struct arena *arena;
	const char *label;
	const struct advisory_symbol *symbol;
	struct audit_finding *finding;
};

/* "lib/lparser.c" ends in "lparser.c", "xlparser.c" does not; facts may have the last part only. */
static bool
is_file(const char *source, const char *wanted)
{
	size_t length = strlen(source);
	size_t wanted_length = strlen(wanted);
	const char *slash = strrchr(wanted, '/');

	if (length >= wanted_length)
		return strcmp(source + length - wanted_length, wanted) == 0 &&
		       (length == wanted_length || source[length - wanted_length - 1] == '/');
	return slash != NULL && strcmp(slash + 1, source) == 0;
}

static bool
is_meant(const struct looking *looking, struct audit_place place)
{
	struct facts_origin origin = audit_place_origin(looking->images, place);

	if (strcmp(origin.package, looking->label) != 0)
		return false;
	/* A file that is not known could be the one. */
	return looking->symbol->file == NULL || origin.source[0] == '\0' ||
	       is_file(origin.source, looking->symbol->file);
}

static enum audit_state
state_of(const struct looking *looking, struct audit_place place)
{
	uint8_t marks = looking->images->at.at[place.image].marks[place.index];

	if ((marks & REACH_DIRECT) != 0)
		return AUDIT_REACHABLE;
	if ((marks & (REACH_POSSIBLE | REACH_USED)) != 0)
		return AUDIT_POSSIBLE;
	return AUDIT_UNREACHABLE;
}

static void
consider(struct looking *looking, struct audit_place place)
{
	struct audit_finding *finding = looking->finding;
	const struct facts *facts = &looking->images->at.at[place.image].facts;
	bool is_copy = place.index >= facts->entity_count;
	struct reach_step *steps = NULL;
	size_t count = 0;
	enum audit_state state;

	if (!is_meant(looking, place))
		return;
	state = state_of(looking, place);
	if (state < finding->state)
		return;
	if (state >= AUDIT_POSSIBLE)
		reach_chain(looking->reach, looking->arena, place, &steps, &count);
	if (state == finding->state && finding->step_count > 0 && count >= finding->step_count)
		return;
	finding->state = state;
	finding->steps = steps;
	finding->step_count = count;
	finding->is_copy = is_copy;
}

static void
look(struct looking *looking, uint32_t image, enum facts_index index)
{
	const struct facts *facts = &looking->images->at.at[image].facts;
	struct facts_range range = facts_find(facts, index, looking->symbol->name);

	for (uint32_t i = range.first; i < range.end; i++) {
		uint32_t at = facts_at(facts, index, i);

		if (index == FACTS_BODIES)
			at += facts->entity_count;
		consider(looking, (struct audit_place){ image, at });
	}
}

/*
 * Whether an image has code of the package of which nobody recorded what it contains: a function may
 * be inside others without a trace.
 */
static bool
is_unrecorded(const struct audit_image *image, const char *label)
{
	for (uint32_t i = 0; i < image->unrecorded_count; i++)
		if (strcmp(facts_origin(&image->facts, image->unrecorded[i]).package, label) ==
			0)
			return true;
	return false;
}

void
evidence_find(const struct reach *reach, struct arena *arena, const char *label,
	const struct advisory_symbol *symbol, struct audit_finding *finding)
{
	struct looking looking = { reach, reach_all_images(reach), arena, label, symbol,
		finding };
	size_t count;
	const uint32_t *images = reach_images(reach, &count);

	finding->state = AUDIT_ABSENT;
	for (size_t i = 0; i < count; i++) {
		look(&looking, images[i], FACTS_BY_SOURCE_NAME);
		look(&looking, images[i], FACTS_BY_NAME);
		look(&looking, images[i], FACTS_BODIES);
	}
	for (size_t i = 0; i < count && finding->state < AUDIT_POSSIBLE; i++)
		if (is_unrecorded(&looking.images->at.at[images[i]], label)) {
			finding->state = AUDIT_POSSIBLE;
			finding->note = "the package was built without a record of its "
					"functions (build it again)";
		}
}
