/* SPDX-License-Identifier: MIT */
/* What would happen: what forbids a version, and whether a package could take another's place. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/graph/graph.h"
#include "pkgd/graph/replace.h"
#include "pkgd/offers.h"
#include "pkgd/plan.h"
#include "pkgd/state.h"
#include "repo/package.h"
#include "repo/version.h"

#include <stdlib.h>
#include <string.h>

/* One problem of the solver, as the clauses that cannot hold together. */
static void
add_clauses(struct arena *arena, json_t *problems, const char *text)
{
	json_t *clauses = json_array();
	const char *end;

	for (; (end = strstr(text, "; ")) != NULL; text = end + 2)
		json_array_append_new(clauses,
			json_string(
				str_copy(arena, (struct str){ text, (size_t)(end - text) })));
	json_array_append_new(clauses, json_string(text));
	json_array_append_new(problems, json_pack("{s:o}", "clauses", clauses));
}

/* "jq=1.6" and the like, without the spaces that a relation has, as a person types it. */
static int
read_wish(struct arena *arena, const char *text, struct relation *ret_relation)
{
	size_t name = strcspn(text, "<=> ");
	size_t signs = strspn(text + name, "<=> ");
	char *between = arena_string(arena, " ");

	for (size_t i = name; i < name + signs; i++)
		if (text[i] != ' ')
			between = arena_printf(arena, "%s%c", between, text[i]);
	if (text[name] != '\0')
		text = arena_printf(
			arena, "%.*s%s %s", (int)name, text, between, text + name + signs);
	return relation_parse(arena, text, ret_relation);
}

static bool
is_version_of(struct arena *arena, const struct relation *wanted, const char *name,
	const char *version, uint64_t release)
{
	struct relation own = { name, RELATION_EQUAL, state_version(arena, version, release) };

	return version_meets(&own, wanted);
}

/* Ask the solver; when it agrees, ask whether the result could be linked. */
static int
find_obstacles(struct state *state, const char *what, json_t *problems, json_t *reply)
{
	struct plan_job job = { .verb = SOLVE_INSTALL, .what = what };
	struct plan_wish wish = { .command = "", .jobs = &job, .job_count = 1 };
	struct plan plan AUTO(plan_release) = { 0 };
	struct solve_package *installed;
	struct solve_package *available;
	struct solve_job solve_job = { SOLVE_INSTALL, what, NULL };
	struct solve_request request = {
		.jobs = &solve_job, .job_count = 1, .arch = arch_name(state->arch)
	};
	struct solve_problems found = { 0 };
	struct solve_result result;
	int ret;

	state_solve_packages(state, &installed, &available);
	request.installed = installed;
	request.installed_count = state->current.package_count;
	request.available = available;
	request.available_count = state->candidates.len;
	ret = solve_run(state->arena, &request, &result, &found);
	if (ret == ERR_UNRESOLVABLE) {
		for (size_t i = 0; i < found.count; i++)
			add_clauses(state->arena, problems, found.texts[i]);
		return 0;
	}
	TRY(ret);
	ret = plan_decide(state, &wish, &plan);
	if (ret == ERR_SYMBOL) {
		add_clauses(state->arena, problems, err_message());
		return 0;
	}
	TRY(ret);
	json_object_set(reply, "changes", json_object_get(plan.event, "changes"));
	return 0;
}

int
method_why_not(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const struct generation_package *installed;
	const struct candidate *offer;
	struct relation wanted;
	const char *what;
	json_t *problems = json_array();

	json_object_set_new(request->reply, "problems", problems);
	TRY(json_get_string(request->parameters, "what", &what));
	TRY(state_open(request, STATE_OFFERS_ANY, "", &state));
	TRY(read_wish(request->arena, what, &wanted));
	installed = state_find_installed(&state, wanted.name);
	offer = offers_best_of(&state, wanted.name);
	if (wanted.operators == RELATION_ANY && offer != NULL)
		what = arena_printf(request->arena, "%s = %s", wanted.name,
			state_version(request->arena, offer->package->version,
				offer->package->release));
	TRY(read_wish(request->arena, what, &wanted));
	json_object_set_new(request->reply, "wanted", json_string(what));
	json_object_set_new(request->reply, "installed",
		json_boolean(installed != NULL &&
			     is_version_of(request->arena, &wanted, installed->name,
				     installed->version, installed->release)));
	if (json_is_true(json_object_get(request->reply, "installed")))
		return 0;
	return find_obstacles(&state, what, problems, request->reply);
}

/* Fetch what a repository offers, and read what it says of itself. */
static int
fetch_manifest(
	struct state *state, const struct candidate *candidate, struct manifest **ret_manifest)
{
	struct trust_options options = state->trust_options;
	struct trust_package package = {
		.repo = candidate->repository, .package = candidate->package, .ret_fd = -1
	};
	const char *parent = getenv("TMPDIR");
	int directory AUTO(file_close) = -1;
	int ret;

	if (state->request->is_offline)
		return err_set(ERR_FETCH, "%s: must be fetched (run without --offline)",
			candidate->package->file);
	TRY(file_open_dir(AT_FDCWD, parent != NULL ? parent : "/tmp", &directory));
	TRY(trust_fetch(state->trust, &options, directory, &package, 1));
	ret = package_read_manifest(
		state->arena, package.ret_fd, candidate->package->file, ret_manifest);
	file_close(&package.ret_fd);
	return ret;
}

static int
read_package_file(struct arena *arena, const char *path, struct manifest **ret_manifest)
{
	int fd AUTO(file_close) = -1;

	TRY(file_open(AT_FDCWD, path, &fd));
	return package_read_manifest(arena, fd, path, ret_manifest);
}

/* The best candidate that meets a relation; NULL without one. */
static const struct candidate *
find_candidate(struct state *state, const struct relation *wanted)
{
	const struct candidate *best = NULL;

	VEC_EACH (struct candidate, candidate, &state->candidates) {
		const struct index_package *package = candidate->package;

		if (is_version_of(state->arena, wanted, package->name, package->version,
			    package->release) &&
			(best == NULL ||
				version_compare(state_version(state->arena, package->version,
							package->release),
					state_version(state->arena, best->package->version,
						best->package->release)) > 0))
			best = candidate;
	}
	return best;
}

/* NEW: a package file, a version of OLD, or what a repository offers: "zlib", "zlib=1.3". */
static int
find_successor(
	struct state *state, const char *old, const char *text, struct manifest **ret_manifest)
{
	struct arena *arena = state->arena;
	const struct candidate *candidate = NULL;
	struct relation wanted;

	if (str_has_suffix(text, PACKAGE_SUFFIX) || strchr(text, '/') != NULL)
		return read_package_file(arena, text, ret_manifest);
	if (relation_parse(arena, arena_printf(arena, "%s = %s", old, text), &wanted) >= 0)
		candidate = find_candidate(state, &wanted);
	if (candidate == NULL && read_wish(arena, text, &wanted) >= 0)
		candidate = find_candidate(state, &wanted);
	if (candidate == NULL)
		return err_set(ERR_NOT_FOUND,
			"%s: neither a version of %s that a repository offers, nor a package, "
			"nor a package file",
			text, old);
	return fetch_manifest(state, candidate, ret_manifest);
}

static json_t *
problem_json(const struct graph *graph, const struct replace_problem *problem)
{
	const struct graph_node *user = &graph->nodes.at[problem->user];
	json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind",
		replace_names[problem->kind], "package", user->name, "version", user->version,
		"unit", problem->unit, "library", problem->library, "symbol", problem->symbol);

	if (problem->unit[0] != '\0')
		json_object_set_new(object, "unit_kind",
			json_string(problem->is_program ? "program" : "library"));
	if (problem->old_type != NULL)
		json_object_set_new(object, "old_type", json_string(problem->old_type));
	if (problem->new_type != NULL)
		json_object_set_new(object, "new_type", json_string(problem->new_type));
	if (problem->old_size != 0)
		json_object_set_new(
			object, "old_size", json_integer((json_int_t)problem->old_size));
	if (problem->new_size != 0)
		json_object_set_new(
			object, "new_size", json_integer((json_int_t)problem->new_size));
	return object;
}

/* Of what is only offered, the types stand in the package file; any version may be meant. */
static int
complete_old(struct graph *graph, size_t old, const struct relation *wanted)
{
	struct graph_node *node = &graph->nodes.at[old];
	const struct candidate *candidate;
	struct manifest *manifest;

	if (node->installed != NULL)
		return 0;
	candidate = find_candidate(graph->state, wanted);
	if (candidate == NULL)
		return err_set(ERR_NOT_FOUND, "%s %s: no repository offers this version",
			wanted->name, wanted->version);
	node->version = state_version(
		graph->state->arena, candidate->package->version, candidate->package->release);
	TRY(fetch_manifest(graph->state, candidate, &manifest));
	node->units = graph_units_from(graph->state->arena, manifest);
	return 0;
}

int
method_can_replace(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct replace_result result;
	struct manifest *successor = NULL;
	struct relation wanted = { 0 };
	struct graph graph;
	const char *old;
	const char *new;
	json_t *problems = json_array();
	size_t at = 0;

	json_object_set_new(request->reply, "problems", problems);
	TRY(json_get_string(request->parameters, "old", &old));
	TRY(json_get_string(request->parameters, "new", &new));
	TRY(state_open(request, STATE_OFFERS_ANY, "", &state));
	TRY(read_wish(request->arena, old, &wanted));
	TRY(graph_make(&state,
		state_find_installed(&state, wanted.name) == NULL ? GRAPH_OFFERS : 0, &graph));
	TRY(graph_find_package(&graph, wanted.name, &at));
	TRY(find_successor(&state, wanted.name, new, &successor));
	TRY(complete_old(&graph, at, &wanted));
	TRY(replace_check(&graph, at, successor, &result));
	VEC_EACH (struct replace_problem, problem, &result.problems)
		json_array_append_new(problems, problem_json(&graph, problem));
	json_object_set_new(request->reply, "old",
		json_string(arena_printf(
			request->arena, "%s-%s", wanted.name, graph.nodes.at[at].version)));
	json_object_set_new(request->reply, "new",
		json_string(manifest_full_name(request->arena, successor)));
	json_object_set_new(
		request->reply, "users", json_integer((json_int_t)result.user_count));
	json_object_set_new(request->reply, "unused_vanished",
		json_integer((json_int_t)result.unused_vanished));
	json_object_set_new(request->reply, "unused_changed",
		json_integer((json_int_t)result.unused_changed));
	return 0;
}
