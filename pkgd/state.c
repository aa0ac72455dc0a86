/* SPDX-License-Identifier: MIT */
/*
 * Readers take no lock: a generation never changes, and the trust database
 * answers from its last complete update.
 */
#include "pkgd/state.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/nearest.h"
#include "kernel-iface/arch.h"
#include "pkgd/policy.h"
#include "repo/package.h"
#include "repo/relation.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLOCK_TOLERANCE_S 3600

static int
add_offers(struct state *state, const struct trust_repo *repo, enum trust_which which,
	const char *text)
{
	struct index index;

	TRY(trust_offers(state->arena, state->trust, repo->name, which, text, &index));
	for (size_t i = 0; i < index.len; i++)
		vec_push(state->arena, &state->candidates,
			(struct candidate){ .package = &index.packages[i],
				.repository = repo->name,
				.priority = repo->priority });
	return 0;
}

int
state_look_up(struct state *state, enum trust_which which, const char *text)
{
	for (size_t i = 0; i < state->repo_count; i++)
		TRY(add_offers(state, &state->repos[i], which, text));
	return 0;
}

int
state_offered_names(const struct state *state, struct map *ret_names)
{
	struct map all = { 0 };

	for (size_t i = 0; i < state->repo_count; i++) {
		char **names;
		size_t count;

		TRY(trust_names(
			state->arena, state->trust, state->repos[i].name, &names, &count));
		for (size_t k = 0; k < count; k++)
			map_set(state->arena, &all, names[k], names[k]);
	}
	*ret_names = all;
	return 0;
}

int
state_contents(const struct state *state, const struct candidate *candidate,
	const struct index_package **ret_package)
{
	TRY(trust_contents(state->arena, state->trust, candidate->package));
	*ret_package = candidate->package;
	return 0;
}

/* The repositories that offers come from. */
static int
choose_repos(struct state *state)
{
	struct trust_repo *repos;
	size_t count;

	TRY(trust_list(state->arena, state->trust, &repos, &count));
	for (size_t i = 0; i < count; i++) {
		if (!repos[i].is_enabled)
			continue;
		if (repos[i].version > 0) {
			repos[state->repo_count++] = repos[i];
			continue;
		}
		state->never_updated++;
		request_warn(state->request,
			"repository %s: nothing is known of it (run 'weld update')",
			repos[i].name);
	}
	state->repos = repos;
	return 0;
}

void
state_warn_of_clock(const struct state *state, const struct trust_repo *repo)
{
	int64_t lag = trust_clock_lag(repo, &state->trust_options);

	if (lag > CLOCK_TOLERANCE_S)
		request_warn(state->request,
			"repository %s: this machine's clock is %" PRId64
			" hours behind the last update; what has expired is judged by that "
			"(set "
			"the clock)",
			repo->name, (lag + 1800) / 3600);
}

static int
open_trust(struct state *state, unsigned flags)
{
	TRY(trust_open(store_path(state->arena, state->store, "db/trust.db"), &state->trust));
	if (!(flags & (STATE_OFFERS | STATE_OFFERS_ANY | STATE_OFFERS_SOME)))
		return 0;
	TRY(choose_repos(state));
	for (size_t i = 0; (flags & STATE_OFFERS) && i < state->repo_count; i++) {
		state_warn_of_clock(state, &state->repos[i]);
		TRY(trust_check_fresh(
			state->trust, state->repos[i].name, &state->trust_options));
	}
	return flags & STATE_OFFERS_SOME ? 0 : state_look_up(state, TRUST_ALL, NULL);
}

/* A dry run makes no root: when there is none yet, it works on one that goes again. */
static int
open_store(struct state *state, unsigned flags)
{
	struct request *request = state->request;
	const char *root = request->root;
	const char *parent = getenv("TMPDIR");
	bool may_create = (flags & STATE_CREATE) != 0;

	TRY(store_check_place(root));
	if (may_create && request->is_dry_run &&
		!file_exists(AT_FDCWD, arena_printf(state->arena, "%s/store", root))) {
		TRY(file_temp_dir(state->arena,
			parent != NULL && store_check_root(parent) == 0 ? parent : "/tmp",
			&state->trial));
		root = state->trial;
	}
	return store_open(root, may_create ? STORE_CREATE : 0, &state->store);
}

int
state_policy(const struct state *state, struct policy *ret_policy)
{
	return policy_read_with(state->arena, state->store, state->policy, ret_policy);
}

/* A policy that cannot be read is told by who links: all else goes on without it. */
static void
read_arch(struct state *state)
{
	struct policy policy;

	state->arch = state_policy(state, &policy) < 0 ? arch_host() : policy.arch;
}

/* As much of what is installed as the request wants to know. */
static int
read_current(struct state *state, unsigned flags)
{
	if (flags & STATE_BARE)
		return store_current(state->store, &state->current.number);
	return generation_read_current(state->arena, state->store, &state->current);
}

int
state_open(
	struct request *request, unsigned flags, const char *command, struct state *ret_state)
{
	struct state *state = ret_state;

	*state = (struct state){ .request = request, .arena = request->arena };
	TRY(open_store(state, flags));
	state->home = state->store;
	if ((flags & STATE_WRITE) && !request->is_dry_run)
		TRY(store_lock(state->store, command, request->wait_s * 1000));
	if (store_notice(state->store) != NULL)
		request_warn(request, "%s", store_notice(state->store));
	TRY(read_current(state, flags));
	read_arch(state);
	if (flags & (STATE_TRUST | STATE_OFFERS | STATE_OFFERS_ANY | STATE_OFFERS_SOME))
		TRY(open_trust(state, flags));
	return 0;
}

int
state_choose_arch(struct state *state, const char *name)
{
	enum arch arch;

	if (arch_parse(name, &arch) < 0)
		return err_set(ERR_USAGE, "%s", err_message());
	if (arch == state->arch)
		return 0;
	if (state->current.number > 0)
		return err_set(ERR_USAGE,
			"%s: is a root for %s, not for %s (--root makes another one)",
			store_root(state->store), arch_name(state->arch), name);
	state->arch = arch;
	state->is_arch_new = true;
	return 0;
}

int
state_move(struct state *state, const char *root)
{
	struct store *store = NULL;

	TRY(store_open(root, 0, &store));
	state->store = store;
	read_arch(state);
	return generation_read_current(state->arena, store, &state->current);
}

int
state_activate(struct state *state, uint64_t number, const char *command,
	const struct generation_state_file *file)
{
	TRY(generation_activate(state->store, number, command, file));
	if (store_notice(state->store) != NULL)
		request_warn(state->request, "%s", store_notice(state->store));
	return 0;
}

void
state_close(struct state *state)
{
	trust_close(&state->trust);
	if (state->home != state->store)
		store_close(&state->home);
	store_close(&state->store);
	state->home = NULL;
	if (state->trial != NULL)
		(void)file_remove_tree(AT_FDCWD, state->trial);
	state->trial = NULL;
}

/* Local files are trusted because the person who owns the root says so, and by nobody else. */
static int
check_owner(const struct state *state)
{
	struct stat root;

	if (fstat(store_root_dir(state->store), &root) < 0)
		return err_errno("%s", store_root(state->store));
	if (root.st_uid != geteuid())
		return err_set(ERR_CONSENT,
			"%s: only its owner may install local package files",
			store_root(state->store));
	return 0;
}

int
state_add_file(struct state *state, const char *path)
{
	int fd AUTO(file_close) = -1;
	struct index_package *package = ARENA_NEW(state->arena, struct index_package);
	struct manifest *manifest;
	struct digest digest;
	struct stat info;
	uint64_t size;

	TRY(check_owner(state));
	if (stat(path, &info) < 0)
		return err_errno("%s", path);
	if (!S_ISREG(info.st_mode))
		return err_set(ERR_FORMAT,
			"%s: not a file (a package is NAME-VERSION-RELEASE.weld; see 'weld "
			"build')",
			path);
	TRY(file_open(AT_FDCWD, path, &fd));
	TRY(err_context(hash_file(fd, &digest), "%s", path));
	VEC_EACH (struct candidate, candidate, &state->candidates)
		if (candidate->path != NULL &&
			digest_equal(&candidate->package->sha256, &digest))
			return 0;
	TRY(file_size(fd, &size));
	TRY(package_unpack(state->arena, NULL, fd, path, -1, &manifest));
	index_from_manifest(state->arena, manifest, &digest, size, package);
	vec_push(state->arena, &state->candidates,
		(struct candidate){ .package = package, .repository = "", .path = path });
	return 1;
}

const struct generation_package *
state_find_installed(const struct state *state, const char *name)
{
	return generation_find_package(&state->current, name);
}

/* Add the names that are `plain` in some series, as "lua@5.3, lua@5.4". */
static void
add_series(struct strbuf *text, const char *const *names, size_t count, const char *plain)
{
	const char *last = "";

	for (size_t i = 0; i < count; i++) {
		if (!relation_is_series_of(names[i], plain) || strcmp(names[i], last) == 0)
			continue;
		strbuf_printf(text, "%s%s", text->len > 0 ? ", " : "", names[i]);
		last = names[i];
	}
}

int
state_fail_not_installed(const struct state *state, const char *name)
{
	size_t count = state->current.package_count;
	const char **names = arena_array(state->arena, count + 1, sizeof *names);
	struct strbuf series AUTO(strbuf_free) = { 0 };
	const char *nearest;

	for (size_t i = 0; i < count; i++)
		names[i] = state->current.packages[i].name;
	add_series(&series, names, count, name);
	if (series.len > 0)
		return err_set(ERR_NOT_FOUND, "%s: is installed as %s (name the series)", name,
			strbuf_string(&series));
	nearest = nearest_name(name, names, count);
	if (nearest == NULL)
		return err_set(ERR_NOT_FOUND, "%s: not installed", name);
	return err_set(ERR_NOT_FOUND, "%s: not installed (did you mean %s?)", name, nearest);
}

int
state_fail_unknown(const struct state *state, const char *name)
{
	VEC(const char *) names = { 0 };
	struct strbuf series AUTO(strbuf_free) = { 0 };
	const char *nearest;

	for (size_t i = 0; i < state->repo_count; i++) {
		char **offered;
		size_t count;

		TRY(trust_names(
			state->arena, state->trust, state->repos[i].name, &offered, &count));
		for (size_t k = 0; k < count; k++)
			vec_push(state->arena, &names, offered[k]);
	}
	VEC_EACH (const struct candidate, candidate, &state->candidates)
		vec_push(state->arena, &names, candidate->package->name);
	for (size_t i = 0; i < state->current.package_count; i++)
		vec_push(state->arena, &names, state->current.packages[i].name);
	if (names.len > 0)
		qsort(names.at, names.len, sizeof *names.at, str_compare);
	add_series(&series, names.at, names.len, name);
	if (series.len > 0)
		return err_set(ERR_NOT_FOUND, "%s: there is %s (name the series)", name,
			strbuf_string(&series));
	nearest = nearest_name(name, names.at, names.len);
	if (nearest == NULL)
		return err_set(ERR_NOT_FOUND, "%s: no such package (try 'weld search %s')",
			name, name);
	return err_set(ERR_NOT_FOUND, "%s: no such package (did you mean %s?)", name, nearest);
}

const struct candidate *
state_find_digest(const struct state *state, const struct digest *digest)
{
	VEC_EACH (struct candidate, candidate, &state->candidates)
		if (digest_equal(&candidate->package->sha256, digest))
			return candidate;
	return NULL;
}

/* What a package is for, as text, when that is not this root's; NULL: it can be used here. */
static const char *
other_machines(struct arena *arena, enum arch arch, const struct manifest_list *architectures)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < architectures->len; i++) {
		if (strcmp(architectures->at[i], arch_name(arch)) == 0)
			return NULL;
		strbuf_printf(&text, "%s%s", i == 0 ? "" : " and ", architectures->at[i]);
	}
	return text.len == 0 ? NULL : arena_string(arena, strbuf_string(&text));
}

static void
solve_candidate(const struct state *state, const struct candidate *candidate,
	struct solve_package *ret_package)
{
	const struct index_package *package = candidate->package;

	*ret_package = (struct solve_package){
		.name = package->name,
		.version = package->version,
		.release = package->release,
		.requires = (const char *const *)package->requires.at,
		.require_count = package->requires.len,
		.provides = (const char *const *)package->provides.at,
		.provide_count = package->provides.len,
		.conflicts = (const char *const *)package->conflicts.at,
		.conflict_count = package->conflicts.len,
		.replaces = (const char *const *)package->replaces.at,
		.replace_count = package->replaces.len,
		.repository = candidate->repository,
		.priority = candidate->priority,
		.is_file = candidate->path != NULL,
		.only_for = other_machines(state->arena, state->arch, &package->architectures),
		.data = candidate,
	};
}

static void
solve_installed(const struct generation_package *package, struct solve_package *ret_package)
{
	*ret_package = (struct solve_package){
		.name = package->name,
		.version = package->version,
		.release = package->release,
		.requires = package->requires,
		.require_count = package->require_count,
		.provides = package->provides,
		.provide_count = package->provide_count,
		.conflicts = package->conflicts,
		.conflict_count = package->conflict_count,
		.replaces = package->replaces,
		.replace_count = package->replace_count,
		.repository = package->repository,
		.is_manual = package->is_manual,
		.is_held = package->is_held,
		.data = package,
	};
}

void
state_solve_packages(const struct state *state, struct solve_package **ret_installed,
	struct solve_package **ret_available)
{
	size_t installed_count = state->current.package_count;
	struct solve_package *installed =
		arena_array(state->arena, installed_count + 1, sizeof *installed);
	struct solve_package *available =
		arena_array(state->arena, state->candidates.len + 1, sizeof *available);

	for (size_t i = 0; i < installed_count; i++)
		solve_installed(&state->current.packages[i], &installed[i]);
	for (size_t i = 0; i < state->candidates.len; i++)
		solve_candidate(state, &state->candidates.at[i], &available[i]);
	*ret_installed = installed;
	*ret_available = available;
}

const char *
state_relative_path(const struct state *state, const char *path)
{
	const char *root = store_root(state->store);
	size_t length = strlen(root);

	if (strncmp(path, root, length) == 0 && str_has_prefix(path + length, "/current/"))
		path += length + strlen("/current/");
	while (path[0] == '/')
		path++;
	return path;
}

char *
state_version(struct arena *arena, const char *version, uint64_t release)
{
	return arena_printf(arena, "%s-%" PRIu64, version, release);
}
