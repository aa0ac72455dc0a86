/* SPDX-License-Identifier: MIT */
/*
 * A catalogue counts when its level is one that this root may use, its target is that level's,
 * and its producer is exactly the one of this weld: only then are its objects what lowering here
 * would give, and only then can 'weld verify --deep' compare them.
 *
 * (P1) An object goes into the cache only from a bundle whose digest a trusted builder signed.
 */
#include "pkgd/builders.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "base/parallel.h"
#include "linker/level.h"
#include "linker/published.h"
#include "pkgd/policy.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>

struct offer { /* where an object is */
	const struct trust_objects *from;
	const struct lowered_bundle *bundle;
};

struct builders {
	struct arena *arena;
	bool is_shared_alike; /* libraries are shared as the builders took them */
	VEC(const struct trust_objects *) catalogues; /* the best level first */
	VEC(struct lower_target) targets; /* of the catalogues, each once */
	VEC(struct digest) keys; /* sorted */
	struct map by_key; /* hex -> struct offer */
	struct map by_package; /* hex digest of the package's file -> struct offer */
};

/* 1. Whom the policy trusts */

static int
add_id(struct state *state, struct strbuf *ids, const char *id)
{
	if (strstr(strbuf_string(ids), id) == NULL)
		strbuf_printf(ids, "%s%s", ids->len == 0 ? "" : ",", id);
	(void)state;
	return 0;
}

/* Every builder of this name in any repository; they are trusted by their keys. */
static int
add_named(struct state *state, struct strbuf *ids, const char *name, struct strbuf *known)
{
	struct trust_repo *repos;
	size_t repo_count;
	bool is_found = false;

	TRY(trust_list(state->arena, state->trust, &repos, &repo_count));
	for (size_t i = 0; i < repo_count; i++) {
		struct trust_builder *builders;
		size_t count;

		TRY(trust_builders(
			state->arena, state->trust, repos[i].name, &builders, &count));
		for (size_t k = 0; k < count; k++) {
			char hex[DIGEST_HEX_SIZE];

			strbuf_printf(
				known, "%s%s", known->len == 0 ? "" : ", ", builders[k].name);
			if (strcmp(builders[k].name, name) != 0)
				continue;
			TRY(add_id(state, ids, digest_hex(&builders[k].key, hex)));
			is_found = true;
		}
	}
	return is_found;
}

static int
add_builder(struct state *state, struct strbuf *ids, const char *word)
{
	struct strbuf known AUTO(strbuf_free) = { 0 };
	struct digest id;
	int found;

	if (strlen(word) == DIGEST_HEX_SIZE - 1 && digest_parse(word, &id) >= 0) {
		char hex[DIGEST_HEX_SIZE];

		return add_id(state, ids, digest_hex(&id, hex));
	}
	found = add_named(state, ids, word, &known);
	TRY(found);
	if (found > 0)
		return 0;
	return err_set(ERR_USAGE,
		"policy builders: no repository has a builder '%.64s' (%s%s; or give the id of "
		"its key, 64 hex digits, or none)",
		word, known.len == 0 ? "run 'weld update'" : "there are ",
		strbuf_string(&known));
}

int
builders_resolve(struct state *state, const char *text, const char **ret_ids)
{
	struct strbuf ids AUTO(strbuf_free) = { 0 };
	struct str rest = str_from(text);
	struct str word;

	if (strcmp(text, BUILDERS_NONE) == 0) {
		*ret_ids = BUILDERS_NONE;
		return 0;
	}
	while (str_cut(&rest, ',', &word))
		TRY(add_builder(state, &ids, str_copy(state->arena, word)));
	if (ids.len == 0)
		return err_set(ERR_USAGE,
			"policy builders: names or ids of keys, with commas between, or "
			"none");
	*ret_ids = arena_string(state->arena, strbuf_string(&ids));
	return 0;
}

static void
tell(void *data, const char *text)
{
	request_warn(data, "%s", text);
}

int
builders_want(struct state *state)
{
	const struct level *levels[LEVEL_MAX];
	struct trust_options *options = &state->trust_options;
	struct policy policy;
	const char **names;

	TRY(state_policy(state, &policy));
	options->builders = policy.builders;
	options->builder_count = policy.builder_count;
	options->level_count = level_list(policy.arch, policy.cpu, levels);
	names = arena_array(state->arena, options->level_count + 1, sizeof *names);
	for (size_t i = 0; i < options->level_count; i++)
		names[i] = levels[i]->name;
	options->levels = names;
	options->warn = tell;
	options->warn_data = state->request;
	return 0;
}

/* 2. What they offer */

static struct lower_target
target_of(const struct lowered_catalogue *catalogue, enum arch arch)
{
	return (struct lower_target){ arch, catalogue->cpu, catalogue->features,
		catalogue->producer };
}

static bool
is_same_target(const struct lower_target *a, const struct lower_target *b)
{
	return a->arch == b->arch && strcmp(a->cpu, b->cpu) == 0 &&
	       strcmp(a->features, b->features) == 0;
}

/* Whether a catalogue's objects are what this weld would lower for its level. */
static bool
can_use(struct state *state, const struct trust_objects *objects)
{
	const struct lowered_catalogue *catalogue = objects->catalogue;
	const struct level *level = level_find(catalogue->level);
	const char *why = NULL;

	if (level == NULL || strcmp(catalogue->arch, arch_name(level->arch)) != 0 ||
		strcmp(catalogue->cpu, level->cpu) != 0)
		why = arena_printf(
			state->arena, "they are for another CPU, %s", catalogue->cpu);
	else if (strcmp(catalogue->producer, lower_producer()) != 0)
		why = arena_printf(state->arena, "they were lowered by %s, this weld is %s",
			catalogue->producer, lower_producer());
	else if (strcmp(catalogue->tier, "full") != 0)
		why = arena_printf(state->arena, "they are of tier %s", catalogue->tier);
	if (why == NULL)
		return true;
	request_warn(state->request,
		"repository %s: the objects of builder %s for %s are not used: %s",
		objects->repo, catalogue->builder, catalogue->level, why);
	return false;
}

static void
add_bundle(struct builders *builders, const struct trust_objects *from,
	const struct lowered_bundle *bundle)
{
	struct offer *offer = ARENA_NEW(builders->arena, struct offer);
	char hex[DIGEST_HEX_SIZE];

	*offer = (struct offer){ from, bundle };
	digest_hex(&bundle->package_sha256, hex);
	if (!map_has(&builders->by_package, hex))
		map_set(builders->arena, &builders->by_package,
			arena_string(builders->arena, hex), offer);
	for (size_t i = 0; i < bundle->object_count; i++) {
		digest_hex(&bundle->objects[i].key, hex);
		if (map_has(&builders->by_key, hex))
			continue;
		map_set(builders->arena, &builders->by_key, arena_string(builders->arena, hex),
			offer);
		vec_push(builders->arena, &builders->keys, bundle->objects[i].key);
	}
}

static void
add_catalogue(struct builders *builders, const struct trust_objects *objects)
{
	const struct lowered_catalogue *catalogue = objects->catalogue;
	struct lower_target target = target_of(catalogue, level_find(catalogue->level)->arch);
	bool is_known = false;

	VEC_EACH (struct lower_target, known, &builders->targets)
		is_known = is_known || is_same_target(known, &target);
	if (!is_known)
		vec_push(builders->arena, &builders->targets, target);
	vec_push(builders->arena, &builders->catalogues, objects);
	for (size_t i = 0; i < catalogue->bundle_count; i++)
		add_bundle(builders, objects, &catalogue->bundles[i]);
}

static int
compare_keys(const void *a, const void *b)
{
	return memcmp(((const struct digest *)a)->bytes, ((const struct digest *)b)->bytes,
		DIGEST_SIZE);
}

/* The better level first; of one level, as the repositories are preferred. */
static int
load_levels(struct state *state, struct builders *builders)
{
	struct trust_options options = state->trust_options;
	struct trust_repo *repos;
	size_t count;

	TRY(trust_list(state->arena, state->trust, &repos, &count));
	for (size_t level = 0; level < state->trust_options.level_count; level++)
		for (size_t i = 0; i < count; i++) {
			struct trust_objects *objects;
			size_t found;

			if (!repos[i].is_enabled)
				continue;
			options.levels = &state->trust_options.levels[level];
			options.level_count = 1;
			TRY(trust_objects(state->arena, state->trust, repos[i].name, &options,
				&objects, &found));
			for (size_t k = 0; k < found; k++)
				if (can_use(state, &objects[k]))
					add_catalogue(builders, &objects[k]);
		}
	return 0;
}

static int
open_trust(struct state *state)
{
	const char *path = store_path(state->arena, state->home, "db/trust.db");

	return state->trust != NULL || !file_exists(AT_FDCWD, path)
		       ? 0
		       : trust_open(path, &state->trust);
}

int
builders_load(struct state *state, struct builders **ret_builders)
{
	struct builders *builders = state->builders;
	struct policy policy;

	if (builders == NULL) {
		builders = ARENA_NEW(state->arena, struct builders);
		builders->arena = state->arena;
		TRY(state_policy(state, &policy));
		builders->is_shared_alike = policy.sharing == LINK_SHARING_AUTO;
		if (policy.builder_count > 0)
			TRY(open_trust(state));
		if (policy.builder_count > 0 && state->trust != NULL) {
			TRY(builders_want(state));
			TRY(load_levels(state, builders));
		}
		if (builders->keys.len > 0)
			qsort(builders->keys.at, builders->keys.len, sizeof *builders->keys.at,
				compare_keys);
		state->builders = builders;
	}
	*ret_builders = builders;
	return 0;
}

bool
builders_find(const struct builders *builders, const struct digest *package,
	struct builders_bundle *ret_bundle)
{
	char hex[DIGEST_HEX_SIZE];
	const struct offer *offer = map_get(&builders->by_package, digest_hex(package, hex));

	if (offer == NULL)
		return false;
	*ret_bundle = (struct builders_bundle){ offer->from->catalogue->builder,
		offer->from->catalogue->level, offer->bundle->size };
	return true;
}

void
builders_share(const struct builders *builders, struct wanted *wanted)
{
	struct map shared = { 0 };

	if (!builders->is_shared_alike || builders->catalogues.len == 0)
		return;
	for (size_t i = 0; i < builders->catalogues.len; i++) {
		const struct manifest_list *slots =
			&builders->catalogues.at[i]->catalogue->slots;

		for (size_t k = 0; k < slots->len; k++)
			map_set(builders->arena, &shared, slots->at[k], NULL);
	}
	VEC_EACH (struct link_library, library, &wanted->libraries)
		if (library->sharing == LINK_SHARING_AUTO && map_has(&shared, library->name))
			library->sharing = LINK_SHARING_ALWAYS;
}

void
builders_describe(const struct builders *builders, struct link_request *request)
{
	request->published = builders->targets.at;
	request->published_count = builders->targets.len;
	request->offered = builders->keys.at;
	request->offered_count = builders->keys.len;
}

/* 3. Getting it */

static void
warn_of(struct state *state, const struct offer *offer, const char *why)
{
	request_warn(state->request,
		"%s: its objects of builder %s in repository %s cannot be used: %s; it is "
		"lowered here",
		offer->bundle->package, offer->from->catalogue->builder, offer->from->repo,
		why);
}

/* Who made an object, as the cache keeps it: the builder's name and key. */
static char *
origin_of(struct arena *arena, const struct offer *offer)
{
	char hex[DIGEST_HEX_SIZE];

	return arena_printf(arena, "%s %s", offer->from->catalogue->builder,
		digest_hex(&offer->from->key, hex));
}

struct taking { /* bundles on their way into the cache, of which any thread takes the next */
	const struct link_request *request;
	const struct trust_bundle *fetched;
	const char **failures; /* why it cannot be used; NULL: it is in the cache */
};

static struct offer
offer_of(const struct trust_bundle *fetched)
{
	return (struct offer){ fetched->from, fetched->bundle };
}

static int
put_objects(struct arena *arena, const struct trust_bundle *fetched,
	const struct link_request *request)
{
	const struct lowered_bundle *bundle = fetched->bundle;
	struct offer offer = offer_of(fetched);
	struct lowered_contents *contents =
		arena_array(arena, bundle->object_count + 1, sizeof *contents);

	TRY(lowered_bundle_read(arena, fetched->ret_fd, bundle, contents)); /* (P1) */
	for (size_t i = 0; i < bundle->object_count; i++)
		TRY(link_put_object(request, request->arch, &bundle->objects[i].key,
			&(struct link_object){ contents[i].object, contents[i].facts,
				origin_of(arena, &offer) }));
	return 0;
}

/* Verify a bundle and put its objects into the cache. A bundle that is no good fails nothing. */
static int
take_bundle(void *data, size_t index, struct arena *arena)
{
	struct arena *own AUTO(arena_free) = arena_new();
	struct taking *taking = data;
	const struct trust_bundle *fetched = &taking->fetched[index];
	int ret;

	if (fetched->ret_fd < 0) {
		taking->failures[index] = fetched->ret_failure;
		return 0;
	}
	ret = put_objects(own, fetched, taking->request);
	if (ret == ERR_NO_SPACE || ret == ERR_IO)
		return ret;
	if (ret < 0)
		taking->failures[index] = arena_string(arena, err_message());
	return 0;
}

static int
take_bundles(struct state *state, struct trust_bundle *fetched, size_t count,
	const struct link_request *request, struct builders_fetched *counts)
{
	struct taking taking = { request, fetched,
		arena_array(state->arena, count, sizeof *taking.failures) };

	TRY(parallel_run(state->arena, count, take_bundle, &taking));
	for (size_t i = 0; i < count; i++) {
		struct offer offer = offer_of(&fetched[i]);

		if (taking.failures[i] != NULL) {
			warn_of(state, &offer, taking.failures[i]);
			counts->failed++;
			continue;
		}
		counts->objects += offer.bundle->object_count;
		counts->bytes += offer.bundle->size;
	}
	return 0;
}

/* The bundles that hold these objects, each once. */
static size_t
find_bundles(const struct builders *builders, const struct digest *keys, size_t count,
	struct trust_bundle *bundles)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		char hex[DIGEST_HEX_SIZE];
		const struct offer *offer =
			map_get(&builders->by_key, digest_hex(&keys[i], hex));
		bool is_known = offer == NULL;

		for (size_t k = 0; k < found && !is_known; k++)
			is_known = bundles[k].bundle == offer->bundle;
		if (!is_known)
			bundles[found++] =
				(struct trust_bundle){ offer->from, offer->bundle, -1, NULL };
	}
	return found;
}

int
builders_fetch(struct state *state, const struct builders *builders,
	const struct link_request *request, struct builders_fetched *ret_fetched)
{
	struct builders_fetched counts = { 0 };
	int directory AUTO(file_close) = -1;
	struct trust_bundle *bundles;
	struct digest *keys;
	size_t count;
	int ret;

	*ret_fetched = counts;
	if (builders->keys.len == 0)
		return 0;
	TRY(link_missing(state->arena, request, &keys, &count));
	if (count == 0 || state->request->is_offline)
		return 0;
	bundles = arena_array(state->arena, count, sizeof *bundles);
	count = find_bundles(builders, keys, count, bundles);
	TRY(file_open_dir(store_root_dir(state->store), "store", &directory));
	TRY(trust_fetch_bundles(
		state->arena, state->trust, &state->trust_options, directory, bundles, count));
	ret = take_bundles(state, bundles, count, request, &counts);
	for (size_t i = 0; i < count; i++)
		file_close(&bundles[i].ret_fd);
	TRY(ret);
	*ret_fetched = counts;
	return 0;
}
