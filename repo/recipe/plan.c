/* SPDX-License-Identifier: MIT */
/*
 * Ordering is a depth-first walk over build_requires. Finding inputs walks over
 * the manifests of packages that are built already, by name and by what they
 * provide; the packages come from the output directory.
 */
#include "repo/recipe/plan.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "repo/package.h"
#include "repo/relation.h"

#include <string.h>

/* What every recipe but those that say bootstrap is built with. */
static char *const base_packages[] = { (char *)"musl", (char *)"compiler-rt" };

static struct planned *
find_recipe(const struct plan *plan, const char *package)
{
	VEC_EACH (struct planned, planned, &plan->all) {
		for (size_t i = 0; i < planned->recipe.package_count; i++)
			if (strcmp(planned->recipe.packages[i].name, package) == 0)
				return planned;
	}
	return NULL;
}

/* All names of packages in a recipe's build_requires, musl and compiler-rt with them. */
static struct manifest_list
all_requires(struct arena *arena, const struct recipe *recipe)
{
	struct manifest_list list = { 0 };

	list.at = arena_array(arena, recipe->build_requires.len + 2, sizeof *list.at);
	if (!recipe->is_bootstrap)
		for (size_t i = 0; i < 2; i++)
			list.at[list.len++] = base_packages[i];
	for (size_t i = 0; i < recipe->build_requires.len; i++)
		list.at[list.len++] = recipe->build_requires.at[i];
	return list;
}

size_t
plan_needs(struct arena *arena, const struct plan *plan, size_t index, size_t **ret_needs)
{
	struct manifest_list requires = all_requires(arena, &plan->all.at[index].recipe);
	size_t *needs = arena_array(arena, requires.len + 1, sizeof *needs);
	size_t count = 0;

	for (size_t i = 0; i < requires.len; i++) {
		const struct planned *planned = find_recipe(plan, requires.at[i]);

		if (planned != NULL)
			needs[count++] = (size_t)(planned - plan->all.at);
	}
	*ret_needs = needs;
	return count;
}

static int
load_known(struct arena *arena, const char *directory, struct plan *plan)
{
	int dir AUTO(file_close) = -1;
	char **names;
	size_t count;

	if (directory == NULL || !file_exists(AT_FDCWD, directory))
		return 0;
	TRY(file_open_dir(AT_FDCWD, directory, &dir));
	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		struct planned planned = { 0 };

		if (!file_exists(dir, arena_printf(arena, "%s/recipe.ucl", names[i])))
			continue;
		TRY(recipe_load(arena, arena_printf(arena, "%s/%s", directory, names[i]),
			&planned.recipe));
		vec_push(arena, &plan->all, planned);
	}
	return 0;
}

/* The recipe of a folder that a person named: it replaces the known one of its name. */
static int
add_folder(struct arena *arena, const char *directory, struct plan *plan)
{
	struct planned planned = { 0 };
	struct planned *known;

	TRY(recipe_load(arena, directory, &planned.recipe));
	planned.is_wanted = true;
	known = find_recipe(plan, planned.recipe.name);
	if (known != NULL)
		*known = planned;
	else
		vec_push(arena, &plan->all, planned);
	return 0;
}

static int
mark_wanted(struct arena *arena, const struct build_options *options, const char *const *wanted,
	size_t count, struct plan *plan)
{
	for (size_t i = 0; i < count; i++)
		if (strchr(wanted[i], '/') != NULL)
			TRY(add_folder(arena, wanted[i], plan));
	for (size_t i = 0; i < count; i++) {
		struct planned *planned;

		if (strchr(wanted[i], '/') != NULL)
			continue;
		planned = find_recipe(plan, wanted[i]);
		if (planned == NULL)
			return err_set(ERR_NOT_FOUND,
				"%s: no recipe in %s has that name (a folder needs a slash: "
				"./%s)",
				wanted[i],
				options->recipes_dir == NULL ? "." : options->recipes_dir,
				wanted[i]);
		planned->is_wanted = true;
	}
	if (count == 0)
		VEC_EACH (struct planned, planned, &plan->all)
			planned->is_wanted = true;
	return 0;
}

static int
visit(struct arena *arena, struct plan *plan, struct planned *planned)
{
	struct manifest_list requires = all_requires(arena, &planned->recipe);

	if (planned->state == 2)
		return 0;
	if (planned->state == 1)
		return err_set(ERR_FORMAT, "%s: requires itself, through others",
			planned->recipe.name);
	planned->state = 1;
	for (size_t i = 0; i < requires.len; i++) {
		struct planned *required = find_recipe(plan, requires.at[i]);

		/* Without a recipe it may still be a finished package. */
		if (required != NULL)
			TRY(err_context(
				visit(arena, plan, required), "%s", planned->recipe.name));
	}
	planned->state = 2;
	vec_push(arena, &plan->order, (size_t)(planned - plan->all.at));
	return 0;
}

int
plan_make(struct arena *arena, const struct build_options *options, const char *const *wanted,
	size_t wanted_count, struct plan *ret_plan)
{
	struct plan plan = { 0 };

	TRY(load_known(arena, options->recipes_dir, &plan));
	TRY(mark_wanted(arena, options, wanted, wanted_count, &plan));
	VEC_EACH (struct planned, planned, &plan.all) {
		if (!planned->is_wanted)
			continue;
		TRY(recipe_modify(arena, &planned->recipe, options->patches,
			options->patch_count, options->release));
		TRY(visit(arena, &plan, planned));
	}
	*ret_plan = plan;
	return 0;
}

struct finished { /* one package of the output directory */
	const char *path;
	struct manifest *manifest;
};

struct finished_packages {
	struct arena *arena;
	const struct plan *plan;
	const char *directory;
	bool is_read;
	VEC(struct finished) all; /* of the versions that the recipes would make now */
};

struct search {
	struct arena *arena;
	const struct finished_packages *finished;
	struct map taken; /* by package name */
	VEC(char *) paths;
};

/* Whether a package is of the version that its recipe would make now. */
static bool
is_current(const struct plan *plan, const struct manifest *manifest)
{
	const struct planned *planned = find_recipe(plan, manifest->name);

	return planned == NULL ||
	       (strcmp(planned->recipe.version, manifest->version) == 0 &&
		       (uint64_t)planned->recipe.release == manifest->release);
}

struct finished_packages *
plan_finished(struct arena *arena, const struct plan *plan, const char *directory)
{
	struct finished_packages *finished = ARENA_NEW(arena, struct finished_packages);

	*finished = (struct finished_packages){
		.arena = arena, .plan = plan, .directory = directory
	};
	return finished;
}

/* Reading a manifest takes a process: once for each package, and not for who requires nothing. */
static int
read_finished(struct finished_packages *packages)
{
	struct arena *arena = packages->arena;
	int dir AUTO(file_close) = -1;
	char **names;
	size_t count;

	if (packages->is_read)
		return 0;
	TRY(file_open_dir(AT_FDCWD, packages->directory, &dir));
	TRY(file_list(arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		struct finished finished = { 0 };
		int fd AUTO(file_close) = -1;

		if (!str_has_suffix(names[i], PACKAGE_SUFFIX))
			continue;
		finished.path = arena_printf(arena, "%s/%s", packages->directory, names[i]);
		TRY(file_open(AT_FDCWD, finished.path, &fd));
		TRY(package_read_manifest(arena, fd, finished.path, &finished.manifest));
		if (is_current(packages->plan, finished.manifest))
			vec_push(arena, &packages->all, finished);
	}
	packages->is_read = true;
	return 0;
}

/* Whether a package has this name or provides it. */
static bool
has_name(struct arena *arena, const struct manifest *manifest, const char *name)
{
	struct relation relation;

	if (strcmp(manifest->name, name) == 0)
		return true;
	for (size_t i = 0; i < manifest->provides.len; i++)
		if (relation_parse(arena, manifest->provides.at[i], &relation) >= 0 &&
			strcmp(relation.name, name) == 0)
			return true;
	return false;
}

/* Take the package of a name, the newest if there are several, and what it requires. */
static int
take(struct search *search, const char *name)
{
	const struct finished *best = NULL;

	VEC_EACH (const struct finished, finished, &search->finished->all) {
		if (has_name(search->arena, finished->manifest, name) &&
			(best == NULL || strverscmp(finished->path, best->path) > 0))
			best = finished;
	}
	if (best == NULL)
		return err_set(ERR_NOT_FOUND,
			"%s: required, but there is neither a recipe nor a package of it",
			name);
	if (map_has(&search->taken, best->manifest->name))
		return 0;
	map_set(search->arena, &search->taken, best->manifest->name, NULL);
	for (size_t i = 0; i < best->manifest->requires.len; i++) {
		struct relation relation;

		TRY(relation_parse(search->arena, best->manifest->requires.at[i], &relation));
		TRY(take(search, relation.name));
	}
	vec_push(search->arena, &search->paths, (char *)best->path);
	return 0;
}

/* A recipe says which series it builds with: otherwise a new series would change what it makes. */
static int
check_series(const struct search *search, const char *name)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	VEC_EACH (const struct finished, finished, &search->finished->all) {
		if (strcmp(finished->manifest->name, name) == 0)
			return 0;
		if (relation_is_series_of(finished->manifest->name, name))
			strbuf_printf(&text, "%s%s", text.len > 0 ? ", " : "",
				finished->manifest->name);
	}
	if (text.len == 0)
		return 0;
	return err_set(ERR_NOT_FOUND, "build_requires: %s: name its series (there is %s)", name,
		strbuf_string(&text));
}

int
plan_find_inputs(struct arena *arena, struct finished_packages *finished,
	const struct recipe *recipe, char ***ret_paths, size_t *ret_count)
{
	struct search search = { .arena = arena, .finished = finished };
	struct manifest_list requires = all_requires(arena, recipe);

	if (requires.len > 0)
		TRY(read_finished(finished));
	for (size_t i = 0; i < requires.len; i++) {
		TRY(err_context(check_series(&search, requires.at[i]), "%s", recipe->name));
		TRY(err_context(take(&search, requires.at[i]), "%s", recipe->name));
	}
	*ret_paths = search.paths.at;
	*ret_count = search.paths.len;
	return 0;
}
