/* SPDX-License-Identifier: MIT */
/* One small JSON file, replaced whole; a table of keys reads, checks and lists it. */
#include "pkgd/policy.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "store/store.h"

#include <string.h>

#define POLICY_FILE "state/policy.json"
#define POLICY_MAX 65536 /* bytes */

static const char *const sharing_names[] = {
	[LINK_SHARING_AUTO] = "auto",
	[LINK_SHARING_ALWAYS] = "always",
	[LINK_SHARING_NEVER] = "never",
	NULL,
};

static const char *const tier_names[] = {
	[LOWER_INSTANT] = "instant",
	[LOWER_FAST] = "fast",
	[LOWER_FULL] = "full",
	NULL,
};

static const struct policy_key {
	const char *name;
	const char *const *values; /* NULL: what check_cpu() accepts */
} keys[] = {
	{ "sharing", sharing_names },
	{ "tier", tier_names },
	{ "cpu", NULL },
};

const char *
policy_sharing_name(enum link_sharing sharing)
{
	return sharing_names[sharing];
}

const char *
policy_tier_name(enum lower_tier tier)
{
	return tier_names[tier];
}

/* The worker asks LLVM. */
static int
check_cpu(struct arena *arena, const char *cpu)
{
	struct lower_target target;

	return err_context(lower_find_target(arena, cpu, &target), "policy");
}

static int
find_value(struct arena *arena, const char *key, const char *value, unsigned *ret_number)
{
	struct strbuf known AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(keys[i].name, key) != 0) {
			strbuf_printf(&known, "%s%s", known.len == 0 ? "" : ", ", keys[i].name);
			continue;
		}
		strbuf_free(&known);
		if (keys[i].values == NULL)
			return check_cpu(arena, value);
		for (unsigned k = 0; keys[i].values[k] != NULL; k++) {
			if (strcmp(keys[i].values[k], value) == 0) {
				*ret_number = k;
				return 0;
			}
			strbuf_printf(&known, "%s%s", k == 0 ? "" : ", ", keys[i].values[k]);
		}
		return err_set(ERR_USAGE, "policy %s: '%s' is not one of %s", key, value,
			strbuf_string(&known));
	}
	return err_set(
		ERR_USAGE, "policy: no key '%s' (there are %s)", key, strbuf_string(&known));
}

/* The file as an object; an empty one when there is none. */
static int
read_file(struct arena *arena, const struct store *store, json_t **ret_values)
{
	struct str text;
	int ret;

	if (!file_exists(store_root_dir(store), POLICY_FILE)) {
		*ret_values = json_object();
		return 0;
	}
	ret = file_read(arena, store_root_dir(store), POLICY_FILE, POLICY_MAX, &text);
	if (ret == 0)
		ret = json_read(text, ret_values);
	return err_context(ret, "%s", store_path(arena, store, POLICY_FILE));
}

static int
read_key(struct arena *arena, const json_t *values, const char *key, unsigned fallback,
	unsigned *ret_number)
{
	const char *text;

	*ret_number = fallback;
	TRY(json_get_string_or(values, key, NULL, &text));
	return text == NULL ? 0 : find_value(arena, key, text, ret_number);
}

int
policy_read(struct arena *arena, const struct store *store, struct policy *ret_policy)
{
	json_t *values AUTO(json_release) = NULL;
	unsigned sharing;
	unsigned tier;
	const char *cpu;

	TRY(read_file(arena, store, &values));
	TRY(read_key(arena, values, "sharing", LINK_SHARING_AUTO, &sharing));
	TRY(read_key(arena, values, "tier", LOWER_FULL, &tier));
	TRY(json_get_string_or(values, "cpu", LOWER_NATIVE, &cpu));
	*ret_policy = (struct policy){ (enum link_sharing)sharing, (enum lower_tier)tier,
		arena_string(arena, cpu) };
	return 0;
}

int
policy_set(struct arena *arena, struct store *store, const char *key, const char *value)
{
	json_t *values AUTO(json_release) = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };
	unsigned number;

	TRY(find_value(arena, key, value, &number));
	TRY(read_file(arena, store, &values));
	json_object_set_new(values, key, json_string(value));
	json_write_pretty(values, &text);
	return file_replace(store_root_dir(store), POLICY_FILE, text.at, text.len, 0644);
}
