/* SPDX-License-Identifier: MIT */
/* By name: what is installed, what is wished for, and in the new state who provides one and who needs it. */
#include "repo/solve/solution.h"

#include "base/arena.h"
#include "base/map.h"
#include "repo/version.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct solve_index {
	struct map installed; /* packages by name */
	struct map uses; /* struct name_uses by name, of the new state */
	struct map wishes; /* struct name_wishes by name */
	bool *asked_files; /* one an available package */
};

struct name_wishes { /* in their order */
	VEC(const struct wish *) list;
};

void
index_installed(struct resolving *it)
{
	it->index = ARENA_NEW(it->arena, struct solve_index);
	for (size_t i = 0; i < it->request->installed_count; i++)
		map_set(it->arena, &it->index->installed, it->request->installed[i].name,
			(void *)&it->request->installed[i]);
}

const struct solve_package *
resolving_installed(const struct resolving *it, const char *name)
{
	return map_get(&it->index->installed, name);
}

static void
add_wish(struct resolving *it, const struct wish *wish)
{
	struct map *wishes = &it->index->wishes;
	struct name_wishes *of_name = map_get(wishes, wish->relation.name);

	if (of_name == NULL) {
		of_name = ARENA_NEW(it->arena, struct name_wishes);
		map_set(it->arena, wishes, wish->relation.name, of_name);
	}
	vec_push(it->arena, &of_name->list, wish);
}

void
index_wishes(struct resolving *it)
{
	const struct solve_request *request = it->request;

	it->index->asked_files = arena_array(it->arena, request->available_count, sizeof(bool));
	for (size_t i = 0; i < request->job_count; i++) {
		if (request->jobs[i].verb == SOLVE_INSTALL_FILE)
			it->index->asked_files[request->jobs[i].file - request->available] =
				true;
		else if (it->wishes[i].relation.name != NULL)
			add_wish(it, &it->wishes[i]);
	}
}

static bool
is_asked_file(const struct resolving *it, const struct solve_package *package)
{
	uintptr_t offset = (uintptr_t)package - (uintptr_t)it->request->available;

	return offset < it->request->available_count * sizeof *package &&
	       it->index->asked_files[package - it->request->available];
}

bool
resolving_is_asked(
	const struct resolving *it, enum solve_verb verb, const struct solve_package *package)
{
	const struct relations *relations = resolving_relations(it, package);

	if (verb == SOLVE_INSTALL_FILE)
		return is_asked_file(it, package);
	for (size_t i = 0; i < relations->provide_count; i++) {
		const struct relation *provided = &relations->provides[i];
		const struct name_wishes *wishes = map_get(&it->index->wishes, provided->name);

		for (size_t k = 0; wishes != NULL && k < wishes->list.len; k++) {
			const struct wish *wish = wishes->list.at[k];

			if (wish->job->verb == verb &&
				version_meets(provided, &wish->relation) &&
				(wish->is_provided ||
					strcmp(package->name, provided->name) == 0))
				return true;
		}
	}
	return false;
}

static struct name_uses *
uses_of(struct resolving *it, const char *name)
{
	struct name_uses *uses = map_get(&it->index->uses, name);

	if (uses == NULL) {
		uses = ARENA_NEW(it->arena, struct name_uses);
		map_set(it->arena, &it->index->uses, name, uses);
	}
	return uses;
}

void
index_solution(struct resolving *it)
{
	it->index->uses = (struct map){ 0 };
	for (size_t i = 0; i < it->solution.count; i++) {
		const struct solve_package *package = it->solution.packages[i];
		const struct relations *relations = resolving_relations(it, package);

		for (size_t j = 0; j < relations->provide_count; j++) {
			struct name_uses *uses = uses_of(it, relations->provides[j].name);

			vec_push(it->arena, &uses->providers, package);
		}
		for (size_t j = 0; j < package->require_count; j++) {
			struct name_uses *uses = uses_of(it, relations->requires[j].name);

			vec_push(it->arena, &uses->needs,
				(struct need){ package, i, &relations->requires[j] });
		}
	}
}

const struct name_uses *
solution_uses(const struct resolving *it, const char *name)
{
	static const struct name_uses none;
	const struct name_uses *uses = map_get(&it->index->uses, name);

	return uses == NULL ? &none : uses;
}

const struct solve_package *
solution_find_meeting(const struct resolving *it, const struct relation *wanted,
	const struct solve_package *except)
{
	const struct name_uses *uses = solution_uses(it, wanted->name);

	for (size_t i = 0; i < uses->providers.len; i++)
		if (uses->providers.at[i] != except &&
			resolving_meets(it, uses->providers.at[i], wanted))
			return uses->providers.at[i];
	return NULL;
}

static int
compare_name(const void *key, const void *element)
{
	const struct solve_package *package = *(const struct solve_package *const *)element;

	return strcmp(key, package->name);
}

static const struct solve_package **
search(const struct solution *solution, const char *name)
{
	if (solution->count == 0)
		return NULL;
	return bsearch(name, solution->packages, solution->count, sizeof *solution->packages,
		compare_name);
}

const struct solve_package *
solution_find(const struct solution *solution, const char *name)
{
	const struct solve_package **found = search(solution, name);

	return found == NULL ? NULL : *found;
}

size_t
solution_position(const struct solution *solution, const struct solve_package *package)
{
	const struct solve_package **found = search(solution, package->name);

	assert(found != NULL);
	return (size_t)(found - solution->packages);
}
