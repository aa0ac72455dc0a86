/* SPDX-License-Identifier: MIT */
/* Generations: what there is, what was done, going back, what differs. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/graph/diff.h"
#include "pkgd/improve.h"
#include "pkgd/service/service.h"
#include "pkgd/state.h"
#include "pkgd/tier.h"
#include "store/query.h"

#include <inttypes.h>
#include <string.h>

/* How many images a generation has of each tier, and how many hold the code of builders. */
static void
add_tiers(const struct query_tier *rows, size_t count, uint64_t number, json_t *entry)
{
	json_t *tiers = json_object();
	json_int_t published = 0;

	for (size_t i = 0; i < count; i++) {
		if (rows[i].generation != number)
			continue;
		tier_count(tiers, rows[i].tier, rows[i].images);
		published += (json_int_t)rows[i].published;
	}
	json_object_set_new(entry, "tiers", tiers);
	json_object_set_new(entry, "published", json_integer(published));
}

int
method_generations(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct query_generation *found;
	struct query_tier *tiers;
	size_t count;
	size_t tier_rows;
	json_t *list = json_array();

	json_object_set_new(request->reply, "generations", list);
	TRY(state_open(request, STATE_BARE, "", &state));
	TRY(query_generations(request->arena, state.store, &found, &count));
	TRY(query_tiers(request->arena, state.store, &tiers, &tier_rows));
	for (size_t i = 0; i < count; i++) {
		json_t *entry = json_pack("{s:I, s:I, s:I, s:s, s:I, s:b}", "number",
			(json_int_t)found[i].number, "parent", (json_int_t)found[i].parent,
			"time", (json_int_t)found[i].time, "command",
			found[i].command == NULL ? "" : found[i].command, "packages",
			(json_int_t)found[i].package_count, "current", found[i].is_current);

		json_array_append_new(list, entry);
		add_tiers(tiers, tier_rows, found[i].number, entry);
	}
	return 0;
}

static void
add_difference(struct arena *arena, json_t *list, const struct generation_package *old,
	const struct generation_package *new)
{
	const char *name = new != NULL ? new->name : old->name;
	json_t *change = json_object();

	json_object_set_new(change, "name", json_string(name));
	json_object_set_new(change, "action",
		json_string(old == NULL   ? "install"
			    : new == NULL ? "remove"
					  : "change"));
	if (old != NULL)
		json_object_set_new(change, "old_version",
			json_string(state_version(arena, old->version, old->release)));
	if (new != NULL)
		json_object_set_new(change, "version",
			json_string(state_version(arena, new->version, new->release)));
	json_array_append_new(list, change);
}

/* The packages in which two generations differ. */
static json_t *
differences(
	struct arena *arena, const struct generation *before, const struct generation *after)
{
	json_t *list = json_array();

	for (size_t i = 0; i < after->package_count; i++) {
		const struct generation_package *new = &after->packages[i];
		const struct generation_package *old =
			generation_find_package(before, new->name);

		if (old == NULL || !digest_equal(&old->digest, &new->digest))
			add_difference(arena, list, old, new);
	}
	for (size_t i = 0; i < before->package_count; i++)
		if (generation_find_package(after, before->packages[i].name) == NULL)
			add_difference(arena, list, &before->packages[i], NULL);
	return list;
}

static void
add_event(json_t *list, const struct query_event *event)
{
	static const char *const results[] = { [QUERY_PENDING] = "pending",
		[QUERY_DONE] = "done",
		[QUERY_NOT_DONE] = "not done" };

	json_array_append_new(
		list, json_pack("{s:I, s:I, s:s, s:I, s:I, s:s}", "id", (json_int_t)event->id,
			      "time", (json_int_t)event->time, "command",
			      event->command == NULL ? "" : event->command, "before",
			      (json_int_t)event->before, "after", (json_int_t)event->after,
			      "result", results[event->result]));
}

/* One event in full: what changed in the packages. */
static int
describe_event(struct state *state, const struct query_event *event, json_t *reply)
{
	struct generation before = { 0 };
	struct generation after = { 0 };

	TRY(generation_read(state->arena, state->store, event->before, &before));
	TRY(generation_read(state->arena, state->store, event->after, &after));
	json_object_set_new(reply, "changes", differences(state->arena, &before, &after));
	json_object_set_new(reply, "tiers", tier_count_all(&after));
	return 0;
}

int
method_history(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct query_event *events;
	size_t count;
	int64_t wanted = request_integer(request, "id", 0);
	json_t *list = json_array();

	json_object_set_new(request->reply, "events", list);
	TRY(state_open(request, STATE_BARE, "", &state));
	TRY(query_history(request->arena, state.store, &events, &count));
	for (size_t i = 0; i < count; i++) {
		if (wanted != 0 && events[i].id != (uint64_t)wanted)
			continue;
		add_event(list, &events[i]);
		if (wanted != 0)
			return describe_event(&state, &events[i], request->reply);
	}
	if (wanted != 0)
		return err_set(ERR_NOT_FOUND,
			"history has no entry %" PRId64 " (see 'weld history')", wanted);
	return 0;
}

/* The generation before the last change: better images of the same packages are none. */
static int
find_previous(struct state *state, int64_t *ret_number)
{
	struct generation generation = state->current;

	while (generation.parent != 0 && strcmp(generation.command, IMPROVE_COMMAND) == 0)
		TRY(generation_read(
			state->arena, state->store, generation.parent, &generation));
	*ret_number = (int64_t)generation.parent;
	return 0;
}

int
method_rollback(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct generation target;
	const char *command;
	int64_t number = request_integer(request, "generation", 0);
	json_t *plan AUTO(json_release) = NULL;
	int ret;

	TRY(request_string(request, "command", &command));
	TRY(state_open(request, STATE_WRITE, command, &state));
	if (number == 0)
		TRY(find_previous(&state, &number));
	if (number == 0)
		return err_set(ERR_NOTHING, "there is no earlier generation to go back to");
	TRY(generation_read(request->arena, state.store, (uint64_t)number, &target));
	if (target.number == state.current.number)
		return err_set(
			ERR_NOTHING, "generation %" PRId64 " is the current one", number);
	plan = json_pack("{s:I, s:I, s:o}", "rollback", (json_int_t)number, "from",
		(json_int_t)state.current.number, "changes",
		differences(request->arena, &state.current, &target));
	TRY(request_consent(request, plan));
	json_object_update(request->reply, plan);
	json_object_del(request->reply, "event");
	json_object_set_new(request->reply, "dry_run", json_boolean(request->is_dry_run));
	if (request->is_dry_run)
		return 0;
	ret = state_activate(&state, (uint64_t)number, command, NULL);
	TRY(err_context(ret, "generation %" PRId64, number));
	json_object_set_new(request->reply, "generation", json_integer(number));
	/* What is current stays so, whatever cannot be told of it. */
	if (service_report(&state, &state.current, &target, request->reply) < 0)
		request_warn(request, "services: %s", err_message());
	return 0;
}

int
method_diff(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct generation before;
	struct generation after;
	int64_t from;
	int64_t to;

	TRY(json_get_integer(request->parameters, "from", &from));
	TRY(json_get_integer(request->parameters, "to", &to));
	TRY(state_open(request, STATE_BARE, "", &state));
	TRY(generation_read(request->arena, state.store, (uint64_t)from, &before));
	TRY(generation_read(request->arena, state.store, (uint64_t)to, &after));
	json_object_set_new(
		request->reply, "changes", differences(request->arena, &before, &after));
	json_object_set_new(
		request->reply, "images", diff_images(request->arena, &before, &after));
	return 0;
}
