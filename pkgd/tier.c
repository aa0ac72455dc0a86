/* SPDX-License-Identifier: MIT */
/* A person waits for what runs soon; a script waits for what runs well, and would compile twice. */
#include "pkgd/tier.h"

#include "pkgd/pace.h"
#include "pkgd/state.h"

#include <string.h>

#define PATIENCE_MS 5000u /* what a person waits without turning to something else */

bool
tier_improves(const struct request *request, const struct policy *policy)
{
	if (!policy->is_tier_auto || request_flag(request, "full_now"))
		return false;
	return policy->improve == POLICY_IMPROVE_ALWAYS ||
	       (policy->improve == POLICY_IMPROVE_AUTO && request_flag(request, "is_watched"));
}

enum lower_tier
tier_choose(struct state *state, const struct policy *policy, uint64_t compile_bytes,
	uint64_t *ret_expected_ms)
{
	enum lower_tier tier = policy->tier;

	if (request_flag(state->request, "full_now"))
		tier = LOWER_FULL;
	else if (tier_improves(state->request, policy))
		while (tier > LOWER_INSTANT && pace_expect(state->arena, state->home, tier,
						       compile_bytes) > PATIENCE_MS)
			tier--;
	*ret_expected_ms = pace_expect(state->arena, state->home, tier, compile_bytes);
	return tier;
}

/* What an older version linked does not say its tier, and that was full. */
static const char *
name_of(const char *tier)
{
	return tier[0] == '\0' ? lower_tier_name(LOWER_FULL) : tier;
}

static bool
is_worse(const struct generation_image *image)
{
	return strcmp(name_of(image->tier), lower_tier_name(LOWER_FULL)) != 0;
}

size_t
tier_count_worse(const struct generation *generation)
{
	size_t count = 0;

	for (size_t i = 0; i < generation->image_count; i++)
		count += is_worse(&generation->images[i]);
	return count;
}

void
tier_list_worse(const struct generation *generation, json_t *list)
{
	for (size_t i = 0; i < generation->image_count; i++)
		if (is_worse(&generation->images[i]))
			json_array_append_new(list,
				json_pack("{s:s, s:s, s:b}", "name", generation->images[i].name,
					"tier", generation->images[i].tier, "slot",
					generation->images[i].is_slot));
}

void
tier_count(json_t *counts, const char *tier, uint64_t images)
{
	const char *name = name_of(tier);
	json_int_t count = json_integer_value(json_object_get(counts, name));

	json_object_set_new(counts, name, json_integer(count + (json_int_t)images));
}

json_t *
tier_count_all(const struct generation *generation)
{
	json_t *counts = json_object();

	for (size_t i = 0; i < generation->image_count; i++)
		tier_count(counts, generation->images[i].tier, 1);
	return counts;
}
