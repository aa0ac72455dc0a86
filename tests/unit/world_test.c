/* SPDX-License-Identifier: MIT */
#include "pkgd/world/world.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "pkgd/world/lock.h"
#include "tests/lib/tap.h"

#include <string.h>

struct good {
	const char *name;
	const char *text;
	const char *gives; /* packages; holds; policy */
};

static const struct good good_cases[] = {
	{ "nothing is wanted", "packages = []", "; ; " },
	{ "one name", "packages = jq", "jq; ; " },
	{ "versions", "packages = [ jq=1.6, \"lua >= 5.4\", \"xz<2\" ]",
		"jq = 1.6, lua >= 5.4, xz < 2; ; " },
	{ "what is provided", "packages = [ \"lib:z\" ]", "lib:z; ; " },
	{ "holds", "packages = [ a, b ]; hold = [ a ]", "a, b; a; " },
	{ "policy, sorted", "packages = a; policy { tier = full, memory = 2G }",
		"a; ; memory=2G, tier=full" },
	{ "numbers and flags", "packages = a; policy { gc = 5, inline = on, x = no }",
		"a; ; gc=5, inline=on, x=off" },
	{ "comments", "# why\npackages = [ a ] # because\n", "a; ; " },
};

struct bad {
	const char *text;
	const char *message;
};

static const struct bad bad_cases[] = {
	{ "", "'packages' is missing" },
	{ "packages = [ \"\" ]", "is not a package" },
	{ "packages = [ \"a >\" ]", "is not a package" },
	{ "packages = [ \"a > 1 2\" ]", "is not a package" },
	{ "packages = [ 1 ]", "not a list of names" },
	{ "packages = [ [ a ] ]", "not a list of names" },
	{ "packages = [ \"a\\u0000b\" ]", "" },
	{ "packages = a; hold = [ \"A b\" ]", "no name" },
	{ "packages = a; holds = [ a ]", "did you mean 'hold'" },
	{ "packages = a; policy = full", "not an object" },
	{ "packages = a; policy { tier = [ full ] }", "not a word" },
	{ "packages = a; repositories { }", "no key 'repositories'" },
};

/* What can go wrong in a lock: this text of the golden one becomes that. */
struct damage {
	const char *from;
	const char *to;
	const char *message;
};

static const struct damage damages[] = {
	{ "\"format\": 1", "\"format\": 2", "format 2 is not known" },
	{ "\"format\": 1", "\"format\": \"1\"", "format" },
	{ "\"arch\": \"x86_64\"", "\"arch\": \"vax\"", "arch" },
	{ "\"held\": true", "\"held\": 1", "held" },
	{ "\"held\": true", "\"hold\": true", "unknown member 'hold'" },
	{ "\"name\": \"beta\"", "\"name\": \"alpha\"", "stands twice" },
	{ "\"name\": \"beta\"", "\"name\": \"ALPHA\"", "no name" },
	{ "\"name\": \"beta\"", "\"name\": \"be/ta\"", "no name" },
	{ "\"release\": 12", "\"release\": 0", "'release' is not" },
	{ "\"release\": 12", "\"release\": 1000000", "'release' is not" },
	{ "\"release\": 12", "\"release\": 1.5", "release" },
	{ "2.0~rc1", "2.0-1", "no version" },
	{ "\"seed\": \"f0", "\"seed\": \"g0", "seed" },
	{ "\"seed\": \"f0f1", "\"seed\": \"f0", "seed" },
	{ "\"packages\": [", "\"packages\": [ 1,", "not an object" },
};

static void
print_world(const struct world *world, struct strbuf *text)
{
	for (size_t i = 0; i < world->package_count; i++)
		strbuf_printf(text, "%s%s", i == 0 ? "" : ", ", world->packages[i].text);
	strbuf_add_string(text, "; ");
	for (size_t i = 0; i < world->hold_count; i++)
		strbuf_printf(text, "%s%s", i == 0 ? "" : ", ", world->holds[i]);
	strbuf_add_string(text, "; ");
	for (size_t i = 0; i < world->policy_count; i++)
		strbuf_printf(text, "%s%s=%s", i == 0 ? "" : ", ", world->policy[i].key,
			world->policy[i].value);
}

static void
try_worlds(struct arena *arena)
{
	for (size_t i = 0; i < sizeof good_cases / sizeof good_cases[0]; i++) {
		const struct good *c = &good_cases[i];
		struct strbuf text AUTO(strbuf_free) = { 0 };
		struct world world = { 0 };
		int ret = world_read(arena, str_from(c->text), &world);

		print_world(&world, &text);
		tap_ok(ret == 0 && strcmp(strbuf_string(&text), c->gives) == 0, "%s: %s",
			c->name, ret == 0 ? strbuf_string(&text) : err_message());
	}
	for (size_t i = 0; i < sizeof bad_cases / sizeof bad_cases[0]; i++) {
		struct world world = { 0 };
		int ret = world_read(arena, str_from(bad_cases[i].text), &world);

		tap_ok(ret == ERR_FORMAT && strstr(err_message(), bad_cases[i].message) != NULL,
			"%s: %s", bad_cases[i].text, ret < 0 ? err_message() : "taken");
	}
}

static const char *
replace(struct arena *arena, const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	if (at == NULL)
		tap_bail("the golden lock has no %s", from);
	return arena_printf(arena, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static void
try_locks(struct arena *arena)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct str golden = { 0 };
	struct lock lock = { 0 };
	struct lock other;
	const char *changed;

	if (file_read(arena, AT_FDCWD, GOLDEN "/lock-1.json", LOCK_SIZE_MAX, &golden) < 0 ||
		lock_read(arena, golden, &lock) < 0)
		tap_bail("%s", err_message());
	lock_write(&lock, &text);
	tap_ok(str_equal(strbuf_str(&text), golden), "a lock of format 1 is read and written");
	tap_ok(lock_find(&lock, "beta") == &lock.packages[1] && lock_find(&lock, "b") == NULL,
		"its packages are found by name");
	tap_ok(lock_difference(arena, &lock, &lock) == NULL, "it is like itself");
	changed = replace(arena, golden.at, "2.0~rc1", "2.0");
	if (lock_read(arena, str_from(changed), &other) < 0)
		tap_bail("%s", err_message());
	tap_is_string(lock_difference(arena, &lock, &other),
		"beta-2.0~rc1-12 is locked, beta-2.0-12 is wanted", "and unlike another");
	for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
		int ret = lock_read(arena,
			str_from(replace(arena, golden.at, damages[i].from, damages[i].to)),
			&other);

		tap_ok(ret == ERR_FORMAT && strstr(err_message(), damages[i].message) != NULL,
			"%s: %s", damages[i].to, ret < 0 ? err_message() : "taken");
	}
}

int
main(void)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	try_worlds(arena);
	try_locks(arena);
	return tap_done();
}
