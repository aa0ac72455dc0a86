/* SPDX-License-Identifier: MIT */
/* The root itself: is it whole, make it whole, make room, and what its owner decided. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "pkgd/builders.h"
#include "pkgd/deep.h"
#include "pkgd/garbage.h"
#include "pkgd/policy.h"
#include "pkgd/transaction.h"
#include "store/repair.h"

#include <string.h>

static void
add_findings(json_t *list, const struct repair_finding *findings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "path", findings[i].path, "package",
				      findings[i].package, "problem", findings[i].problem));
}

/* Lower and link again, and compare; with names only what they are of is told. */
static int
verify_deep(struct state *state, char *const *names, size_t name_count, json_t *list)
{
	struct deep_finding *findings;
	size_t count, compared;

	request_step(state->request, "lowering and linking everything again, to compare");
	TRY(deep_verify(state, &findings, &count, &compared));
	for (size_t i = 0; i < count; i++) {
		bool is_asked = name_count == 0;

		for (size_t k = 0; k < name_count; k++)
			is_asked = is_asked ||
				   (str_has_prefix(findings[i].package, names[k]) &&
					   findings[i].package[strlen(names[k])] == '-');
		if (is_asked)
			json_array_append_new(
				list, json_pack("{s:s, s:s, s:s}", "path", findings[i].path,
					      "package", findings[i].package, "problem",
					      findings[i].problem));
	}
	json_object_set_new(
		state->request->reply, "compared", json_integer((json_int_t)compared));
	return 0;
}

int
method_verify(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct repair_finding *findings;
	size_t count;
	char **names;
	size_t name_count;
	json_t *list = json_array();

	json_object_set_new(request->reply, "findings", list);
	TRY(request_strings(request, "names", &names, &name_count));
	TRY(state_open(request, 0, "", &state));
	for (size_t i = 0; i < name_count; i++) {
		TRY(repair_verify(request->arena, state.store, state.current.number, names[i],
			&findings, &count));
		add_findings(list, findings, count);
	}
	if (request_flag(request, "deep"))
		TRY(verify_deep(&state, names, name_count, list));
	if (name_count > 0)
		return 0;
	TRY(repair_verify(request->arena, state.store,
		request_flag(request, "all") ? 0 : state.current.number, NULL, &findings,
		&count));
	add_findings(list, findings, count);
	return 0;
}

/* A database that cannot be opened is made anew from the generations. */
static int
repair_root(struct request *request)
{
	struct store *store AUTO(store_close) = NULL;
	int ret = store_open(request->root, 0, &store);

	if (ret >= 0)
		ret = repair_check_database(store);
	if (ret != ERR_FORMAT)
		return ret;
	store_close(&store);
	request_step(
		request, "the database cannot be read (%s): making it anew", err_message());
	TRY(store_open(request->root, STORE_REPAIR, &store));
	TRY(store_lock(store, "weld repair", request->wait_s * 1000));
	return repair_database(store);
}

int
method_repair(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct plan_wish wish = { .is_relink = true, .command = "weld repair" };
	struct repair_finding *findings;
	char **damaged;
	size_t count;
	size_t damaged_count;

	TRY(repair_root(request));
	TRY(state_open(request, STATE_WRITE | STATE_OFFERS_ANY, wish.command, &state));
	TRY(repair_verify(request->arena, state.store, 0, NULL, &findings, &count));
	if (request->is_dry_run) {
		json_t *list = json_array();

		json_object_set_new(request->reply, "findings", list);
		add_findings(list, findings, count);
		return 0;
	}
	if (count == 0) {
		json_object_set_new(request->reply, "nothing", json_true());
		return 0;
	}
	TRY(repair_expect_new(request->arena, state.store, &damaged, &damaged_count));
	json_object_set_new(
		request->reply, "damaged", json_from_strings(damaged, damaged_count));
	for (size_t i = 0; i < damaged_count; i++)
		request_step(request, "store/%s is damaged: getting it anew", damaged[i]);
	return transaction_run(&state, &wish);
}

int
method_gc(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct repair_scope scope = { .with_cache = request_flag(request, "cache"),
		.is_dry_run = request->is_dry_run };
	struct repair_garbage *garbage;
	int64_t keep = request_integer(request, "keep", GARBAGE_KEEP_ALL);
	size_t count;
	json_int_t bytes = 0;
	json_t *list = json_array();
	json_t *forgotten = json_array();

	json_object_set_new(request->reply, "removed", list);
	json_object_set_new(request->reply, "forgotten", forgotten);
	TRY(state_open(request, STATE_WRITE, "weld gc", &state));
	if (keep == GARBAGE_KEEP_ALL)
		TRY(garbage_forget_by_policy(&state, &scope));
	else
		TRY(garbage_forget(&state, keep, &scope));
	for (size_t i = 0; i < scope.gone_count; i++)
		json_array_append_new(forgotten, json_integer((json_int_t)scope.gone[i]));
	TRY(repair_collect(request->arena, state.store, &scope, &garbage, &count));
	for (size_t i = 0; i < count; i++) {
		bytes += (json_int_t)garbage[i].size;
		json_array_append_new(list, json_pack("{s:s, s:I}", "path", garbage[i].path,
						    "size", (json_int_t)garbage[i].size));
	}
	json_object_set_new(request->reply, "bytes", json_integer(bytes));
	json_object_set_new(request->reply, "dry_run", json_boolean(request->is_dry_run));
	return 0;
}

int
method_policy_show(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct policy policy;
	json_t *values = json_object();

	json_object_set_new(request->reply, "policy", values);
	TRY(state_open(request, STATE_BARE, "", &state));
	TRY(policy_list(request->arena, state.store, values));
	TRY(policy_read(request->arena, state.store, &policy));
	json_object_set_new(request->reply, "harden",
		json_pack("{s:s, s:s, s:s}", "arch", arch_name(policy.arch), "with",
			harden_text(
				request->arena, policy.harden & harden_available(policy.arch)),
			"without",
			harden_text(request->arena,
				policy.harden & ~harden_available(policy.arch))));
	return 0;
}

/* Names of builders become the ids of their keys: those are what is trusted. */
static int
resolve_value(struct state *state, const char *key, const char **value)
{
	return strcmp(key, "builders") == 0 ? builders_resolve(state, *value, value) : 0;
}

int
method_policy_set(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const char *key;
	const char *value;

	TRY(json_get_string(request->parameters, "key", &key));
	TRY(json_get_string(request->parameters, "value", &value));
	/* What a root is to be like can be said before anything is in it. */
	TRY(state_open(request, STATE_BARE | STATE_CREATE | STATE_WRITE | STATE_TRUST,
		"weld policy set", &state));
	TRY(resolve_value(&state, key, &value));
	if (strcmp(key, "arch") == 0)
		TRY(err_context(state_choose_arch(&state, value), "policy"));
	return request->is_dry_run ? 0 : policy_set(request->arena, state.store, key, value);
}
