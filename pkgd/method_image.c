/* SPDX-License-Identifier: MIT */
/*
 * The root of a system image: an ordinary transaction in a directory that will stand elsewhere.
 *
 * What is trusted, and the cache of lowered objects, are those of the caller's root. Nothing of
 * this machine, nor the clock, gets into the new root: the same packages give the same bytes.
 */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "kernel-iface/arch.h"
#include "pkgd/policy.h"
#include "pkgd/transaction.h"
#include "store/query.h"
#include "store/repair.h"

#include <string.h>

#define IMAGE_COMMAND "weld image build" /* as history shows it: without names of files */

struct image_wish {
	const char *directory; /* where the root is made, or stands already */
	const char *standing; /* the path that it will have */
	const char *cpu; /* NULL: as it is, or any of the architecture */
	const char *services; /* as of the policy; NULL: as it is */
	uint64_t time; /* seconds since 1970 */
	bool is_new;
};

static int
read_wish(struct request *request, struct image_wish *ret_wish)
{
	struct image_wish wish = { 0 };

	TRY(json_get_string(request->parameters, "directory", &wish.directory));
	TRY(json_get_string(request->parameters, "standing", &wish.standing));
	TRY(request_string(request, "cpu", &wish.cpu));
	TRY(request_string(request, "services", &wish.services));
	wish.time = (uint64_t)request_integer(request, "time", 0);
	wish.is_new = !file_exists(
		AT_FDCWD, arena_printf(request->arena, "%s/store", wish.directory));
	if (wish.is_new && wish.cpu == NULL)
		wish.cpu = arch_common_cpu(arch_host());
	*ret_wish = wish;
	return 0;
}

/* Open the image's root in the place of the caller's, which goes on serving as the home. */
static int
enter_root(struct state *state, const struct image_wish *wish)
{
	static const struct digest no_seed = { 0 };

	if (wish->is_new)
		TRY(store_make(wish->directory, wish->standing, &no_seed));
	TRY(state_move(state, wish->directory));
	if (strcmp(store_standing(state->store), wish->standing) != 0)
		return err_set(ERR_FORMAT, "%s: is made to stand at %s, not at %s",
			wish->directory, store_standing(state->store), wish->standing);
	TRY(store_lock(state->store, IMAGE_COMMAND, 0));
	store_fix_time(state->store, wish->time);
	if (wish->cpu != NULL)
		TRY(policy_set(state->arena, state->store, "cpu", wish->cpu));
	if (wish->services != NULL)
		TRY(policy_set(state->arena, state->store, "services", wish->services));
	return 0;
}

/* Whether a file of the package was given: then its name asks for nothing more. */
static bool
is_given_as_file(const struct state *state, const char *name)
{
	VEC_EACH (struct candidate, candidate, &state->candidates)
		if (candidate->path != NULL && strcmp(candidate->package->name, name) == 0)
			return true;
	return false;
}

/* What was named is installed in its best version, and what is there already is upgraded. */
static int
make_jobs(struct state *state, const struct image_wish *image, struct plan_wish *wish)
{
	struct plan_job *jobs;
	char **names;
	char **files;
	size_t name_count;
	size_t file_count;

	TRY(request_strings(state->request, "names", &names, &name_count));
	TRY(request_strings(state->request, "files", &files, &file_count));
	jobs = arena_array(state->arena, name_count + file_count + 1, sizeof *jobs);
	for (size_t i = 0; i < file_count; i++) {
		int is_new = state_add_file(state, files[i]);

		TRY(is_new);
		if (is_new > 0)
			jobs[wish->job_count++] = (struct plan_job){ .verb = SOLVE_INSTALL_FILE,
				.candidate = state->candidates.len - 1 };
	}
	for (size_t i = 0; i < name_count; i++)
		if (!is_given_as_file(state, names[i]))
			jobs[wish->job_count++] =
				(struct plan_job){ .verb = SOLVE_INSTALL, .what = names[i] };
	if (!image->is_new)
		jobs[wish->job_count++] = (struct plan_job){ .verb = SOLVE_UPGRADE };
	wish->jobs = jobs;
	return 0;
}

/* Leave nothing in the root but the current generation and what it needs. */
static int
forget_rest(struct state *state)
{
	struct repair_scope scope = { .with_cache = true };
	struct query_generation *generations;
	struct repair_garbage *garbage;
	size_t count;

	TRY(query_generations(state->arena, state->store, &generations, &count));
	for (size_t i = 0; i < count; i++)
		if (!generations[i].is_current)
			TRY(generation_remove(state->store, generations[i].number));
	TRY(repair_collect(state->arena, state->store, &scope, &garbage, &count));
	return repair_compact(state->store);
}

static int
report_packages(struct state *state)
{
	json_t *list = json_array();
	struct generation current;

	json_object_set_new(state->request->reply, "packages", list);
	TRY(generation_read_current(state->arena, state->store, &current));
	for (size_t i = 0; i < current.package_count; i++) {
		const struct generation_package *package = &current.packages[i];

		json_array_append_new(list,
			json_pack("{s:s, s:s, s:b}", "name", package->name, "version",
				state_version(state->arena, package->version, package->release),
				"manual", package->is_manual));
	}
	return 0;
}

int
method_image_root(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	struct plan_wish wish = { .command = IMAGE_COMMAND, .is_image = true };
	struct image_wish image = { 0 };

	TRY(read_wish(request, &image));
	TRY(state_open(request, STATE_CREATE | STATE_OFFERS, IMAGE_COMMAND, &state));
	TRY(enter_root(&state, &image));
	TRY(make_jobs(&state, &image, &wish));
	wish.derives_seed = image.is_new;
	TRY(transaction_run(&state, &wish));
	if (request->is_dry_run || json_object_get(request->reply, "nothing") != NULL)
		return 0;
	TRY(forget_rest(&state));
	return report_packages(&state);
}
