/* SPDX-License-Identifier: MIT */
/*
 * A published object is known by its key, which says all of it: units, target, tier. So an image of
 * a published object is the image that lowering for that target here gives, and an
 * object that cannot be had is lowered here for its target, under the same key.
 */
#include "linker/published.h"

#include "base/err.h"
#include "base/log.h"
#include "linker/image/object_cache.h"
#include "linker/image/published.h"

#include <string.h>

int
published_begin(struct link_state *state)
{
	const struct link_request *request = state->request;
	char hex[DIGEST_HEX_SIZE];
	int ret = lower_find_target(state->arena, request->arch, request->cpu, &state->target);

	if (ret == ERR_WORKER && request->offered_count > 0) {
		state->no_worker = arena_string(state->arena, err_message());
		state->target = (struct lower_target){ request->published[0].arch, "unknown",
			"", "none" };
		log_debug("link", "%s; published objects are used", state->no_worker);
		ret = 0;
	}
	TRY(ret);
	for (size_t i = 0; i < request->offered_count; i++)
		map_set(state->arena, &state->offered,
			arena_string(state->arena, digest_hex(&request->offered[i], hex)),
			NULL);
	return 0;
}

bool
published_has(const struct link_state *state, const struct digest *key)
{
	char hex[DIGEST_HEX_SIZE];

	return map_has(&state->offered, digest_hex(key, hex));
}

int
published_need_worker(const struct link_state *state, const char *name)
{
	if (state->no_worker == NULL)
		return 0;
	return err_set(ERR_WORKER,
		"%s: must be lowered, for no trusted builder offers its object, and %s", name,
		state->no_worker);
}

int
link_put_object(const struct link_request *request, enum arch arch, const struct digest *key,
	const struct link_object *object)
{
	struct object_cache_entry entry = { object->object, object->facts, object->origin };

	TRY(lower_check_result(arch, object->object, object->facts));
	return object_cache_put(request->cache, key, &entry);
}

int
link_get_object(struct arena *arena, const struct link_request *request,
	const struct digest *key, struct link_object *ret_object)
{
	struct object_cache_entry entry;
	int found = object_cache_get(arena, request->cache, key, &entry);

	if (found > 0)
		*ret_object = (struct link_object){ entry.object, entry.facts, entry.origin };
	return found;
}
