/* SPDX-License-Identifier: MIT */
/*
 * A root for running what is not installed: ROOT/cache/run/NAME, an ordinary root with the package and
 * what it needs. It trusts what ROOT trusts, has its policy, and shares its cache of lowered
 * objects. As all of the cache it may be deleted at any time.
 */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/policy.h"
#include "pkgd/transaction.h"
#include "repo/relation.h"

#include <string.h>

#define RUN_PLACE "cache/run"

/* "jq" or "jq=1.6": what is run, and the name of its root. */
static int
check_name(struct request *request, const char **ret_what, const char **ret_package)
{
	const char *what;
	size_t length;

	TRY(json_get_string(request->parameters, "name", &what));
	length = strcspn(what, "=");
	*ret_what = what;
	*ret_package = str_copy(request->arena, (struct str){ .at = what, .len = length });
	if (!relation_is_full_name(*ret_package) ||
		(what[length] == '=' && strspn(what + length + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
								  "abcdefghijklmnopqrstuvwxyz"
								  "0123456789+._~-") !=
						strlen(what + length + 1)))
		return err_set(
			ERR_USAGE, "%.200s: not a package, as NAME or NAME=VERSION", what);
	return 0;
}

/* Work on the package's own root from now on; `policy` becomes what the caller's root has. */
static int
enter_root(struct state *state, const char *what, const char *command, json_t *policy)
{
	struct store *store AUTO(store_close) = NULL;
	const char *place = arena_printf(state->arena, RUN_PLACE "/%s", what);
	const char *directory = store_path(state->arena, state->store, place);

	TRY(policy_list(state->arena, state->store, policy));
	TRY(file_make_dirs(store_root_dir(state->store), place, 0755));
	TRY(store_open(directory, STORE_CREATE, &store));
	state->policy = policy;
	TRY(state_move(state, directory));
	return store_lock(state->store, command, state->request->wait_s * 1000);
}

static int
add_programs(struct state *state, const struct generation *current,
	const struct generation_package *package, json_t *programs)
{
	const char *label = generation_package_label(state->arena, package);
	const struct generation_file *files;
	size_t count;

	for (size_t i = 0; i < current->image_count; i++) {
		const struct generation_image *image = &current->images[i];

		if (!image->is_slot && !image->is_plugin &&
			strcmp(image->package, label) == 0 &&
			str_has_prefix(image->name, "bin/"))
			json_array_append_new(
				programs, json_string(image->name + strlen("bin/")));
	}
	TRY(generation_files(state->arena, state->store, package, &files, &count));
	for (size_t i = 0; i < count; i++)
		if (str_has_prefix(files[i].path, "bin/"))
			json_array_append_new(
				programs, json_string(files[i].path + strlen("bin/")));
	return 0;
}

/* The package of a name in the root that was made for it: it has one series of it. */
static const struct generation_package *
find_package(const struct generation *current, const char *name)
{
	const struct generation_package *found = generation_find_package(current, name);

	for (size_t i = 0; found == NULL && i < current->package_count; i++)
		if (current->packages[i].is_manual &&
			relation_is_series_of(current->packages[i].name, name))
			found = &current->packages[i];
	return found;
}

/* Where the root is, and what the package has in bin/. */
static int
report_programs(struct state *state, const char *package)
{
	json_t *programs = json_array();
	const struct generation_package *found;
	struct generation current;

	json_object_set_new(state->request->reply, "programs", programs);
	json_object_set_new(
		state->request->reply, "directory", json_string(store_root(state->store)));
	TRY(generation_read_current(state->arena, state->store, &current));
	found = find_package(&current, package);
	return found == NULL ? 0 : add_programs(state, &current, found, programs);
}

static int
run_in_root(struct request *request, struct state *state, json_t *policy)
{
	struct plan_job job = { .verb = SOLVE_INSTALL };
	struct plan_wish wish = { .jobs = &job, .job_count = 1, .is_image = true };
	const char *package;

	TRY(check_name(request, &job.what, &package));
	TRY(request_string(request, "command", &wish.command));
	TRY(state_open(request, STATE_OFFERS, wish.command, state));
	if (strcmp(job.what, package) == 0 && state_find_installed(state, package) != NULL)
		return report_programs(state, package);
	if (request->is_dry_run)
		return transaction_run(state, &wish);
	TRY(enter_root(state, job.what, wish.command, policy));
	TRY(transaction_run(state, &wish));
	return report_programs(state, package);
}

int
method_run_root(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	json_t *policy AUTO(json_release) = json_object();

	return run_in_root(request, &state, policy);
}
