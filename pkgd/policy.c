/* SPDX-License-Identifier: MIT */
/* One small JSON file, replaced whole; a table of keys reads, checks and lists it. */
#include "pkgd/policy.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "pkgd/garbage.h"
#include "repo/relation.h"
#include "store/store.h"

#include <string.h>

#define POLICY_FILE "policy.json" /* below ROOT/state */
#define POLICY_MAX 65536 /* bytes */

static const char *const sharing_names[] = {
	[LINK_SHARING_AUTO] = "auto",
	[LINK_SHARING_ALWAYS] = "always",
	[LINK_SHARING_NEVER] = "never",
	NULL,
};

#define TIER_AUTO LOWER_TIERS /* in the place of a tier */

static const char *const tier_names[] = {
	[LOWER_INSTANT] = "instant",
	[LOWER_FAST] = "fast",
	[LOWER_FULL] = "full",
	[TIER_AUTO] = "auto",
	NULL,
};

static const char *const improve_names[] = {
	[POLICY_IMPROVE_AUTO] = "auto",
	[POLICY_IMPROVE_ALWAYS] = "always",
	[POLICY_IMPROVE_NEVER] = "never",
	NULL,
};

static const char *const accounts_names[] = {
	[POLICY_ACCOUNTS_AUTO] = "auto",
	[POLICY_ACCOUNTS_MAKE] = "make",
	[POLICY_ACCOUNTS_TELL] = "tell",
	NULL,
};

static const char *const inline_names[] = { "off", "on", NULL };

static const char *const arch_names[] = {
	[ARCH_X86_64] = "x86_64",
	[ARCH_AARCH64] = "aarch64",
	[ARCH_RISCV64] = "riscv64",
	NULL,
};

#define MEMORY_MIN (UINT64_C(256) << 20) /* bytes: LLVM itself needs that */
#define MEMORY_MAX (UINT64_C(1) << 40) /* bytes */

static const struct policy_key {
	const char *name;
	const char *const *values; /* NULL: what check_change() accepts */
	const char *standard; /* where nothing was set; NULL: it depends on the machine */
} keys[] = {
	{ "sharing", sharing_names, "auto" },
	{ "tier", tier_names, "auto" },
	{ "improve", improve_names, "auto" },
	{ "memory", NULL, "2G" },
	{ "arch", arch_names, NULL },
	{ "cpu", NULL, NULL },
	{ "builders", NULL, "none" },
	{ "harden", NULL, "default" },
	{ "gc", NULL, "never" },
	{ "trigger-seconds", NULL, "60" },
	{ "accounts", accounts_names, "auto" },
	{ "services", NULL, "asked" },
	{ "inline", inline_names, POLICY_INLINE_STANDARD ? "on" : "off" },
};

/* Bytes, or with one of the letters K, M and G. */
static int
parse_memory(const char *text, uint64_t *ret_bytes)
{
	static const char letters[] = "KMG";
	const char *letter;
	uint64_t bytes = 0;
	size_t digits = strspn(text, "0123456789");
	bool is_size = digits > 0 && digits < 16;

	for (size_t i = 0; is_size && i < digits; i++)
		bytes = bytes * 10 + (uint64_t)(text[i] - '0');
	if (is_size && text[digits] != '\0') {
		letter = strchr(letters, text[digits]);
		is_size = letter != NULL && text[digits + 1] == '\0';
		for (long i = 0; is_size && i <= letter - letters; i++)
			is_size = !__builtin_mul_overflow(bytes, UINT64_C(1024), &bytes);
	}
	if (!is_size || bytes < MEMORY_MIN || bytes > MEMORY_MAX)
		return err_set(ERR_USAGE,
			"policy memory: '%s' is not a size from 256M to 1024G, such as 2G",
			text);
	*ret_bytes = bytes;
	return 0;
}

#define TRIGGER_SECONDS_MAX 86400

static int
parse_trigger_seconds(const char *text, unsigned *ret_seconds)
{
	size_t digits = strspn(text, "0123456789");
	unsigned seconds = 0;

	for (size_t i = 0; digits < 6 && i < digits; i++)
		seconds = seconds * 10 + (unsigned)(text[i] - '0');
	if (text[digits] != '\0' || seconds == 0 || seconds > TRIGGER_SECONDS_MAX)
		return err_set(ERR_USAGE,
			"policy trigger-seconds: '%s' is not a number from 1 to %d", text,
			TRIGGER_SECONDS_MAX);
	*ret_seconds = seconds;
	return 0;
}

/* The worker asks LLVM. */
static int
check_cpu(struct arena *arena, enum arch arch, const char *cpu)
{
	struct lower_target target;

	return err_context(lower_find_target(arena, arch, cpu, &target), "policy");
}

/* Ids of keys in hex with commas between, or "none". */
static int
read_builders(struct arena *arena, const char *ids, struct policy *policy)
{
	struct str rest = str_from(ids);
	struct digest *builders =
		arena_array(arena, strlen(ids) / DIGEST_HEX_SIZE + 1, sizeof *builders);
	struct str word;
	size_t count = 0;

	if (strcmp(ids, "none") == 0)
		rest.len = 0;
	while (rest.len > 0 && str_cut(&rest, ',', &word)) {
		if (word.len != DIGEST_HEX_SIZE - 1)
			return err_set(ERR_USAGE,
				"policy builders: '%.64s' is not the id of a key",
				str_copy(arena, word));
		TRY(err_context(digest_parse(str_copy(arena, word), &builders[count++]),
			"policy builders"));
	}
	policy->builders = builders;
	policy->builder_count = count;
	return 0;
}

/* "asked", "all", "none", or names with commas between. */
static int
read_services(struct arena *arena, const char *text, struct policy *policy)
{
	struct str rest = str_from(text);
	struct manifest_list names = { .at = arena_array(
					       arena, strlen(text) / 2 + 1, sizeof *names.at) };
	struct str word;

	policy->services = strcmp(text, "asked") == 0 ? POLICY_SERVICES_ASKED
			   : strcmp(text, "all") == 0 ? POLICY_SERVICES_ALL
						      : POLICY_SERVICES_NAMED;
	if (policy->services != POLICY_SERVICES_NAMED || strcmp(text, "none") == 0)
		rest.len = 0;
	while (rest.len > 0 && str_cut(&rest, ',', &word)) {
		names.at[names.len] = str_copy(arena, word);
		if (!relation_is_name(names.at[names.len]))
			return err_set(ERR_USAGE,
				"policy services: '%s' is not asked, all, none or names of "
				"services with commas between",
				text);
		names.len++;
	}
	policy->service_names = names;
	return 0;
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
	int ret = generation_read_state_file(arena, store, POLICY_FILE, POLICY_MAX, &text);

	if (ret == ERR_NOT_FOUND) {
		*ret_values = json_object();
		return 0;
	}
	if (ret == 0)
		ret = json_read(text, ret_values);
	return err_context(ret, "%s", store_path(arena, store, "state/" POLICY_FILE));
}

/* The value of a key as text, what was not set included. Owner: values, or nobody */
static int
read_text(const json_t *values, const struct policy_key *key, const char **ret_text)
{
	const char *arch;
	unsigned number;

	TRY(json_get_string_or(values, key->name, key->standard, ret_text));
	if (*ret_text != NULL)
		return 0;
	TRY(json_get_string_or(values, "arch", arch_name(arch_host()), &arch));
	TRY(find_value("arch", arch, &number));
	if (strcmp(key->name, "arch") == 0)
		*ret_text = arch;
	else
		*ret_text = (enum arch)number == arch_host()
				    ? LOWER_NATIVE
				    : arch_common_cpu((enum arch)number);
	return 0;
}

static int
read_key(const json_t *values, const char *name, const char **ret_text, unsigned *ret_number)
{
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (strcmp(keys[i].name, name) != 0)
			continue;
		TRY(read_text(values, &keys[i], ret_text));
		return find_value(name, *ret_text, ret_number);
	}
	return err_set(ERR_USAGE, "policy: no key '%s'", name);
}

int
policy_read(struct arena *arena, const struct store *store, struct policy *ret_policy)
{
	return policy_read_with(arena, store, NULL, ret_policy);
}

int
policy_read_with(struct arena *arena, const struct store *store, const json_t *changes,
	struct policy *ret_policy)
{
	json_t *values AUTO(json_release) = NULL;
	struct policy policy = { 0 };
	unsigned sharing, tier, improve, accounts, arch, inlines, none = 0;
	const char *text;

	TRY(read_file(arena, store, &values));
	if (changes != NULL)
		json_object_update(values, (json_t *)changes);
	TRY(read_key(values, "sharing", &text, &sharing));
	TRY(read_key(values, "tier", &text, &tier));
	TRY(read_key(values, "improve", &text, &improve));
	TRY(read_key(values, "arch", &text, &arch));
	TRY(read_key(values, "memory", &text, &none));
	TRY(parse_memory(text, &policy.memory));
	TRY(read_key(values, "cpu", &text, &none));
	policy.cpu = arena_string(arena, text);
	TRY(read_key(values, "harden", &text, &none));
	TRY(err_context(harden_parse(text, &policy.harden), "policy harden"));
	TRY(read_key(values, "gc", &text, &none));
	TRY(garbage_parse(text, &policy.gc_keep, &policy.gc_days));
	TRY(read_key(values, "trigger-seconds", &text, &none));
	TRY(parse_trigger_seconds(text, &policy.trigger_seconds));
	TRY(read_key(values, "inline", &text, &inlines));
	TRY(read_key(values, "accounts", &text, &accounts));
	policy.sharing = (enum link_sharing)sharing;
	policy.inlines = inlines != 0;
	policy.is_tier_auto = tier == TIER_AUTO;
	policy.tier = policy.is_tier_auto ? LOWER_FULL : (enum lower_tier)tier;
	policy.improve = (enum policy_improve)improve;
	policy.accounts = (enum policy_accounts)accounts;
	policy.arch = (enum arch)arch;
	TRY(read_key(values, "builders", &text, &none));
	TRY(read_builders(arena, text, &policy));
	TRY(read_key(values, "services", &text, &none));
	TRY(read_services(arena, text, &policy));
	*ret_policy = policy;
	return 0;
}

int
policy_list(struct arena *arena, const struct store *store, json_t *ret_values)
{
	json_t *values AUTO(json_release) = NULL;
	const char *text;

	TRY(read_file(arena, store, &values));
	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		TRY(read_text(values, &keys[i], &text));
		json_object_set_new(ret_values, keys[i].name, json_string(text));
	}
	return 0;
}

int
policy_text(struct arena *arena, const struct store *store, const char **ret_text)
{
	json_t *values AUTO(json_release) = json_object();
	struct strbuf text AUTO(strbuf_free) = { 0 };

	TRY(policy_list(arena, store, values));
	json_write(values, &text);
	*ret_text = arena_string(arena, strbuf_string(&text));
	return 0;
}

/* A CPU is one of the root's architecture: so each key is checked with the other. */
static int
check_change(struct arena *arena, const json_t *values, const char *key, const char *value)
{
	struct policy policy;
	const char *cpu, *text;
	unsigned arch, number;
	uint64_t bytes;

	TRY(find_value(key, value, &number));
	TRY(read_key(values, "arch", &text, &arch));
	if (strcmp(key, "memory") == 0)
		return parse_memory(value, &bytes);
	if (strcmp(key, "gc") == 0)
		return garbage_parse(value, &policy.gc_keep, &policy.gc_days);
	if (strcmp(key, "trigger-seconds") == 0)
		return parse_trigger_seconds(value, &number);
	if (strcmp(key, "services") == 0)
		return read_services(arena, value, &policy);
	if (strcmp(key, "harden") == 0)
		return err_context(harden_parse(value, &number), "policy harden");
	TRY(json_get_string_or(values, "cpu", NULL, &cpu));
	if (strcmp(key, "cpu") == 0)
		return check_cpu(arena, (enum arch)arch, value);
	if (strcmp(key, "builders") == 0)
		return read_builders(arena, value, &policy);
	if (strcmp(key, "arch") == 0 && cpu != NULL)
		return err_context(check_cpu(arena, (enum arch)number, cpu), "arch %s", value);
	return 0;
}

int
policy_check(struct arena *arena, const struct store *store, const json_t *changes)
{
	json_t *values AUTO(json_release) = NULL;
	const char *key;
	json_t *value;

	TRY(read_file(arena, store, &values));
	json_object_foreach((json_t *)changes, key, value)
	{
		TRY(check_change(arena, values, key, json_string_value(value)));
		json_object_set(values, key, value);
	}
	return 0;
}

int
policy_file_with(struct arena *arena, const struct store *store, const json_t *changes,
	struct generation_state_file *ret_file)
{
	json_t *values AUTO(json_release) = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };

	TRY(read_file(arena, store, &values));
	json_object_update(values, (json_t *)changes);
	json_write_pretty(values, &text);
	ret_file->path = POLICY_FILE;
	ret_file->text = str_from(arena_string(arena, strbuf_string(&text)));
	return 0;
}

int
policy_set(struct arena *arena, struct store *store, const char *key, const char *value)
{
	json_t *changes AUTO(json_release) = json_object();
	struct generation_state_file file;

	json_object_set_new(changes, key, json_string(value));
	TRY(policy_check(arena, store, changes));
	TRY(policy_file_with(arena, store, changes, &file));
	return file_replace(
		store_root_dir(store), "state/" POLICY_FILE, file.text.at, file.text.len, 0644);
}
