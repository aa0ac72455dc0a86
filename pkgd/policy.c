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

static const char *const arch_names[] = {
	[ARCH_X86_64] = "x86_64",
	[ARCH_AARCH64] = "aarch64",
	[ARCH_RISCV64] = "riscv64",
	NULL,
};

static const struct policy_key {
	const char *name;
	const char *const *values; /* NULL: what check_cpu() accepts */
} keys[] = {
	{ "arch", arch_names },
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
check_cpu(struct arena *arena, enum arch arch, const char *cpu)
{
	struct lower_target target;

	return err_context(lower_find_target(arena, arch, cpu, &target), "policy");
}

static int
find_value(const char *key, const char *value, unsigned *ret_number)
{
	struct strbuf known AUTO(strbuf_free) = { 0 };

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(keys[i].name, key) != 0) {
			strbuf_printf(&known, "%s%s", known.len == 0 ? "" : ", ", keys[i].name);
			continue;
		}
		strbuf_free(&known);
		for (unsigned k = 0; keys[i].values != NULL && keys[i].values[k] != NULL; k++) {
			if (strcmp(keys[i].values[k], value) == 0) {
				*ret_number = k;
				return 0;
			}
			strbuf_printf(&known, "%s%s", k == 0 ? "" : ", ", keys[i].values[k]);
		}
		if (keys[i].values == NULL)
			return 0;
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
read_key(const json_t *values, const char *key, unsigned fallback, unsigned *ret_number)
{
	const char *text;

	*ret_number = fallback;
	TRY(json_get_string_or(values, key, NULL, &text));
	return text == NULL ? 0 : find_value(key, text, ret_number);
}

static const char *
standard_cpu(enum arch arch)
{
	return arch == arch_host() ? LOWER_NATIVE : arch_common_cpu(arch);
}

int
policy_read(struct arena *arena, const struct store *store, struct policy *ret_policy)
{
	json_t *values AUTO(json_release) = NULL;
	unsigned sharing, tier, arch;
	const char *cpu;

	TRY(read_file(arena, store, &values));
	TRY(read_key(values, "sharing", LINK_SHARING_AUTO, &sharing));
	TRY(read_key(values, "tier", LOWER_FULL, &tier));
	TRY(read_key(values, "arch", arch_host(), &arch));
	TRY(json_get_string_or(values, "cpu", standard_cpu((enum arch)arch), &cpu));
	*ret_policy = (struct policy){ (enum link_sharing)sharing, (enum lower_tier)tier,
		(enum arch)arch, arena_string(arena, cpu) };
	return 0;
}

/* A CPU is one of the root's architecture: so each key is checked with the other. */
static int
check_change(struct arena *arena, const json_t *values, const char *key, const char *value)
{
	unsigned arch, number;
	const char *cpu;

	TRY(find_value(key, value, &number));
	TRY(read_key(values, "arch", arch_host(), &arch));
	TRY(json_get_string_or(values, "cpu", NULL, &cpu));
	if (strcmp(key, "cpu") == 0)
		return check_cpu(arena, (enum arch)arch, value);
	if (strcmp(key, "arch") == 0 && cpu != NULL)
		return err_context(check_cpu(arena, (enum arch)number, cpu), "arch %s", value);
	return 0;
}

int
policy_set(struct arena *arena, struct store *store, const char *key, const char *value)
{
	json_t *values AUTO(json_release) = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };

	TRY(read_file(arena, store, &values));
	TRY(check_change(arena, values, key, value));
	json_object_set_new(values, key, json_string(value));
	json_write_pretty(values, &text);
	return file_replace(store_root_dir(store), POLICY_FILE, text.at, text.len, 0644);
}
