/* SPDX-License-Identifier: MIT */
/* Priorities first, then versions; of equal ones the first repository's. */
#include "pkgd/offers.h"

#include "base/arena.h"
#include "base/map.h"
#include "pkgd/state.h"
#include "repo/version.h"

#include <string.h>

static bool
is_better(struct arena *arena, const struct candidate *candidate, const struct candidate *best)
{
	if (best == NULL || candidate->priority != best->priority)
		return best == NULL || candidate->priority > best->priority;
	return version_compare(state_version(arena, candidate->package->version,
				       candidate->package->release),
		       state_version(arena, best->package->version, best->package->release)) >
	       0;
}

void
offers_best(const struct state *state, struct map *ret_best)
{
	struct map best = { 0 };

	VEC_EACH (struct candidate, candidate, &state->candidates)
		if (is_better(
			    state->arena, candidate, map_get(&best, candidate->package->name)))
			map_set(state->arena, &best, candidate->package->name, candidate);
	*ret_best = best;
}

const struct candidate *
offers_best_of(const struct state *state, const char *name)
{
	const struct candidate *best = NULL;

	VEC_EACH (struct candidate, candidate, &state->candidates)
		if (strcmp(candidate->package->name, name) == 0 &&
			is_better(state->arena, candidate, best))
			best = candidate;
	return best;
}
