/* SPDX-License-Identifier: MIT */
/* A repository changes as a whole or not at all, and its check finds every damage. */
#include "repo/publish.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/package.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"
#include "tests/lib/world.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int
check_at(struct world *world, int64_t now, struct publish_report *ret_report)
{
	struct publish_options options = { .now = now };

	return publish_check(world->arena, world->repo, &options, ret_report);
}

/* The check finds one thing, and says what. */
static void
expect_finding(struct world *world, int64_t now, const char *message, const char *what)
{
	struct publish_report report = { 0 };
	int ret = check_at(world, now, &report);

	tap_ok(ret == ERR_FINDINGS && report.finding_count > 0 &&
			strstr(report.findings[0], message) != NULL,
		"%s: %s", what, ret < 0 ? err_message() : "no finding");
}

static int
add(struct world *world, const struct publish_keys *keys, const char *file,
	struct publish_report *ret_report)
{
	struct publish_options options = { .now = world->now };

	return publish_add(world->arena, world->repo, keys, &options, &file, 1, ret_report);
}

static void
test_adding(struct world *world)
{
	struct publish_report report = { 0 };
	struct publish_keys wrong = { world->stranger, world->stranger, world->stranger,
		world->stranger };
	char *again = arena_printf(world->arena, "%s/frob-1.0-1.weld", world->directory);
	char *other = arena_printf(world->arena, "%s/other", world->directory);
	char *file;

	tap_ok(check_at(world, world->now, &report) == 0 && report.total == 1,
		"a new repository is in order");
	tap_ok(publish_init(world->repo, &world->keys, NULL) == ERR_EXISTS,
		"it is not made twice: %s", err_message());
	tap_ok(add(world, &world->keys, again, &report) == 0 && report.kept == 1 &&
			report.added == 0 && report.total == 1 && report.version == 3,
		"the same package again changes nothing");
	if (file_make_dirs(AT_FDCWD, other, 0700) < 0)
		tap_bail("%s", err_message());
	file = sample_package(world->arena, other, "frob", "1.2");
	tap_ok(add(world, &wrong, file, &report) == ERR_SIGNATURE,
		"other keys do not publish: %s", err_message());
	world_write(world, "../damaged.weld", str_from("not a package"));
	tap_ok(add(world, &world->keys,
		       arena_printf(world->arena, "%s/damaged.weld", world->directory),
		       &report) == ERR_FORMAT,
		"nor are damaged packages published: %s", err_message());
	tap_ok(add(world, &world->keys, "/dev/zero", &report) == ERR_FORMAT, "nor devices: %s",
		err_message());
	tap_ok(add(world, &world->keys, file, &report) == 0 && report.added == 1 &&
			report.total == 2,
		"a new version joins the old");
	tap_ok(check_at(world, world->now, &report) == 0, "all is in order");
}

/* The same name and version with other contents. */
static void
test_same_version(struct world *world)
{
	char *objects = arena_printf(world->arena, "%s/objects-frob-1.0", world->directory);
	char *path = arena_printf(world->arena, "%s/changed.weld", world->directory);
	struct publish_report report = { 0 };
	struct manifest *manifest;
	int dir AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;

	if (file_open_dir(AT_FDCWD, objects, &dir) < 0)
		tap_bail("%s", err_message());
	manifest = sample_manifest(world->arena, dir, "frob", "1.0");
	manifest->summary = "Changed";
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || package_write(manifest, dir, fd) < 0)
		tap_bail("%s", err_message());
	tap_ok(add(world, &world->keys, path, &report) == ERR_EXISTS,
		"a published version never changes: %s", err_message());
}

static void
test_lock(struct world *world)
{
	struct publish_report report = { 0 };
	int fd AUTO(file_close) = open(world->repo, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		tap_bail("flock");
	tap_ok(check_at(world, world->now, &report) == ERR_LOCKED, "one at a time: %s",
		err_message());
}

static void
test_findings(struct world *world)
{
	struct publish_report report = { 0 };
	struct publish_options options = { .now = world->now + 20 * WORLD_DAY };
	char **names = NULL;
	size_t count = 0;
	char *package = NULL;
	int dir AUTO(file_close) = -1;

	expect_finding(
		world, world->now + 12 * WORLD_DAY, "timestamp version", "soon to expire");
	expect_finding(world, options.now, "expired", "expired");
	tap_ok(publish_sign(world->arena, world->repo, &world->keys, &options, &report) == 0 &&
			report.total == 2,
		"it is signed again");
	tap_ok(check_at(world, options.now, &report) == 0, "and in order");
	options.now += 300 * WORLD_DAY;
	tap_ok(publish_sign(world->arena, world->repo, &world->keys, &options, &report) == 0 &&
			check_at(world, options.now, &report) == 0,
		"also after a year, root included");
	if (file_open_dir(AT_FDCWD, arena_printf(world->arena, "%s/targets", world->repo),
		    &dir) < 0 ||
		file_list(world->arena, dir, &names, &count) < 0)
		tap_bail("%s", err_message());
	for (size_t i = 0; i < count; i++)
		if (str_has_suffix(names[i], ".weld"))
			package = arena_printf(world->arena, "targets/%s", names[i]);
	world_write(world, package, str_from("other contents"));
	expect_finding(world, options.now, "frob", "a damaged package");
	world_edit(world, "metadata/timestamp.json", "\"expires\": \"20", "\"expires\": \"21");
	expect_finding(world, options.now, "timestamp.json", "a forged timestamp");
}

/* Fail at every write, sync and rename: the client sees the old state or the new one. */
static void
test_faults(void)
{
	struct world world;
	const char *file;
	struct publish_report report = { 0 };
	unsigned long point = 0;
	size_t broken = 0;
	int ret = -1;

	world_begin(&world, false);
	file = sample_package(world.arena, world.directory, "frob", "1.1");
	while (ret < 0 && point < 200) {
		file_inject_fault(++point, ENOSPC);
		ret = add(&world, &world.keys, file, &report);
		file_inject_fault(0, 0);
		broken += check_at(&world, world.now, &report) < 0 || world_update(&world) < 0;
	}
	tap_ok(ret == 0 && point > 5, "publishing succeeds after %lu faults", point - 1);
	tap_is_number((long long)broken, 0, "and is whole after each of them");
	tap_is_number((long long)world_state(&world).package_count, 2, "with both packages");
	world_end(&world);
}

/* A rotation that was cut off between root and timestamp is finished by the next one. */
static void
test_cut_rotation(void)
{
	struct world world;
	struct publish_keys keys;
	struct publish_options options = { .now = WORLD_NOW };
	struct publish_report report = { 0 };
	unsigned long point = 0;
	size_t stuck = 0;
	int ret = -1;

	world_begin(&world, false);
	keys = (struct publish_keys){ world.stranger, world.stranger, world.stranger,
		world.stranger };
	while (ret < 0 && point < 200) {
		file_inject_fault(++point, EIO);
		ret = publish_rotate(
			world.arena, world.repo, &world.keys, &keys, &options, &report);
		file_inject_fault(0, 0);
		if (ret < 0 && publish_sign(world.arena, world.repo, &world.keys, &options,
				       &report) < 0) {
			/* The new root is there: its keys finish the work. */
			stuck += publish_sign(
					 world.arena, world.repo, &keys, &options, &report) < 0;
			break;
		}
	}
	tap_is_number((long long)stuck, 0, "a rotation that was cut off can be finished");
	tap_ok(check_at(&world, WORLD_NOW, &report) == 0, "and is in order then");
	tap_ok(world_update(&world) == 1 && world_state(&world).root_version == 2,
		"the client follows");
	world_end(&world);
}

int
main(void)
{
	struct world world;

	world_begin(&world, false);
	test_adding(&world);
	test_same_version(&world);
	test_lock(&world);
	test_findings(&world);
	world_end(&world);
	test_faults();
	test_cut_rotation();
	return tap_done();
}
