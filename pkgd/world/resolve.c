/* SPDX-License-Identifier: MIT */
/*
 * Resolving begins with an empty root: each package that can be had, offered or
 * installed, is one to choose from, and of a locked name only the locked build is. Then one
 * job for each package takes the root from what it has to exactly that.
 */
#include "pkgd/world/resolve.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "base/vec.h"
#include "repo/version.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct choice { /* a package that can be had */
	struct solve_package package; /* its data is the digest */
	const struct digest *digest;
};

struct resolve {
	struct state *state;
	const struct world *world;
	const struct lock *locked; /* NULL: none */
	VEC(struct choice) choices;
};

static const char *
version_of(struct arena *arena, const char *version, uint64_t release)
{
	return arena_printf(arena, "%s-%" PRIu64, version, release);
}

/* Whether the world file's own words allow a locked version. */
static bool
is_wanted(const struct resolve *it, const struct lock_package *pin)
{
	const struct relation provided = { .name = pin->name,
		.operators = RELATION_EQUAL,
		.version = version_of(it->state->arena, pin->version, pin->release) };

	for (size_t i = 0; i < it->world->package_count; i++) {
		const struct relation *relation = &it->world->packages[i].relation;

		if (strcmp(relation->name, pin->name) == 0 &&
			!version_meets(&provided, relation))
			return false;
	}
	return true;
}

/* All that can be had: what is offered, and what is installed and no longer offered. */
static void
collect_choices(struct resolve *it)
{
	struct state *state = it->state;
	struct solve_package *installed;
	struct solve_package *available;

	state_solve_packages(state, &installed, &available);
	for (size_t i = 0; i < state->candidates.len; i++)
		vec_push(state->arena, &it->choices,
			(struct choice){
				available[i], &state->candidates.at[i].package->sha256 });
	for (size_t i = 0; i < state->current.package_count; i++) {
		const struct generation_package *package = &state->current.packages[i];

		if (state_find_digest(state, &package->digest) != NULL)
			continue;
		installed[i].is_manual = false;
		installed[i].is_held = false;
		vec_push(state->arena, &it->choices,
			(struct choice){ installed[i], &package->digest });
	}
}

static bool
has_choice(const struct resolve *it, const struct digest *digest)
{
	VEC_EACH (const struct choice, choice, &it->choices)
		if (digest_equal(choice->digest, digest))
			return true;
	return false;
}

/* The lock's packages that still count, by name; the others are told. */
static void
collect_pins(struct resolve *it, struct map *pins)
{
	struct arena *arena = it->state->arena;

	for (size_t i = 0; it->locked != NULL && i < it->locked->package_count; i++) {
		const struct lock_package *pin = &it->locked->packages[i];

		if (!is_wanted(it, pin))
			continue;
		if (has_choice(it, &pin->digest))
			map_set(arena, pins, pin->name, (void *)pin);
		else
			request_warn(it->state->request,
				"%s-%s is locked in a build that nobody offers any more",
				pin->name, version_of(arena, pin->version, pin->release));
	}
}

/* What the solver may choose from; data of each is its digest. */
static void
offer_choices(struct resolve *it, struct solve_request *request)
{
	struct arena *arena = it->state->arena;
	struct solve_package *available =
		arena_array(arena, it->choices.len + 1, sizeof *available);
	struct map pins = { 0 };

	collect_pins(it, &pins);
	request->available = available;
	VEC_EACH (const struct choice, choice, &it->choices) {
		const struct lock_package *pin = map_get(&pins, choice->package.name);

		if (pin != NULL && !digest_equal(choice->digest, &pin->digest))
			continue;
		available[request->available_count] = choice->package;
		available[request->available_count++].data = choice->digest;
	}
}

static int
solve_world(struct resolve *it, struct solve_result *ret_result)
{
	struct arena *arena = it->state->arena;
	struct solve_request request = { .arch = arch_name(it->state->arch) };
	struct solve_problems problems = { 0 };
	struct solve_job *jobs = arena_array(arena, it->world->package_count + 1, sizeof *jobs);
	int ret;

	offer_choices(it, &request);
	for (size_t i = 0; i < it->world->package_count; i++)
		jobs[i] = (struct solve_job){ .verb = SOLVE_INSTALL,
			.what = it->world->packages[i].text };
	request.jobs = jobs;
	request.job_count = it->world->package_count;
	ret = solve_run(arena, &request, ret_result, &problems);
	if (ret < 0 && it->locked != NULL && it->locked->package_count > 0)
		return err_set((enum err)ret,
			"%s (with what is locked; 'weld apply --update' resolves anew)",
			arena_string(arena, err_message()));
	return ret;
}

static int
mark_held(struct resolve *it, struct lock *lock)
{
	for (size_t i = 0; i < it->world->hold_count; i++) {
		struct lock_package *package =
			(struct lock_package *)lock_find(lock, it->world->holds[i]);

		if (package == NULL)
			return err_set(ERR_NOT_FOUND,
				"hold: %s is not among the packages that are wanted",
				it->world->holds[i]);
		package->is_held = true;
	}
	return 0;
}

int
resolve_world(struct state *state, const struct world *world, const struct lock *locked,
	bool is_update, struct lock *ret_lock)
{
	struct resolve it = {
		.state = state, .world = world, .locked = is_update ? NULL : locked
	};
	struct lock lock = { .arch = arch_name(state->arch) };
	struct solve_result result = { 0 };

	if (locked != NULL)
		lock.seed = locked->seed;
	else
		TRY(store_seed(state->store, &lock.seed));
	collect_choices(&it);
	if (world->package_count > 0)
		TRY(solve_world(&it, &result));
	lock.packages = arena_array(state->arena, result.step_count + 1, sizeof *lock.packages);
	for (size_t i = 0; i < result.step_count; i++) {
		const struct solve_package *package = result.steps[i].package;

		lock.packages[lock.package_count++] = (struct lock_package){
			.name = package->name,
			.version = package->version,
			.release = package->release,
			.digest = *(const struct digest *)package->data,
			.is_manual = result.steps[i].is_manual,
		};
	}
	TRY(mark_held(&it, &lock));
	*ret_lock = lock;
	return 0;
}

/* One job that leads to a locked package. */
static int
add_job(struct state *state, const struct lock_package *package, struct plan_job *ret_job)
{
	const struct generation_package *installed = state_find_installed(state, package->name);
	const struct candidate *candidate;
	const char *version = version_of(state->arena, package->version, package->release);

	if (installed != NULL && digest_equal(&installed->digest, &package->digest)) {
		*ret_job = (struct plan_job){ .verb = SOLVE_INSTALL,
			.what = arena_printf(state->arena, "%s = %s", package->name, version) };
		return 0;
	}
	candidate = state_find_digest(state, &package->digest);
	if (candidate == NULL)
		return err_set(ERR_NOT_FOUND, "%s-%s: nobody offers this build", package->name,
			version);
	*ret_job = (struct plan_job){ .verb = SOLVE_INSTALL_FILE,
		.candidate = (size_t)(candidate - state->candidates.at) };
	return 0;
}

int
resolve_wish(struct state *state, const struct lock *lock, struct plan_wish *wish)
{
	struct arena *arena = state->arena;
	size_t count = lock->package_count + state->current.package_count + 1;
	struct plan_job *jobs = arena_array(arena, count, sizeof *jobs);
	struct plan_pin *pins = arena_array(arena, lock->package_count + 1, sizeof *pins);
	struct digest seed;

	for (size_t i = 0; i < lock->package_count; i++) {
		const struct lock_package *package = &lock->packages[i];

		TRY(add_job(state, package, &jobs[wish->job_count++]));
		pins[i] = (struct plan_pin){ package->name, package->digest, package->is_manual,
			package->is_held };
	}
	for (size_t i = 0; i < state->current.package_count; i++)
		if (lock_find(lock, state->current.packages[i].name) == NULL)
			jobs[wish->job_count++] = (struct plan_job){ .verb = SOLVE_REMOVE,
				.what = state->current.packages[i].name };
	wish->jobs = jobs;
	wish->pins = pins;
	wish->pin_count = lock->package_count;
	wish->solve_flags = SOLVE_MAY_REMOVE | SOLVE_MAY_DOWNGRADE | SOLVE_MAY_CHANGE_HELD;
	TRY(store_seed(state->store, &seed));
	if (!digest_equal(&seed, &lock->seed)) {
		wish->seed = &lock->seed;
		wish->is_relink = state->current.number > 0;
	}
	return 0;
}
