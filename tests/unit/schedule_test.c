/* SPDX-License-Identifier: MIT */
#include "repo/recipe/schedule.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "tests/lib/tap.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* d needs b and c, both need a; e needs nothing. */
static const char *const names[] = { "a", "b", "c", "d", "e" };
static const char *const needs[] = { "", "a", "a", "bc", "" };

struct world {
	struct arena *arena;
	struct plan plan;
	const char *directory; /* a file for each recipe that was built */
	const char *fails; /* the recipe that fails, or "" */
	const char *dies; /* the recipe whose process is killed, or "" */
};

static struct world
make_world(struct arena *arena, const char *directory)
{
	struct world world = {
		.arena = arena, .directory = directory, .fails = "", .dies = ""
	};

	for (size_t i = 0; i < 5; i++) {
		struct planned planned = { 0 };
		struct recipe *recipe = &planned.recipe;

		recipe->name = names[i];
		recipe->is_bootstrap = true;
		recipe->packages = ARENA_NEW(arena, struct recipe_package);
		recipe->packages->name = names[i];
		recipe->package_count = 1;
		recipe->build_requires.at = arena_array(arena, 3, sizeof(char *));
		for (const char *need = needs[i]; *need != '\0'; need++)
			recipe->build_requires.at[recipe->build_requires.len++] =
				arena_printf(arena, "%c", *need);
		vec_push(arena, &world.plan.all, planned);
		vec_push(arena, &world.plan.order, i);
	}
	return world;
}

static bool
is_built(const struct world *world, const char *name)
{
	return file_exists(
		AT_FDCWD, arena_printf(world->arena, "%s/%s", world->directory, name));
}

static int
build(void *data, size_t index, bool *ret_is_new)
{
	const struct world *world = data;
	const char *name = names[index];

	for (const char *need = needs[index]; *need != '\0'; need++)
		if (!is_built(world, arena_printf(world->arena, "%c", *need)))
			return err_set(ERR_FAILED, "%s: built before %c", name, *need);
	if (strcmp(name, world->fails) == 0)
		return err_set(ERR_SYMBOL, "%s: fails", name);
	if (strcmp(name, world->dies) == 0)
		raise(SIGKILL);
	*ret_is_new = *name != 'c';
	return file_create(AT_FDCWD,
		arena_printf(world->arena, "%s/%s", world->directory, name), "", 0, 0644);
}

static void
test_all(struct arena *arena, const char *parent, unsigned at_once)
{
	char *directory = NULL;
	bool is_new[5] = { false };
	struct world world;
	int ret;

	if (file_temp_dir(arena, parent, &directory) < 0)
		tap_bail("%s", err_message());
	world = make_world(arena, directory);
	ret = schedule_run(arena, &world.plan, at_once, build, &world, is_new);
	tap_ok(ret >= 0, "%u at once: each after what it needs (%s)", at_once,
		ret < 0 ? err_message() : "well");
	for (size_t i = 0; i < 5; i++)
		tap_ok(is_built(&world, names[i]), "%u at once: %s is built", at_once,
			names[i]);
	tap_ok(is_new[0] && !is_new[2] && is_new[3], "%u at once: new ones are told", at_once);
}

static void
test_failure(struct arena *arena, const char *parent, unsigned at_once)
{
	char *directory = NULL;
	bool is_new[5] = { false };
	struct world world;

	if (file_temp_dir(arena, parent, &directory) < 0)
		tap_bail("%s", err_message());
	world = make_world(arena, directory);
	world.fails = "b";
	tap_is_number(schedule_run(arena, &world.plan, at_once, build, &world, is_new),
		ERR_SYMBOL, "%u at once: a failure keeps its code", at_once);
	tap_is_string(err_message(), "b: fails", "and its message");
	tap_ok(!is_built(&world, "d"), "and what needs it is not begun");
}

static void
test_killed(struct arena *arena, const char *parent)
{
	char *directory = NULL;
	bool is_new[5] = { false };
	struct world world;

	if (file_temp_dir(arena, parent, &directory) < 0)
		tap_bail("%s", err_message());
	world = make_world(arena, directory);
	world.dies = "a";
	tap_is_number(schedule_run(arena, &world.plan, 2, build, &world, is_new), ERR_BUILD,
		"a killed build is a failure");
	tap_is_string(err_message(), "a: its build was killed", "and named");
}

int
main(void)
{
	struct arena *arena = arena_new();
	char *parent = NULL;

	if (file_temp_dir(arena, "/tmp", &parent) < 0)
		tap_bail("%s", err_message());
	test_all(arena, parent, 1);
	test_all(arena, parent, 2);
	test_all(arena, parent, 8);
	test_failure(arena, parent, 1);
	test_failure(arena, parent, 3);
	test_killed(arena, parent);
	file_remove_tree(AT_FDCWD, parent);
	arena_free(&arena);
	return tap_done();
}
