/* SPDX-License-Identifier: MIT */
/*
 * The paths of what comes, and the directories above them, are put into two maps; then the paths of all packages
 * whose manifests are here are looked up there. Those of passive ones, which may be thousands, are
 * left where they are: the database is asked about what comes.
 */
#include "pkgd/collide.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "store/query.h"

#include <string.h>

struct collide {
	struct arena *arena;
	const struct state *state;
	struct map files; /* path -> struct plan_package that comes */
	struct map parents; /* directory above such a path -> the same */
	struct map passive; /* name -> struct plan_package that is passive */
};

/* What is done with each path of a package. */
typedef int
visit_path(struct collide *collide, const struct plan_package *package, const char *path);

static int
fail(const struct collide *collide, const char *path, const struct plan_package *a,
	const struct plan_package *b)
{
	return err_set(ERR_EXISTS,
		"%s: %s and %s both have it (they cannot be installed together)", path,
		generation_package_label(collide->arena, &a->entry),
		generation_package_label(collide->arena, &b->entry));
}

/* What a row says of a package that is passive here. */
static int
meet_holder(void *data, const char *asked, const char *name, const char *path)
{
	struct collide *collide = data;
	const struct plan_package *holder = map_get(&collide->passive, name);
	const struct plan_package *other = map_get(&collide->files, asked);
	const struct generation_file *files;
	size_t count;

	if (holder == NULL)
		return 0;
	if (other == NULL)
		other = map_get(&collide->parents, asked);
	/* Below what comes nothing may be; at its own path, and above it, directories may. */
	if (strcmp(asked, path) != 0)
		return fail(collide, asked, other, holder);
	TRY(generation_files(
		collide->arena, collide->state->store, &holder->entry, &files, &count));
	for (size_t i = 0; i < count; i++)
		if (strcmp(files[i].path, path) == 0 && files[i].kind != GENERATION_DIRECTORY)
			return fail(collide, asked, other, holder);
	return 0;
}

static int
ask_for(struct collide *collide, const struct map *paths, bool is_below)
{
	const struct state *state = collide->state;
	const char **asked = arena_array(collide->arena, paths->len + 1, sizeof *asked);

	for (size_t i = 0; i < paths->len; i++)
		asked[i] = paths->entries[i].key;
	return query_holders(state->store, state->current.number, asked, paths->len, is_below,
		meet_holder, collide);
}

/* The packages that stay and whose files nobody has read. */
static int
check_passive(struct collide *collide, const struct plan *plan)
{
	VEC_EACH (struct plan_package, package, &plan->packages)
		if (package->is_passive)
			map_set(collide->arena, &collide->passive, package->entry.name,
				package);
	if (collide->passive.len == 0)
		return 0;
	TRY(ask_for(collide, &collide->files, false));
	TRY(ask_for(collide, &collide->files, true));
	return ask_for(collide, &collide->parents, false);
}

/* The directory that a path is in; NULL: it is in none. */
static const char *
parent_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? NULL
			     : str_copy(arena, (struct str){ .at = path,
						       .len = (size_t)(slash - path) });
}

static int
add_path(struct collide *collide, const struct plan_package *package, const char *path)
{
	const struct plan_package *other = map_get(&collide->files, path);

	if (other != NULL && other != package)
		return fail(collide, path, other, package);
	map_set(collide->arena, &collide->files, path, (void *)package);
	for (const char *at = parent_of(collide->arena, path); at != NULL;
		at = parent_of(collide->arena, at)) {
		if (map_has(&collide->parents, at))
			break;
		map_set(collide->arena, &collide->parents, at, (void *)package);
	}
	return 0;
}

static int
look_up(struct collide *collide, const struct plan_package *package, const char *path)
{
	const struct plan_package *other = map_get(&collide->files, path);

	if (other != NULL && other != package)
		return fail(collide, path, other, package);
	other = map_get(&collide->parents, path);
	if (other != NULL)
		return fail(collide, path, other, package);
	for (const char *at = parent_of(collide->arena, path); at != NULL;
		at = parent_of(collide->arena, at)) {
		other = map_get(&collide->files, at);
		if (other != NULL)
			return fail(collide, at, other, package);
	}
	return 0;
}

/* The paths of a package but its directories; where its manifest is here, from that. */
static int
visit(struct collide *collide, const struct plan_package *package, visit_path *visit_one)
{
	const struct manifest *manifest = package->manifest;
	const struct manifest_list *files;
	struct manifest_list made;

	if (package->is_passive)
		return 0;
	if (manifest == NULL) {
		files = &package->candidate->package->files;
		for (size_t i = 0; i < files->len; i++)
			TRY(visit_one(collide, package, files->at[i]));
		return 0;
	}
	for (size_t i = 0; i < manifest->program_count; i++)
		TRY(visit_one(collide, package, manifest->programs[i].path));
	for (size_t i = 0; i < manifest->plugin_count; i++)
		TRY(visit_one(collide, package, manifest->plugins[i].path));
	for (size_t i = 0; i < manifest->file_count; i++)
		if (manifest->files[i].kind != MANIFEST_FILE_DIRECTORY)
			TRY(visit_one(collide, package, manifest->files[i].path));
	made = declared_paths(collide->arena, &manifest->declared);
	for (size_t i = 0; i < made.len; i++)
		TRY(visit_one(collide, package, made.at[i]));
	return 0;
}

int
collide_check(struct state *state, const struct plan *plan)
{
	struct collide collide = { .arena = state->arena, .state = state };

	VEC_EACH (const struct plan_package, package, &plan->packages)
		if (package->action != SOLVE_KEPT)
			TRY(visit(&collide, package, add_path));
	if (collide.files.len == 0)
		return 0;
	VEC_EACH (const struct plan_package, package, &plan->packages)
		TRY(visit(&collide, package, look_up));
	return check_passive(&collide, plan);
}
