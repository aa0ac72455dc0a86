/* SPDX-License-Identifier: MIT */
/*
 * The image of a plug-in is linked as a slot is, once to learn its size and then at
 * a range of its own, but without rooms: nothing is bound to it, so it may move.
 */
#include "linker/image/compose.h"

#include "base/err.h"
#include "linker/image/composition.h"
#include "linker/image/order.h"
#include "linker/image/plugin.h"

static int
link_at(struct link_state *state, struct plugin *plugin, uint64_t base, bool is_trial)
{
	struct composition composition = { .image = &plugin->image,
		.plugin = plugin,
		.exports = &plugin->exports,
		.is_trial = is_trial };
	struct ld_job job;

	TRY(compose_begin(state, base, &composition));
	job = compose_job(state, &composition);
	TRY(ld_run(state->arena, &job));
	TRY(compose_finish(state, &composition));
	plugin->image.result.base = base;
	plugin->image.result.size = composition.note.size;
	return 0;
}

int
compose_plugin(struct link_state *state, struct plugin *plugin)
{
	struct digest seed = order_range_seed(state, &plugin->image);
	struct slot_range range;

	TRY(plugin_read_program(state, plugin->program));
	TRY(link_at(state, plugin, SLOT_ARENA_START, true));
	/* A large alignment makes the size depend on the base: try until it fits. */
	do {
		TRY(err_context(slot_reserve(state->ranges.at, state->ranges.len,
					plugin->image.result.size, &seed, &range),
			"%s", plugin->image.name));
		TRY(link_at(state, plugin, range.base, false));
	} while (plugin->image.result.size > range.size);
	plugin->image.result.size = range.size;
	vec_push(state->arena, &state->ranges, range);
	plugin->image.is_settled = true;
	compose_report(state, &plugin->image);
	return 0;
}
