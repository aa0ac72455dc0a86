/* SPDX-License-Identifier: MIT */
/*
 * The plan is made from what is known before anything is fetched: the solver
 * says which packages, and link_check() with the symbols from the repository's
 * index says whether they can be linked and what is shared. What is shown is what is done.
 */
#include "pkgd/plan.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "pkgd/accounts.h"
#include "pkgd/builders.h"
#include "pkgd/collide.h"
#include "pkgd/images.h"
#include "pkgd/refuse.h"
#include "pkgd/service/service.h"
#include "pkgd/tier.h"
#include "pkgd/wanted.h"
#include "repo/relation.h"
#include "store/objects.h"
#include "store/repair.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
plan_release(struct plan *plan)
{
	json_release(&plan->event);
}

int
plan_read_manifest(struct arena *arena, const struct state *state,
	const struct generation_package *package, const struct manifest **ret_manifest)
{
	struct arena *scratch AUTO(arena_free) = arena_new();
	char *path = arena_printf(scratch, "store/%s/manifest.json", package->store_name);
	struct str text;
	struct digest digest;
	struct manifest *manifest;

	TRY(file_read(scratch, store_root_dir(state->store), path, MANIFEST_SIZE_MAX, &text));
	digest = hash_bytes(text.at, text.len);
	if (!digest_equal(&digest, &package->manifest))
		return err_set(ERR_DIGEST, "%s/%s: changed on disk (run 'weld repair')",
			store_root(state->store), path);
	TRY(err_context(manifest_read(arena, text, &manifest), "%s/%s",
		store_root(state->store), path));
	*ret_manifest = manifest;
	return 0;
}

/* The jobs as the solver reads them: a local file becomes the candidate that it is. */
static void
translate_jobs(struct state *state, const struct plan_wish *wish, struct solve_request *request)
{
	struct solve_job *jobs = arena_array(state->arena, wish->job_count + 1, sizeof *jobs);

	for (size_t i = 0; i < wish->job_count; i++) {
		jobs[i] = (struct solve_job){ wish->jobs[i].verb, wish->jobs[i].what, NULL };
		if (wish->jobs[i].verb != SOLVE_INSTALL_FILE)
			continue;
		jobs[i].file = &request->available[wish->jobs[i].candidate];
	}
	request->jobs = jobs;
	request->job_count = wish->job_count;
}

/* Warn of what stays as it is although a newer version is offered. */
static void
warn_of_rest(struct state *state, const struct solve_result *result)
{
	for (size_t i = 0; i < result->kept_back_count; i++)
		request_warn(state->request,
			"%s is offered, but does not fit (see why: weld upgrade %s)",
			solve_label(state->arena, result->kept_back[i]),
			result->kept_back[i]->name);
}

static int
solve(struct state *state, const struct plan_wish *wish, struct solve_result *ret_result)
{
	struct solve_package *installed;
	struct solve_package *available;
	struct solve_request request = { .flags = wish->solve_flags,
		.arch = arch_name(state->arch) };
	struct solve_problems problems = { 0 };
	struct strbuf text AUTO(strbuf_free) = { 0 };
	int ret;

	state_solve_packages(state, &installed, &available);
	request.installed = installed;
	request.installed_count = state->current.package_count;
	request.available = available;
	request.available_count = state->candidates.len;
	translate_jobs(state, wish, &request);
	ret = solve_run(state->arena, &request, ret_result, &problems);
	if (ret >= 0)
		warn_of_rest(state, ret_result);
	if (ret != ERR_UNRESOLVABLE || problems.count < 2)
		return ret;
	for (size_t i = 0; i < problems.count; i++)
		strbuf_printf(&text, "%s%s", i == 0 ? "" : "; ", problems.texts[i]);
	return err_set(ERR_UNRESOLVABLE, "%s", strbuf_string(&text));
}

/* A package that comes: what the generation will record of it. */
static struct plan_package
new_package(struct state *state, const struct candidate *candidate, enum solve_action action)
{
	const struct index_package *package = candidate->package;
	char *label = arena_printf(state->arena, "%s-%s-%" PRIu64, package->name,
		package->version, package->release);

	return (struct plan_package){
		.candidate = candidate,
		.action = action,
		.entry = {
			.name = package->name,
			.version = package->version,
			.release = package->release,
			.summary = package->summary,
			.licence = package->licence,
			.kind = package->kind == MANIFEST_IR ? "ir" :
				package->kind == MANIFEST_NATIVE ? "native" : "files",
			.repository = candidate->repository,
			.digest = package->sha256,
			.store_name = objects_name(state->arena, &package->sha256, label),
			.installed_at = store_now(state->store),
			.requires = (const char *const *)package->requires.at,
			.require_count = package->requires.len,
			.provides = (const char *const *)package->provides.at,
			.provide_count = package->provides.len,
			.conflicts = (const char *const *)package->conflicts.at,
			.conflict_count = package->conflicts.len,
			.replaces = (const char *const *)package->replaces.at,
			.replace_count = package->replaces.len,
		},
	};
}

static const char *
action_name(enum solve_action action)
{
	switch (action) {
	case SOLVE_NEW:
		return "install";
	case SOLVE_UPGRADED:
		return "upgrade";
	case SOLVE_DOWNGRADED:
		return "downgrade";
	case SOLVE_REINSTALLED:
		return "reinstall";
	case SOLVE_REMOVED:
		return "remove";
	case SOLVE_KEPT:
		break;
	}
	return "keep";
}

static void
add_change(struct state *state, json_t *changes, const struct solve_step *step)
{
	json_t *change = json_object();
	const struct solve_package *package = step->package;

	json_object_set_new(change, "action", json_string(action_name(step->action)));
	json_object_set_new(change, "name", json_string(package->name));
	json_object_set_new(change, "version",
		json_string(state_version(state->arena, package->version, package->release)));
	if (step->old != NULL && step->action != SOLVE_REMOVED)
		json_object_set_new(change, "old_version",
			json_string(state_version(
				state->arena, step->old->version, step->old->release)));
	if (step->reason != NULL)
		json_object_set_new(change, "reason", json_string(step->reason));
	json_object_set_new(change, "automatic", json_boolean(!step->is_asked));
	if (step->action != SOLVE_REMOVED) {
		const struct candidate *candidate = package->data;

		json_object_set_new(change, "size",
			json_integer((json_int_t)candidate->package->download_size));
		json_object_set_new(change, "repository", json_string(candidate->repository));
	}
	json_array_append_new(changes, change);
}

/* Whether the package stays as it is, also when the very file that is installed was asked for. */
static bool
is_kept(const struct solve_step *step)
{
	const struct candidate *candidate = step->package->data;
	const struct generation_package *old;

	if (step->action != SOLVE_REINSTALLED)
		return step->action == SOLVE_KEPT;
	old = step->old->data;
	return digest_equal(&candidate->package->sha256, &old->digest);
}

/* The file of what is installed was given: it serves to repair it. */
static int
repair_from_file(struct state *state, const char *name)
{
	struct repair_finding *findings;
	char **damaged;
	size_t count;

	TRY(repair_verify(
		state->arena, state->store, state->current.number, name, &findings, &count));
	if (count == 0)
		return 0;
	return repair_expect_new(state->arena, state->store, &damaged, &count);
}

/* A mark of an installed package changes: that alone needs a new generation, too. */
static void
add_mark(struct plan *plan, const char *name, const char *mark)
{
	json_array_append_new(json_object_get(plan->event, "marks"),
		json_pack("{s:s, s:s}", "name", name, "mark", mark));
	plan->has_changes = true;
}

static int
compare_pin(const void *name, const void *pin)
{
	return strcmp(name, ((const struct plan_pin *)pin)->name);
}

static const struct plan_pin *
find_pin(const struct plan_wish *wish, const char *name)
{
	if (wish->pin_count == 0)
		return NULL;
	return bsearch(name, wish->pins, wish->pin_count, sizeof *wish->pins, compare_pin);
}

/* Mark a package; of one that stays, a change is told. */
static void
mark_as(struct plan *plan, struct plan_package *package, bool is_manual, bool is_held)
{
	struct generation_package *entry = &package->entry;

	if (package->action == SOLVE_KEPT && entry->is_held != is_held)
		add_mark(plan, entry->name, is_held ? "hold" : "unhold");
	if (package->action == SOLVE_KEPT && entry->is_manual != is_manual)
		add_mark(plan, entry->name, is_manual ? "manual" : "auto");
	entry->is_manual = is_manual;
	entry->is_held = is_held;
}

/* Take one step of the solver into the plan. */
static int
take_step(struct state *state, const struct plan_wish *wish, struct plan *plan,
	const struct solve_step *step)
{
	const struct plan_pin *pin = find_pin(wish, step->package->name);
	struct plan_package package;

	if (!is_kept(step)) {
		add_change(state, json_object_get(plan->event, "changes"), step);
		plan->has_changes = true;
	}
	if (step->action == SOLVE_REMOVED)
		return 0;
	if (is_kept(step)) {
		const struct solve_package *installed =
			step->action == SOLVE_KEPT ? step->package : step->old;

		package = (struct plan_package){ .action = SOLVE_KEPT };
		package.entry = *(const struct generation_package *)installed->data;
	} else {
		package = new_package(state, step->package->data, step->action);
		package.entry.is_held = step->old != NULL && step->old->is_held;
	}
	if (pin != NULL)
		mark_as(plan, &package, pin->is_manual, pin->is_held);
	else
		mark_as(plan, &package, step->is_manual, package.entry.is_held);
	vec_push(state->arena, &plan->packages, package);
	if (step->action == SOLVE_REINSTALLED && is_kept(step))
		return repair_from_file(state, package.entry.name);
	return 0;
}

static struct plan_package *
find_package(struct plan *plan, const char *name)
{
	VEC_EACH (struct plan_package, package, &plan->packages)
		if (strcmp(package->entry.name, name) == 0)
			return package;
	return NULL;
}

/* What is pinned, and nothing else; otherwise the solver would decide what was decided already. */
static int
check_pins(struct state *state, struct plan *plan, const struct plan_wish *wish)
{
	if (wish->pins == NULL)
		return 0;
	VEC_EACH (struct plan_package, package, &plan->packages) {
		const struct plan_pin *pin = find_pin(wish, package->entry.name);

		if (pin == NULL || !digest_equal(&pin->digest, &package->entry.digest))
			return err_set(ERR_UNRESOLVABLE, "%s: is needed, but not locked",
				generation_package_label(state->arena, &package->entry));
	}
	for (size_t i = 0; plan->packages.len < wish->pin_count && i < wish->pin_count; i++)
		if (find_package(plan, wish->pins[i].name) == NULL)
			return err_set(ERR_UNRESOLVABLE,
				"%s: is locked, but does not fit the others",
				wish->pins[i].name);
	return 0;
}

static int
apply_marks(const struct state *state, struct plan *plan, const struct plan_wish *wish)
{
	for (size_t i = 0; i < wish->marked_count; i++) {
		struct plan_package *package = find_package(plan, wish->marked[i]);
		bool is_held;
		bool is_manual;

		if (package == NULL)
			return state_fail_not_installed(state, wish->marked[i]);
		is_held = package->entry.is_held;
		is_manual = package->entry.is_manual;
		if (wish->marks & (PLAN_MARK_HOLD | PLAN_MARK_UNHOLD))
			is_held = (wish->marks & PLAN_MARK_HOLD) != 0;
		if (wish->marks & (PLAN_MARK_MANUAL | PLAN_MARK_AUTO))
			is_manual = (wish->marks & PLAN_MARK_MANUAL) != 0;
		mark_as(plan, package, is_manual, is_held);
	}
	return 0;
}

/* Where the code of a package will come from: a builder whose objects are offered, or from here. */
static int
locate_code(struct state *state, struct plan *plan, const struct plan_package *package)
{
	struct builders *builders;
	struct builders_bundle bundle;

	TRY(builders_load(state, &builders));
	if (!builders_find(builders, &package->entry.digest, &bundle)) {
		plan->compile_bytes += package->candidate->package->installed_size;
		return 0;
	}
	plan->bundle_bytes += bundle.size;
	json_array_append_new(json_object_get(plan->event, "published"),
		json_pack("{s:s, s:s, s:s, s:I}", "package",
			generation_package_label(state->arena, &package->entry), "builder",
			bundle.builder, "level", bundle.level, "size",
			(json_int_t)bundle.size));
	return 0;
}

const struct declared *
plan_declared(const struct plan_package *package)
{
	static const struct declared none = { 0 };

	if (package->is_passive)
		return &none;
	return package->manifest != NULL ? &package->manifest->declared
					 : &package->candidate->package->declared;
}

/* What stays, and is in the store. A list of files that was lost is made anew, from the manifest. */
static int
locate_kept(struct state *state, struct plan *plan, struct plan_package *package)
{
	struct generation_package *entry = &package->entry;
	bool has_files = entry->files != NULL || generation_has_list(state->store, entry);

	if (entry->is_plain && has_files) {
		package->is_passive = true;
		return 0;
	}
	if (!has_files)
		plan->has_changes = true;
	TRY(plan_read_manifest(state->arena, state, entry, &package->manifest));
	entry->is_plain = manifest_is_plain(package->manifest);
	return 0;
}

/* What is in the store already is read; what is not must be offered by somebody. */
static int
locate(struct state *state, struct plan *plan, struct plan_package *package)
{
	struct generation_package *entry = &package->entry;
	bool is_there = objects_has(state->store, entry->store_name);
	const struct index_package *offer;

	if (package->action == SOLVE_KEPT && is_there)
		return locate_kept(state, plan, package);
	if (package->candidate == NULL)
		package->candidate = state_find_digest(state, &entry->digest);
	if (package->candidate == NULL)
		return err_set(ERR_NOT_FOUND,
			"%s: its directory in the store is damaged or gone, and no repository "
			"offers this build (give its file to 'weld install')",
			generation_package_label(state->arena, entry));
	TRY(state_contents(state, package->candidate, &offer));
	/* What was lost comes back, even when nothing else changes. */
	if (!is_there)
		plan->has_changes = true;
	if (offer->kind == MANIFEST_IR)
		TRY(locate_code(state, plan, package));
	if (!is_there && package->candidate->path == NULL)
		plan->download_bytes += offer->download_size;
	return 0;
}

/*
 * What native objects define stands in no index: until the new version is here, the objects of
 * the installed one speak for it.
 */
static int
borrow_natives(struct state *state, const struct plan *plan, struct wanted *wanted)
{
	VEC_EACH (struct plan_package, package, &plan->packages) {
		const struct generation_package *old =
			state_find_installed(state, package->entry.name);
		struct wanted before = { .arena = state->arena, .arch = state->arch };
		const struct manifest *manifest;

		if (package->manifest != NULL || old == NULL || old->is_plain ||
			!objects_has(state->store, old->store_name))
			continue;
		TRY(plan_read_manifest(state->arena, state, old, &manifest));
		wanted_add_manifest(&before, manifest,
			store_path(state->arena, state->store,
				arena_printf(state->arena, "store/%s", old->store_name)));
		VEC_EACH (struct link_library, library, &wanted->libraries) {
			const struct link_library *same = wanted_find(&before, library->name);

			if (same == NULL || library->unit.path[0] != '\0')
				continue;
			library->native = same->native;
		}
	}
	return 0;
}

void
plan_wanted(struct state *state, const struct plan *plan, struct wanted *ret_wanted)
{
	struct wanted wanted = { .arena = state->arena, .arch = state->arch };

	VEC_EACH (struct plan_package, package, &plan->packages)
		if (package->manifest != NULL)
			wanted_add_manifest(&wanted, package->manifest,
				store_path(state->arena, state->store,
					arena_printf(state->arena, "store/%s",
						package->entry.store_name)));
		else if (!package->is_passive)
			wanted_add_offer(&wanted, package->candidate->package);
	if (state->builders != NULL)
		builders_share(state->builders, &wanted);
	*ret_wanted = wanted;
}

static const struct generation_decision *
old_decision(const struct state *state, const char *library)
{
	for (size_t i = 0; i < state->current.decision_count; i++)
		if (strcmp(state->current.decisions[i].library, library) == 0)
			return &state->current.decisions[i];
	return NULL;
}

/* Which libraries begin to be shared, or end it. */
static void
show_decisions(struct state *state, struct plan *plan)
{
	json_t *libraries = json_array();

	for (size_t i = 0; i < plan->decision_count; i++) {
		const struct link_decision *decision = &plan->decisions[i];
		const struct generation_decision *old = old_decision(state, decision->library);
		const char *from = old == NULL ? "" : old->is_slot ? "slot" : "private";
		const char *to = decision->is_slot ? "slot" : "private";

		if (strcmp(from, to) == 0 || (decision->user_count == 0 && !decision->is_slot))
			continue;
		json_array_append_new(libraries,
			json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "name", decision->library,
				"from", from, "to", to, "reason", decision->reason, "users",
				(json_int_t)decision->user_count, "saved_bytes",
				(json_int_t)decision->saved_bytes));
	}
	json_object_set_new(plan->event, "libraries", libraries);
}

struct relink { /* finding out which libraries are not as they were */
	struct state *state;
	const struct plan *plan;
	const struct wanted *wanted;
	struct map known; /* library -> (void *)1 the same, (void *)2 changed or being asked */
};

static bool
library_changes(struct relink *relink, const char *name)
{
	const struct link_library *library = wanted_find(relink->wanted, name);
	const struct generation_decision *old = old_decision(relink->state, name);
	bool changes = library == NULL || old == NULL || library->unit.path[0] == '\0';

	if (map_has(&relink->known, name))
		return map_get(&relink->known, name) == (void *)2;
	map_set(relink->state->arena, &relink->known, name, (void *)1);
	for (size_t i = 0; i < relink->plan->decision_count && !changes; i++)
		if (strcmp(relink->plan->decisions[i].library, name) == 0)
			changes = relink->plan->decisions[i].is_slot != old->is_slot;
	VEC_EACH (struct plan_package, package, &relink->plan->packages)
		if (!changes && package->action != SOLVE_KEPT && package->manifest != NULL)
			for (size_t i = 0; i < package->manifest->library_count; i++)
				changes =
					changes ||
					strcmp(package->manifest->libraries[i].name, name) == 0;
	for (size_t i = 0; !changes && i < library->import_count; i++)
		changes = library_changes(relink, library->imports[i]);
	map_set(relink->state->arena, &relink->known, name, (void *)(changes ? 2L : 1L));
	return changes;
}

/* Which programs of packages that stay may be linked again. */
static void
show_relinked(struct state *state, struct plan *plan, const struct wanted *wanted)
{
	struct relink relink = { .state = state, .plan = plan, .wanted = wanted };
	json_t *programs = json_array();

	VEC_EACH (struct plan_package, package, &plan->packages) {
		if (package->action != SOLVE_KEPT || package->manifest == NULL)
			continue;
		for (size_t i = 0; i < package->manifest->program_count; i++) {
			const struct manifest_program *program =
				&package->manifest->programs[i];
			bool changes = false;

			for (size_t k = 0; k < program->imports.len && !changes; k++)
				changes = library_changes(&relink, program->imports.at[k]);
			if (changes)
				json_array_append_new(programs, json_string(program->path));
		}
	}
	json_object_set_new(plan->event, "relinked", programs);
}

static int
check_links(struct state *state, struct plan *plan)
{
	struct builders *builders;
	struct wanted wanted;
	struct link_request request;
	struct link_result result = { 0 };
	int ret;

	TRY(builders_load(state, &builders));
	plan_wanted(state, plan, &wanted);
	TRY(borrow_natives(state, plan, &wanted));
	TRY(images_describe(state, &wanted, false, &request));
	request.scratch = store_path(state->arena, state->store, "cache");
	ret = link_check(state->arena, &request, &result);
	if (ret < 0)
		return refuse_explain(state, &request, ret);
	plan->decisions = result.decisions;
	plan->decision_count = result.decision_count;
	show_decisions(state, plan);
	show_relinked(state, plan, &wanted);
	return 0;
}

/* What nothing that was asked for needs afterwards. */
static void
show_unneeded(struct plan *plan, const struct solve_result *result)
{
	json_t *names = json_array();

	for (size_t i = 0; i < result->unneeded_count; i++)
		json_array_append_new(names, json_string(result->unneeded[i]->name));
	json_object_set_new(plan->event, "unneeded", names);
}

/* The tier, and how long lowering in it may take. */
static int
choose_tier(struct state *state, const struct plan_wish *wish, struct plan *plan)
{
	struct policy policy;
	uint64_t expected_ms;

	TRY(state_policy(state, &policy));
	plan->tier = tier_choose(state, &policy, plan->compile_bytes, &expected_ms);
	if (wish->is_improvement)
		plan->tier = LOWER_FULL;
	plan->keeps_worse = policy.is_tier_auto && !wish->is_improvement && !wish->is_image &&
			    !request_flag(state->request, "full_now");
	plan->improves = !wish->is_improvement && !wish->is_image &&
			 tier_improves(state->request, &policy);
	json_object_set_new(plan->event, "tier", json_string(lower_tier_name(plan->tier)));
	json_object_set_new(plan->event, "improves", json_boolean(plan->improves));
	json_object_set_new(plan->event, "compile_ms", json_integer((json_int_t)expected_ms));
	return 0;
}

int
plan_decide(struct state *state, const struct plan_wish *wish, struct plan *ret_plan)
{
	struct plan *plan = ret_plan;
	struct solve_result result;

	*plan = (struct plan){ .has_changes = wish->is_relink,
		.event = json_pack("{s:[], s:[], s:[]}", "changes", "marks", "published") };
	TRY(solve(state, wish, &result));
	for (size_t i = 0; i < result.step_count; i++)
		TRY(take_step(state, wish, plan, &result.steps[i]));
	TRY(check_pins(state, plan, wish));
	TRY(apply_marks(state, plan, wish));
	VEC_EACH (struct plan_package, package, &plan->packages)
		TRY(locate(state, plan, package));
	TRY(collide_check(state, plan));
	TRY(accounts_check(state, plan, wish->is_image));
	service_check(state, plan);
	json_object_set_new(plan->event, "download_bytes",
		json_integer((json_int_t)(plan->download_bytes + plan->bundle_bytes)));
	json_object_set_new(plan->event, "arch", json_string(arch_name(state->arch)));
	json_object_set_new(
		plan->event, "is_foreign", json_boolean(state->arch != arch_host()));
	if (wish->policy != NULL)
		json_object_set(plan->event, "policy", wish->policy);
	json_object_set_new(plan->event, "reseeds",
		json_boolean(wish->is_reseed || (wish->seed != NULL && wish->is_relink)));
	TRY(choose_tier(state, wish, plan));
	show_unneeded(plan, &result);
	if (!plan->has_changes)
		return 0;
	return check_links(state, plan);
}
