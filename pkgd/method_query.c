/* SPDX-License-Identifier: MIT */
/* What is installed and what is offered. Readers take no lock. */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "pkgd/inlined.h"
#include "pkgd/offers.h"
#include "pkgd/plan.h"
#include "pkgd/state.h"
#include "repo/version.h"
#include "store/query.h"

#include <string.h>

static const char *
full_version(struct arena *arena, const struct candidate *candidate)
{
	return state_version(arena, candidate->package->version, candidate->package->release);
}

int
method_list(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	bool upgradable = request_flag(request, "upgradable");
	struct map best;
	json_t *list = json_array();

	json_object_set_new(request->reply, "packages", list);
	TRY(state_open(request, upgradable ? STATE_OFFERS_ANY : 0, "", &state));
	offers_best(&state, &best);
	for (size_t i = 0; i < state.current.package_count; i++) {
		const struct generation_package *package = &state.current.packages[i];
		const char *version =
			state_version(request->arena, package->version, package->release);
		const struct candidate *offer = map_get(&best, package->name);
		json_t *entry;

		if (request_flag(request, "manual") && !package->is_manual)
			continue;
		if (upgradable &&
			(offer == NULL || version_compare(full_version(request->arena, offer),
						  version) <= 0))
			continue;
		entry = json_pack("{s:s, s:s, s:s, s:s, s:b, s:b}", "name", package->name,
			"version", version, "summary", package->summary, "repository",
			package->repository, "manual", package->is_manual, "held",
			package->is_held);
		if (offer != NULL)
			json_object_set_new(entry, "available",
				json_string(full_version(request->arena, offer)));
		json_array_append_new(list, entry);
	}
	return 0;
}

static bool
is_like(const char *name, const char *summary, const char *text)
{
	return strcasestr(name, text) != NULL || strcasestr(summary, text) != NULL;
}

static void
add_candidate(struct state *state, struct index_package *package)
{
	vec_push(state->arena, &state->candidates,
		(struct candidate){ .package = package, .repository = "" });
}

/* Let what is installed and offered by nobody be found, too. */
static int
add_installed_like(struct state *state, const char *text)
{
	struct map offered;

	TRY(state_offered_names(state, &offered));
	for (size_t i = 0; i < state->current.package_count; i++) {
		const struct generation_package *package = &state->current.packages[i];
		struct index_package *entry;

		if (map_has(&offered, package->name) ||
			!is_like(package->name, package->summary, text))
			continue;
		entry = ARENA_NEW(state->arena, struct index_package);
		entry->name = package->name;
		entry->version = package->version;
		entry->release = package->release;
		entry->summary = package->summary;
		add_candidate(state, entry);
	}
	return 0;
}

/* The same, with what stands in it. */
static int
add_installed_contents(struct state *state)
{
	struct map offered;

	TRY(state_offered_names(state, &offered));
	for (size_t i = 0; i < state->current.package_count; i++) {
		const struct generation_package *package = &state->current.packages[i];
		struct index_package *entry;
		const struct manifest *manifest;

		if (map_has(&offered, package->name))
			continue;
		TRY(plan_read_manifest(state->arena, state, package, &manifest));
		entry = ARENA_NEW(state->arena, struct index_package);
		index_from_manifest(state->arena, manifest, &package->digest, 0, entry);
		add_candidate(state, entry);
	}
	return 0;
}

int
method_search(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const char *text;
	struct map best;
	json_t *list = json_array();

	json_object_set_new(request->reply, "packages", list);
	TRY(json_get_string(request->parameters, "text", &text));
	TRY(state_open(request, STATE_OFFERS_SOME, "", &state));
	TRY(state_look_up(&state, TRUST_LIKE, text));
	TRY(add_installed_like(&state, text));
	offers_best(&state, &best);
	VEC_EACH (struct candidate, candidate, &state.candidates) {
		const struct index_package *package = candidate->package;
		const struct generation_package *installed;

		if (!is_like(package->name, package->summary, text) ||
			map_get(&best, package->name) != candidate)
			continue;
		installed = state_find_installed(&state, package->name);
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:b}", "name", package->name,
				      "version", full_version(request->arena, candidate),
				      "summary", package->summary, "repository",
				      candidate->repository, "installed", installed != NULL));
	}
	return 0;
}

static json_t *
list_json(const struct manifest_list *list)
{
	return json_from_strings(list->at, list->len);
}

static json_t *
offer_json(struct arena *arena, const struct candidate *candidate)
{
	const struct index_package *package = candidate->package;
	json_t *libraries = json_array();
	json_t *programs = json_array();
	json_t *entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "name",
		package->name, "version", full_version(arena, candidate), "summary",
		package->summary, "licence", package->licence, "homepage", package->homepage,
		"repository", candidate->repository, "installed_size",
		(json_int_t)package->installed_size, "download_size",
		(json_int_t)package->download_size);

	json_object_set_new(entry, "requires", list_json(&package->requires));
	json_object_set_new(entry, "provides", list_json(&package->provides));
	json_object_set_new(entry, "conflicts", list_json(&package->conflicts));
	json_object_set_new(entry, "replaces", list_json(&package->replaces));
	json_object_set_new(entry, "sha256", json_from_digest(&package->sha256));
	for (size_t i = 0; i < package->library_count; i++)
		json_array_append_new(libraries, json_string(package->libraries[i].name));
	for (size_t i = 0; i < package->program_count; i++)
		json_array_append_new(programs, json_string(package->programs[i].path));
	json_object_set_new(entry, "libraries", libraries);
	json_object_set_new(entry, "programs", programs);
	return entry;
}

static json_t *
installed_json(struct arena *arena, const struct generation_package *package)
{
	json_t *entry =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:I}", "name", package->name,
			"version", state_version(arena, package->version, package->release),
			"summary", package->summary, "licence", package->licence, "repository",
			package->repository, "manual", package->is_manual, "held",
			package->is_held, "installed_at", (json_int_t)package->installed_at);

	json_object_set_new(entry, "requires",
		json_from_strings((char *const *)package->requires, package->require_count));
	json_object_set_new(entry, "provides",
		json_from_strings((char *const *)package->provides, package->provide_count));
	json_object_set_new(entry, "sha256", json_from_digest(&package->digest));
	return entry;
}

/* The images that were linked for a package: for which CPU, how well, by whom, with which defences. */
static json_t *
images_json(const struct state *state, const struct generation_package *package)
{
	const char *label = generation_package_label(state->arena, package);
	json_t *list = json_array();

	for (size_t i = 0; i < state->current.image_count; i++) {
		const struct generation_image *image = &state->current.images[i];

		if (strcmp(image->package, label) == 0)
			json_array_append_new(list,
				json_pack("{s:s, s:b, s:s, s:s, s:s, s:s}", "name", image->name,
					"slot", image->is_slot, "tier", image->tier, "cpu",
					image->cpu, "builder", image->builder, "harden",
					image->harden == NULL ? "" : image->harden));
	}
	return list;
}

/* The best offer of a name, with its contents; NULL: nobody offers one. */
static int
find_offer(struct state *state, const char *name, const struct candidate **ret_offer)
{
	const struct index_package *package;
	const struct candidate *offer;

	TRY(state_look_up(state, TRUST_NAMED, name));
	offer = offers_best_of(state, name);
	if (offer != NULL)
		TRY(state_contents(state, offer, &package));
	*ret_offer = offer;
	return 0;
}

int
method_info(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const struct manifest *manifest;
	char **names;
	size_t count;
	json_t *list = json_array();

	json_object_set_new(request->reply, "packages", list);
	TRY(request_strings(request, "names", &names, &count));
	TRY(state_open(request, STATE_OFFERS_SOME, "", &state));
	for (size_t i = 0; i < count; i++) {
		const struct generation_package *installed =
			state_find_installed(&state, names[i]);
		const struct candidate *offer;
		json_t *entry = json_object();

		json_array_append_new(list, entry);
		TRY(find_offer(&state, names[i], &offer));
		if (installed == NULL && offer == NULL)
			return state_fail_unknown(&state, names[i]);
		if (installed != NULL) {
			json_t *json = installed_json(request->arena, installed);

			json_t *inlined;

			json_object_set_new(json, "images", images_json(&state, installed));
			json_object_set_new(entry, "installed", json);
			TRY(inlined_json(&state,
				generation_package_label(state.arena, installed), &inlined));
			json_object_set_new(json, "inlined", inlined);
			TRY(plan_read_manifest(request->arena, &state, installed, &manifest));
			json_object_set_new(
				json, "harden_except", list_json(&manifest->harden_except));
		}
		if (offer != NULL)
			json_object_set_new(
				entry, "available", offer_json(request->arena, offer));
	}
	return 0;
}

/* 1: the package is installed, and its files are in the list now. */
static int
add_installed_files(struct state *state, const char *name, json_t *list)
{
	struct query_owner *files;
	size_t count;
	int ret = query_files(
		state->arena, state->store, state->current.number, name, &files, &count);

	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(ret);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:b, s:b}", "package", name, "path",
				files[i].path, "program", files[i].is_program, "installed", 1));
	return 1;
}

static int
add_offered_files(struct state *state, const char *name, json_t *list)
{
	const struct candidate *offer;

	TRY(find_offer(state, name, &offer));
	if (offer == NULL)
		return state_fail_unknown(state, name);
	for (size_t i = 0; i < offer->package->files.len; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:b}", "package", name, "path",
				      offer->package->files.at[i], "installed", 0));
	return 0;
}

int
method_files(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	char **names;
	size_t count;
	bool has_offers = false;
	json_t *list = json_array();

	json_object_set_new(request->reply, "files", list);
	TRY(request_strings(request, "names", &names, &count));
	TRY(state_open(request, STATE_BARE, "", &state));
	for (size_t i = 0; i < count; i++) {
		int is_installed = add_installed_files(&state, names[i], list);

		TRY(is_installed);
		if (is_installed)
			continue;
		if (!has_offers) {
			state_close(&state);
			TRY(state_open(request, STATE_OFFERS_SOME, "", &state));
			has_offers = true;
		}
		TRY(add_offered_files(&state, names[i], list));
	}
	return 0;
}

static bool
list_has(const struct manifest_list *list, const char *text)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->at[i], text) == 0)
			return true;
	return false;
}

/* "zlib" in "lib:z = 1.2" terms: the name of the provision is what is asked for. */
static bool
provides_name(const struct index_package *package, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < package->provides.len; i++)
		if (strncmp(package->provides.at[i], text, length) == 0 &&
			(package->provides.at[i][length] == '\0' ||
				package->provides.at[i][length] == ' '))
			return true;
	return false;
}

static void
add_provider(struct arena *arena, json_t *list, const struct candidate *candidate,
	const char *what, const char *where)
{
	json_array_append_new(list,
		json_pack("{s:s, s:s, s:s, s:s, s:s}", "package", candidate->package->name,
			"version", full_version(arena, candidate), "repository",
			candidate->repository, "kind", what, "where", where));
}

static void
add_providers(struct arena *arena, json_t *list, const struct candidate *candidate,
	const char *text, const char *path)
{
	const struct index_package *package = candidate->package;

	if (list_has(&package->files, path))
		add_provider(arena, list, candidate, "file", path);
	if (provides_name(package, text))
		add_provider(arena, list, candidate, "name", text);
	for (size_t i = 0; i < package->library_count; i++)
		if (list_has(&package->libraries[i].exports, text))
			add_provider(
				arena, list, candidate, "symbol", package->libraries[i].name);
}

int
method_provides(struct request *request)
{
	struct state state AUTO(state_close) = { 0 };
	const struct index_package *package;
	const char *text;
	const char *path;
	struct map best;
	json_t *list = json_array();

	json_object_set_new(request->reply, "providers", list);
	TRY(json_get_string(request->parameters, "text", &text));
	TRY(state_open(request, STATE_OFFERS_SOME, "", &state));
	path = state_relative_path(&state, text);
	TRY(state_look_up(&state, TRUST_WITH, text));
	if (strcmp(path, text) != 0)
		TRY(state_look_up(&state, TRUST_WITH, path));
	TRY(add_installed_contents(&state));
	offers_best(&state, &best);
	VEC_EACH (struct candidate, candidate, &state.candidates) {
		if (map_get(&best, candidate->package->name) != candidate)
			continue;
		TRY(state_contents(&state, candidate, &package));
		add_providers(request->arena, list, candidate, text, path);
	}
	if (json_array_size(list) == 0)
		return err_set(ERR_NOT_FOUND,
			"%s: no package has such a file, library or symbol", text);
	return 0;
}
