/* SPDX-License-Identifier: MIT */
/* What this root trusts. Trust state is not part of a generation and never rolls back. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/builders.h"
#include "pkgd/state.h"

#include <string.h>

/* Who publishes lowered objects in a repository, and whether the policy trusts them. */
static int
add_builders(struct state *state, const struct trust_repo *repo, json_t *list)
{
	const struct trust_options *options = &state->trust_options;
	struct trust_builder *builders;
	size_t count;

	TRY(trust_builders(state->arena, state->trust, repo->name, &builders, &count));
	for (size_t i = 0; i < count; i++) {
		bool is_trusted = false;

		for (size_t k = 0; k < options->builder_count; k++)
			is_trusted = is_trusted ||
				     digest_equal(&options->builders[k], &builders[i].key);
		json_array_append_new(list,
			json_pack("{s:s, s:o, s:b}", "name", builders[i].name, "key",
				json_from_digest(&builders[i].key), "trusted", is_trusted));
	}
	return 0;
}

static json_t *
repo_json(const struct trust_repo *repo)
{
	return json_pack("{s:s, s:s, s:b, s:i, s:I, s:I, s:I, s:I, s:I}", "name", repo->name,
		"url", repo->url, "enabled", repo->is_enabled, "priority", repo->priority,
		"version", (json_int_t)repo->version, "root_version",
		(json_int_t)repo->root_version, "expires", (json_int_t)repo->expires, "updated",
		(json_int_t)repo->updated, "packages", (json_int_t)repo->package_count);
}

int
method_repo_add(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const char *name;
	const char *url;
	const char *metadata;

	TRY(json_get_string(request->parameters, "name", &name));
	TRY(json_get_string(request->parameters, "url", &url));
	TRY(json_get_string(request->parameters, "root_metadata", &metadata));
	TRY(state_open(request, STATE_CREATE | STATE_BARE | STATE_WRITE | STATE_TRUST,
		"weld repo add", &state));
	if (request->is_dry_run)
		return 0;
	return trust_add(state.trust, name, url, str_from(metadata));
}

int
method_repo_list(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct trust_repo *repos;
	size_t count;
	json_t *list = json_array();

	json_object_set_new(request->reply, "repositories", list);
	TRY(state_open(request, STATE_BARE | STATE_TRUST, "", &state));
	TRY(trust_list(request->arena, state.trust, &repos, &count));
	TRY(builders_want(&state));
	for (size_t i = 0; i < count; i++) {
		json_t *repo = repo_json(&repos[i]);
		json_t *builders = json_array();

		json_object_set_new(repo, "builders", builders);
		json_array_append_new(list, repo);
		TRY(add_builders(&state, &repos[i], builders));
	}
	return 0;
}

int
method_repo_remove(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const char *name;

	TRY(json_get_string(request->parameters, "name", &name));
	TRY(state_open(
		request, STATE_BARE | STATE_WRITE | STATE_TRUST, "weld repo remove", &state));
	return request->is_dry_run ? 0 : trust_remove(state.trust, name);
}

int
method_repo_enable(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const char *name;
	bool enabled;

	TRY(json_get_string(request->parameters, "name", &name));
	TRY(json_get_bool(request->parameters, "enabled", &enabled));
	TRY(state_open(
		request, STATE_BARE | STATE_WRITE | STATE_TRUST, "weld repo enable", &state));
	return request->is_dry_run ? 0 : trust_set_enabled(state.trust, name, enabled);
}

int
method_repo_priority(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const char *name;
	int64_t priority;

	TRY(json_get_string(request->parameters, "name", &name));
	TRY(json_get_integer(request->parameters, "priority", &priority));
	if (priority < -1000 || priority > 1000)
		return err_set(ERR_USAGE, "priority: not from -1000 to 1000");
	TRY(state_open(
		request, STATE_BARE | STATE_WRITE | STATE_TRUST, "weld repo priority", &state));
	return request->is_dry_run ? 0 : trust_set_priority(state.trust, name, (int)priority);
}

/* Update one repository; the first failure is kept, the others are still tried. */
static int
update_one(struct state *state, const struct trust_repo *repo, json_t *updated, char **failure)
{
	int ret;

	if (state->request->is_dry_run) {
		request_step(state->request, "would update %s from %s", repo->name, repo->url);
		return 0;
	}
	request_step(state->request, "updating %s from %s", repo->name, repo->url);
	ret = trust_update(state->trust, repo->name, &state->trust_options);
	if (ret < 0 && *failure != NULL)
		request_warn(state->request, "%s", err_message());
	else if (ret < 0)
		*failure = arena_string(state->arena, err_message());
	else
		json_array_append_new(updated,
			json_pack("{s:s, s:b}", "name", repo->name, "changed", ret > 0));
	return ret < 0 ? ret : 0;
}

int
method_update(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct trust_repo *repos;
	size_t count;
	size_t tried = 0;
	char *failure = NULL;
	int first = 0;
	json_t *updated = json_array();

	json_object_set_new(request->reply, "updated", updated);
	if (request->is_offline)
		return err_set(
			ERR_FETCH, "an update needs the network (run without --offline)");
	TRY(state_open(request, STATE_BARE | STATE_WRITE | STATE_TRUST, "weld update", &state));
	TRY(builders_want(&state));
	TRY(trust_list(request->arena, state.trust, &repos, &count));
	for (size_t i = 0; i < count; i++) {
		int ret;

		if (!repos[i].is_enabled)
			continue;
		tried++;
		state_warn_of_clock(&state, &repos[i]);
		ret = update_one(&state, &repos[i], updated, &failure);
		if (first == 0)
			first = ret;
	}
	if (first < 0)
		return err_set((enum err)first, "%s", failure);
	if (tried == 0)
		return err_set(ERR_NOTHING, "no repository to update (run 'weld repo add')");
	TRY(trust_list(request->arena, state.trust, &repos, &count));
	for (size_t i = 0; i < json_array_size(updated); i++)
		for (size_t k = 0; k < count; k++) {
			json_t *entry = json_array_get(updated, i);

			if (strcmp(json_string_value(json_object_get(entry, "name")),
				    repos[k].name) == 0)
				json_object_set_new(entry, "packages",
					json_integer((json_int_t)repos[k].package_count));
		}
	return 0;
}
