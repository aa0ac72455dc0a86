/* SPDX-License-Identifier: MIT */
/* UCL with three keys; whatever else stands there is a slip that is told. */
#include "pkgd/world/world.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/nearest.h"
#include "base/ucl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 3

static const char *const known_keys[KEYS] = { "packages", "hold", "policy" };

static int
check_keys(const json_t *root)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)root, key, value)
	{
		const char *nearest = nearest_name(key, known_keys, KEYS);
		bool is_known = false;

		for (size_t i = 0; i < KEYS; i++)
			is_known = is_known || strcmp(key, known_keys[i]) == 0;
		if (!is_known && nearest != NULL)
			return err_set(ERR_FORMAT, "no key '%.64s' (did you mean '%s'?)", key,
				nearest);
		if (!is_known)
			return err_set(ERR_FORMAT,
				"no key '%.64s' (there are packages, hold and policy)", key);
	}
	return 0;
}

/* One word, or a list of words. Owner: the arena */
static int
read_words(struct arena *arena, const json_t *root, const char *key, char ***ret_words,
	size_t *ret_count)
{
	const json_t *value = json_object_get(root, key);
	size_t count = json_is_array(value) ? json_array_size(value) : value != NULL;
	char **words = arena_array(arena, count + 1, sizeof *words);

	if (count > WORLD_PACKAGES_MAX)
		return err_set(
			ERR_LIMIT, "'%s' has more than %zu members", key, WORLD_PACKAGES_MAX);
	for (size_t i = 0; i < count; i++) {
		const json_t *word = json_is_array(value) ? json_array_get(value, i) : value;

		if (!json_is_string(word) ||
			strlen(json_string_value(word)) != json_string_length(word))
			return err_set(ERR_FORMAT,
				"'%s' is not a list of names, as [ jq, \"zlib >= 1.2\" ]", key);
		words[i] = arena_string(arena, json_string_value(word));
	}
	*ret_words = words;
	*ret_count = count;
	return 0;
}

/* A wish is a relation; "jq=1.6" is one, too, as on the command line. */
static int
read_package(struct arena *arena, const char *text, struct world_package *ret_package)
{
	struct strbuf spaced AUTO(strbuf_free) = { 0 };
	size_t name = strcspn(text, " <=>");
	size_t sign = strspn(text + name, " <=>");
	int ret;

	strbuf_add(&spaced, text, name);
	for (size_t i = name; i < name + sign; i++)
		if (text[i] != ' ')
			strbuf_printf(&spaced, "%s%c",
				i == name || text[i - 1] == ' ' ? " " : "", text[i]);
	if (sign > 0)
		strbuf_printf(&spaced, " %s", text + name + sign);
	ret_package->text = arena_string(arena, strbuf_string(&spaced));
	ret = relation_parse(arena, ret_package->text, &ret_package->relation);
	if (ret == ERR_FORMAT)
		return err_set(ERR_FORMAT,
			"'%.200s' is not a package, as NAME, NAME=VERSION or \"NAME >= "
			"VERSION\"",
			text);
	return ret;
}

static int
read_packages(struct arena *arena, const json_t *root, struct world *world)
{
	char **words;
	size_t count;

	TRY(read_words(arena, root, "packages", &words, &count));
	world->packages = arena_array(arena, count + 1, sizeof *world->packages);
	for (size_t i = 0; i < count; i++)
		TRY(read_package(arena, words[i], &world->packages[i]));
	world->package_count = count;
	return 0;
}

static int
read_holds(struct arena *arena, const json_t *root, struct world *world)
{
	TRY(read_words(arena, root, "hold", &world->holds, &world->hold_count));
	for (size_t i = 0; i < world->hold_count; i++)
		if (!relation_is_full_name(world->holds[i]))
			return err_set(ERR_FORMAT, "'hold' has '%.200s', which is no name",
				world->holds[i]);
	return 0;
}

static int
read_value(struct arena *arena, const char *key, const json_t *json, const char **ret_value)
{
	if (json_is_string(json) &&
		strlen(json_string_value(json)) == json_string_length(json)) {
		*ret_value = arena_string(arena, json_string_value(json));
		return 0;
	}
	if (json_is_integer(json)) {
		*ret_value = arena_printf(arena, "%" PRId64, (int64_t)json_integer_value(json));
		return 0;
	}
	/* A bare `on` is a flag in UCL, and a word in a policy. */
	if (json_is_boolean(json)) {
		*ret_value = json_is_true(json) ? "on" : "off";
		return 0;
	}
	return err_set(ERR_FORMAT, "policy %.64s: not a word", key);
}

static int
compare_policy(const void *a, const void *b)
{
	const struct world_policy *left = a;
	const struct world_policy *right = b;

	return strcmp(left->key, right->key);
}

static int
read_policy(struct arena *arena, const json_t *root, struct world *world)
{
	const json_t *policy = json_object_get(root, "policy");
	const char *key;
	json_t *value;

	if (policy == NULL)
		return 0;
	if (!json_is_object(policy))
		return err_set(ERR_FORMAT, "'policy' is not an object, as { sharing = auto }");
	world->policy = arena_array(arena, json_object_size(policy) + 1, sizeof *world->policy);
	json_object_foreach((json_t *)policy, key, value)
	{
		struct world_policy *row = &world->policy[world->policy_count++];

		row->key = arena_string(arena, key);
		TRY(read_value(arena, key, value, &row->value));
	}
	qsort(world->policy, world->policy_count, sizeof *world->policy, compare_policy);
	return 0;
}

int
world_read(struct arena *arena, struct str text, struct world *ret_world)
{
	json_t *root AUTO(json_release) = NULL;
	struct world world = { 0 };

	if (text.len > WORLD_SIZE_MAX)
		return err_set(ERR_LIMIT, "longer than %zu bytes", WORLD_SIZE_MAX);
	TRY(ucl_read(text, &root));
	TRY(check_keys(root));
	if (json_object_get(root, "packages") == NULL)
		return err_set(ERR_FORMAT,
			"'packages' is missing (write packages = [] for an empty root)");
	TRY(read_packages(arena, root, &world));
	TRY(read_holds(arena, root, &world));
	TRY(read_policy(arena, root, &world));
	*ret_world = world;
	return 0;
}
