/* SPDX-License-Identifier: MIT */
/*
 * Reading what packages and jobs say, and refusing jobs that name nothing, with names that
 * look alike.
 */
#include "repo/solve/solution.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/nearest.h"
#include "base/str.h"
#include "base/vec.h"
#include "repo/version.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

char *
solve_label(struct arena *arena, const struct solve_package *package)
{
	return arena_printf(
		arena, "%s-%s-%" PRIu64, package->name, package->version, package->release);
}

char *
relation_text(struct arena *arena, const struct relation *relation)
{
	static const char *const signs[] = {
		[RELATION_GREATER] = ">",
		[RELATION_EQUAL] = "=",
		[RELATION_GREATER | RELATION_EQUAL] = ">=",
		[RELATION_LESS] = "<",
		[RELATION_LESS | RELATION_GREATER] = "<>",
		[RELATION_LESS | RELATION_EQUAL] = "<=",
	};

	if (relation->operators == RELATION_ANY)
		return arena_string(arena, relation->name);
	return arena_printf(arena, "%s %s %s", relation->name, signs[relation->operators],
		relation->version);
}

const struct relations *
resolving_relations(const struct resolving *it, const struct solve_package *package)
{
	uintptr_t at = (uintptr_t)package;
	uintptr_t installed = (uintptr_t)it->request->installed;
	size_t size = it->request->installed_count * sizeof *package;

	if (at - installed < size)
		return &it->installed_relations[package - it->request->installed];
	return &it->available_relations[package - it->request->available];
}

const char *
resolving_version(const struct resolving *it, const struct solve_package *package)
{
	return resolving_relations(it, package)->provides[0].version;
}

int
resolving_compare(const struct resolving *it, const struct solve_package *a,
	const struct solve_package *b)
{
	return version_compare(resolving_version(it, a), resolving_version(it, b));
}

bool
resolving_meets(const struct resolving *it, const struct solve_package *package,
	const struct relation *wanted)
{
	const struct relations *relations = resolving_relations(it, package);

	for (size_t i = 0; i < relations->provide_count; i++)
		if (version_meets(&relations->provides[i], wanted))
			return true;
	return false;
}

static int
read_list(struct arena *arena, const char *const *texts, size_t count,
	struct relation **ret_relations)
{
	struct relation *relations = arena_array(arena, count, sizeof *relations);

	for (size_t i = 0; i < count; i++)
		TRY(relation_parse(arena, texts[i], &relations[i]));
	*ret_relations = relations;
	return 0;
}

static int
read_package(
	struct arena *arena, const struct solve_package *package, struct relations *relations)
{
	struct relation *provides;

	TRY(read_list(arena, package->requires, package->require_count, &relations->requires));
	TRY(read_list(
		arena, package->conflicts, package->conflict_count, &relations->conflicts));
	TRY(read_list(arena, package->replaces, package->replace_count, &relations->replaces));
	TRY(read_list(arena, package->provides, package->provide_count, &provides));
	relations->provide_count = package->provide_count + 1;
	relations->provides =
		arena_array(arena, relations->provide_count, sizeof *relations->provides);
	relations->provides[0] = (struct relation){
		.name = package->name,
		.operators = RELATION_EQUAL,
		.version =
			arena_printf(arena, "%s-%" PRIu64, package->version, package->release),
	};
	if (package->provide_count > 0)
		memcpy(&relations->provides[1], provides,
			package->provide_count * sizeof *provides);
	return 0;
}

static int
read_packages(struct arena *arena, const struct solve_package *packages, size_t count,
	struct relations **ret_relations)
{
	struct relations *relations = arena_array(arena, count, sizeof *relations);

	for (size_t i = 0; i < count; i++) {
		if (!relation_is_full_name(packages[i].name) ||
			!relation_is_version(packages[i].version))
			return err_set(ERR_FORMAT,
				"package \"%.80s\" \"%.80s\": not a name and version",
				packages[i].name, packages[i].version);
		TRY(err_context(read_package(arena, &packages[i], &relations[i]), "%s",
			solve_label(arena, &packages[i])));
	}
	*ret_relations = relations;
	return 0;
}

int
jobs_read_packages(struct resolving *it)
{
	const struct solve_request *request = it->request;

	index_installed(it);
	TRY(read_packages(it->arena, request->installed, request->installed_count,
		&it->installed_relations));
	return read_packages(it->arena, request->available, request->available_count,
		&it->available_relations);
}

/* Put the spaces around a sign that people leave out: "jq>=1.6". */
static char *
with_spaces(struct arena *arena, const char *what)
{
	size_t name = strcspn(what, "<=> ");
	size_t sign = strspn(what + name, "<=> ");
	struct strbuf text AUTO(strbuf_free) = { 0 };

	strbuf_add(&text, what, name);
	if (sign > 0) {
		strbuf_add_char(&text, ' ');
		for (size_t i = name; i < name + sign; i++)
			if (what[i] != ' ')
				strbuf_add_char(&text, what[i]);
		strbuf_add_char(&text, ' ');
		strbuf_add_string(&text, what + name + sign);
	}
	return arena_string(arena, strbuf_string(&text));
}

/* The name among packages that is nearest to one that nobody has. */
static const char *
find_similar(const struct resolving *it, const char *name, const struct solve_package *packages,
	size_t count)
{
	const char **names = arena_array(it->arena, count + 1, sizeof *names);

	for (size_t i = 0; i < count; i++)
		names[i] = packages[i].name;
	return nearest_name(name, names, count);
}

const struct solve_package *
resolving_foreign(const struct resolving *it, const struct relation *wanted)
{
	for (size_t i = 0; i < it->request->available_count; i++) {
		const struct solve_package *package = &it->request->available[i];

		if (package->only_for != NULL && resolving_meets(it, package, wanted))
			return package;
	}
	return NULL;
}

const char *
resolving_arch(const struct resolving *it)
{
	return it->request->arch == NULL ? "this machine" : it->request->arch;
}

static int
fail_foreign(const struct resolving *it, const struct solve_package *package)
{
	return err_set(ERR_UNRESOLVABLE, "%s: is for %s, not for %s",
		solve_label(it->arena, package), package->only_for, resolving_arch(it));
}

static int
fail_unknown(const struct resolving *it, const struct wish *wish)
{
	struct strbuf versions AUTO(strbuf_free) = { 0 };
	const char *name = wish->relation.name;
	const char *similar =
		find_similar(it, name, it->request->available, it->request->available_count);
	const struct solve_package *foreign = resolving_foreign(it, &wish->relation);

	if (foreign != NULL)
		return fail_foreign(it, foreign);
	for (size_t i = 0; i < it->request->available_count; i++)
		if (strcmp(it->request->available[i].name, name) == 0)
			strbuf_printf(&versions, "%s%s", versions.len > 0 ? ", " : "",
				resolving_version(it, &it->request->available[i]));
	if (versions.len > 0)
		return err_set(ERR_NOT_FOUND, "%s: no such version (there is %s)",
			relation_text(it->arena, &wish->relation), strbuf_string(&versions));
	if (similar != NULL)
		return err_set(
			ERR_NOT_FOUND, "%s: no such package (did you mean %s?)", name, similar);
	return err_set(ERR_NOT_FOUND,
		"%s: no such package (try 'weld update' or 'weld search')", name);
}

/* Look for packages of the wanted name first, then for what is provided. */
static bool
find_available(const struct resolving *it, struct wish *wish)
{
	bool is_found = false;

	for (size_t i = 0; i < it->request->available_count; i++) {
		const struct solve_package *package = &it->request->available[i];
		const struct relations *relations = resolving_relations(it, package);

		if (package->is_file || package->only_for != NULL)
			continue;
		if (version_meets(&relations->provides[0], &wish->relation)) {
			wish->is_provided = false;
			return true;
		}
		if (resolving_meets(it, package, &wish->relation)) {
			wish->is_provided = true;
			is_found = true;
		}
	}
	return is_found;
}

static int
fail_missing(const struct resolving *it, const char *name)
{
	const char *similar =
		find_similar(it, name, it->request->installed, it->request->installed_count);
	const char *series = resolving_list_series(it, name);

	if (series != NULL)
		return err_set(ERR_NOT_FOUND, "%s: is installed as %s (name the series)", name,
			series);
	if (similar == NULL)
		return err_set(ERR_NOT_FOUND, "%s: not installed", name);
	return err_set(ERR_NOT_FOUND, "%s: not installed (did you mean %s?)", name, similar);
}

static int
find_named(const struct resolving *it, struct wish *wish)
{
	const struct solve_package *installed;
	bool is_installed;

	if (wish->job->verb == SOLVE_INSTALL)
		resolving_choose_series(it, wish);
	installed = resolving_installed(it, wish->relation.name);
	is_installed = installed != NULL &&
		       version_meets(&resolving_relations(it, installed)->provides[0],
			       &wish->relation);

	if (wish->job->verb == SOLVE_INSTALL) {
		if (is_installed || find_available(it, wish))
			return 0;
		return fail_unknown(it, wish);
	}
	if (installed == NULL)
		return fail_missing(it, wish->relation.name);
	if (!is_installed && wish->job->verb != SOLVE_UPGRADE)
		return err_set(ERR_NOT_FOUND, "%s: not installed (%s is)",
			relation_text(it->arena, &wish->relation),
			solve_label(it->arena, installed));
	return 0;
}

static int
read_job(const struct resolving *it, struct wish *wish)
{
	const char *what = wish->job->what;

	if (wish->job->verb == SOLVE_INSTALL_FILE) {
		if (wish->job->file == NULL)
			return err_set(ERR_USAGE, "no file to install");
		return wish->job->file->only_for == NULL ? 0
							 : fail_foreign(it, wish->job->file);
	}
	if (wish->job->verb == SOLVE_AUTOREMOVE)
		return 0;
	if (what == NULL)
		return wish->job->verb == SOLVE_UPGRADE
			       ? 0
			       : err_set(ERR_USAGE, "no package is named");
	if (relation_parse(it->arena, with_spaces(it->arena, what), &wish->relation) < 0)
		return err_set(ERR_FORMAT,
			"%.200s: not a package, as NAME or NAME=VERSION or \"NAME >= VERSION\"",
			what);
	return find_named(it, wish);
}

int
jobs_read(struct resolving *it)
{
	it->wishes = arena_array(it->arena, it->request->job_count, sizeof *it->wishes);
	for (size_t i = 0; i < it->request->job_count; i++) {
		it->wishes[i].job = &it->request->jobs[i];
		TRY(read_job(it, &it->wishes[i]));
	}
	index_wishes(it);
	return 0;
}
