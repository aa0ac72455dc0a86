/* SPDX-License-Identifier: MIT */
/*
 * Packages of one name in several series have names of their own, and for the solver they are
 * different packages: so they stand beside each other, and none is an upgrade of another. Only who
 * installs may leave the series out. Which one is meant is decided here, before the solver
 * is asked, so that the answer does not depend on its preferences.
 */
#include "repo/solve/solution.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "repo/version.h"

#include <string.h>

bool
resolving_is_better(const struct resolving *it, const struct solve_package *offer,
	const struct solve_package *other)
{
	if (other == NULL || offer->priority != other->priority)
		return other == NULL || offer->priority > other->priority;
	return resolving_compare(it, offer, other) > 0;
}

/* Whether a package is the wanted name in a series, of a version that is wanted. */
static bool
is_meant(const struct resolving *it, const struct solve_package *package,
	const struct relation *wanted)
{
	const struct relation as_plain = { .name = wanted->name,
		.operators = RELATION_EQUAL,
		.version = resolving_relations(it, package)->provides[0].version };

	return relation_is_series_of(package->name, wanted->name) &&
	       version_meets(&as_plain, wanted);
}

static const struct solve_package *
find_best(const struct resolving *it, const struct solve_package *packages, size_t count,
	const struct relation *wanted)
{
	const struct solve_package *best = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct solve_package *package = &packages[i];

		if (package->is_file || package->only_for != NULL ||
			!is_meant(it, package, wanted))
			continue;
		/* Of equals the last by name, whatever order they came in. */
		if (resolving_is_better(it, package, best) ||
			(!resolving_is_better(it, best, package) &&
				strcmp(package->name, best->name) > 0))
			best = package;
	}
	return best;
}

static bool
is_package(const struct resolving *it, const char *name)
{
	if (resolving_installed(it, name) != NULL)
		return true;
	for (size_t i = 0; i < it->request->available_count; i++)
		if (!it->request->available[i].is_file &&
			strcmp(it->request->available[i].name, name) == 0)
			return true;
	return false;
}

void
resolving_choose_series(const struct resolving *it, struct wish *wish)
{
	const struct solve_request *request = it->request;
	const struct solve_package *chosen;

	if (is_package(it, wish->relation.name))
		return;
	chosen = find_best(it, request->installed, request->installed_count, &wish->relation);
	if (chosen == NULL)
		chosen = find_best(
			it, request->available, request->available_count, &wish->relation);
	if (chosen != NULL)
		wish->relation.name = chosen->name;
}

const char *
resolving_list_series(const struct resolving *it, const char *plain)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < it->request->installed_count; i++)
		if (relation_is_series_of(it->request->installed[i].name, plain))
			strbuf_printf(&text, "%s%s", text.len > 0 ? ", " : "",
				it->request->installed[i].name);
	return text.len == 0 ? NULL : arena_string(it->arena, strbuf_string(&text));
}
