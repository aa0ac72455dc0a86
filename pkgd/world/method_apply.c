/* SPDX-License-Identifier: MIT */
/*
 * Apply: read the world file and its lock, resolve the one with the other, and make the root
 * match in one transaction. Both come as text and the new lock goes back as text: the files
 * belong to who asks, and pkgd opens none of them.
 */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/builders.h"
#include "pkgd/policy.h"
#include "pkgd/transaction.h"
#include "pkgd/world/resolve.h"

#include <string.h>

struct apply {
	struct state state;
	const char *world_name; /* for messages, as the next */
	const char *lock_name;
	struct world world;
	struct lock locked; /* what the lock file says */
	bool has_lock;
	bool is_locked; /* it must be right as it is */
	struct lock wanted; /* what the root shall match */
	struct plan_wish wish;
};

static int
read_request(struct request *request, struct apply *apply)
{
	const char *world;
	const char *lock;

	TRY(request_string(request, "command", &apply->wish.command));
	TRY(json_get_string(request->parameters, "world", &world));
	TRY(request_string(request, "lock", &lock));
	TRY(json_get_string_or(
		request->parameters, "world_file", "world file", &apply->world_name));
	TRY(json_get_string_or(request->parameters, "lock_file", "lock", &apply->lock_name));
	apply->is_locked = request_flag(request, "locked");
	TRY(err_context(world_read(request->arena, str_from(world), &apply->world), "%s",
		apply->world_name));
	apply->has_lock = lock != NULL;
	if (lock != NULL)
		return err_context(lock_read(request->arena, str_from(lock), &apply->locked),
			"%s", apply->lock_name);
	if (apply->is_locked)
		return err_set(ERR_NOT_FOUND, "%s: there is none (run 'weld apply' first)",
			apply->lock_name);
	return 0;
}

/* Offers that have expired may serve where the lock says what is taken, and nobody is asked. */
static int
open_root(struct request *request, struct apply *apply)
{
	unsigned offers =
		apply->is_locked && request->is_offline ? STATE_OFFERS_ANY : STATE_OFFERS;

	return state_open(request, STATE_CREATE | STATE_WRITE | offers, apply->wish.command,
		&apply->state);
}

/* One key of the world file's policy, when it is not so yet. */
static int
take_policy(struct state *state, const struct world_policy *row, const json_t *current,
	json_t *changes, json_t *shown)
{
	const char *value = row->value;
	const char *old;

	if (strcmp(row->key, "builders") == 0)
		TRY(builders_resolve(state, value, &value));
	if (strcmp(row->key, "arch") == 0)
		TRY(state_choose_arch(state, value));
	TRY(json_get_string_or(current, row->key, "", &old));
	if (strcmp(old, value) == 0)
		return 0;
	json_object_set_new(changes, row->key, json_string(value));
	json_array_append_new(
		shown, json_pack("{s:s, s:s, s:s}", "key", row->key, "from", old, "to", value));
	return 0;
}

/* From here on state_policy() is what the world file wants; it is kept when all is done. */
static int
choose_policy(struct apply *apply, json_t *changes, json_t *shown)
{
	struct state *state = &apply->state;
	json_t *current AUTO(json_release) = json_object();

	TRY(policy_list(state->arena, state->store, current));
	for (size_t i = 0; i < apply->world.policy_count; i++)
		TRY(take_policy(state, &apply->world.policy[i], current, changes, shown));
	TRY(policy_check(state->arena, state->store, changes));
	if (json_object_size(changes) > 0)
		state->policy = changes;
	return 0;
}

static int
check_locked(struct apply *apply)
{
	const char *difference;

	if (!apply->is_locked)
		return 0;
	difference = lock_difference(apply->state.arena, &apply->locked, &apply->wanted);
	if (difference == NULL)
		return 0;
	return err_set(ERR_FAILED,
		"%s: does not fit %s: %s ('weld apply' without --locked brings it up to date)",
		apply->lock_name, apply->world_name, difference);
}

/* The lock as it is now, for who keeps it. */
static void
report_lock(struct apply *apply)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	lock_write(&apply->wanted, &text);
	json_object_set_new(
		apply->state.request->reply, "lock", json_string(strbuf_string(&text)));
}

static int
apply_world(struct request *request, struct apply *apply, json_t *policy, json_t *shown)
{
	bool is_update = request_flag(request, "update");

	TRY(open_root(request, apply));
	TRY(err_context(choose_policy(apply, policy, shown), "%s", apply->world_name));
	TRY(err_context(
		resolve_world(&apply->state, &apply->world,
			apply->has_lock ? &apply->locked : NULL, is_update, &apply->wanted),
		"%s", apply->world_name));
	TRY(check_locked(apply));
	/* From here on it is known exactly which packages there will be. */
	TRY(resolve_wish(&apply->state, &apply->wanted, &apply->wish));
	apply->wish.policy = shown;
	/* In a root without anything its packages are the change; without any, the policy is all there is. */
	if (json_array_size(shown) > 0 &&
		(apply->state.current.number > 0 || apply->wanted.package_count == 0))
		apply->wish.is_relink = true;
	TRY(transaction_run(&apply->state, &apply->wish));
	if (!request->is_dry_run)
		report_lock(apply);
	return 0;
}

int
method_apply(struct request *request)
{
	struct apply apply = { 0 };
	json_t *policy AUTO(json_release) = json_object();
	json_t *shown AUTO(json_release) = json_array();
	int ret;

	TRY(read_request(request, &apply));
	ret = apply_world(request, &apply, policy, shown);
	state_close(&apply.state);
	return ret;
}
