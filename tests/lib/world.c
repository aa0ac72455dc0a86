/* SPDX-License-Identifier: MIT */
/* Whatever fails here ends the test: there is nothing to test without it. */
#include "tests/lib/world.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/serve.h"
#include "tests/lib/sample.h"
#include "tests/lib/tap.h"

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int
must(int ret)
{
	if (ret < 0)
		tap_bail("%s", err_message());
	return ret;
}

static void
make_key(struct world *world, const char *name, struct key **ret_key)
{
	char *keys = arena_printf(world->arena, "%s/keys", world->directory);
	struct key_info info;

	must(key_generate(world->arena, keys, name, NULL, &info));
	must(key_open(keys, name, NULL, ret_key));
}

void
world_publish(struct world *world, const char *version)
{
	const char *file = sample_package(world->arena, world->directory, "frob", version);
	struct publish_options options = { .now = world->now };
	struct publish_report report;

	must(publish_add(world->arena, world->repo, &world->keys, &options, &file, 1, &report));
}

static char *
start_serving(struct world *world, bool is_http)
{
	struct serve_options options = { .directory = world->repo };
	struct serve serve AUTO(serve_close) = { .directory = -1, .socket = -1 };

	if (!is_http)
		return arena_printf(world->arena, "file://%s", world->repo);
	must(serve_open(&options, &serve));
	world->server = fork();
	if (world->server == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		must(serve_run(&serve, false));
	}
	return arena_printf(world->arena, "http://127.0.0.1:%u", serve.port);
}

void
world_begin(struct world *world, bool is_http)
{
	struct publish_options options = { .now = WORLD_NOW };

	*world = (struct world){ .arena = arena_new(), .now = WORLD_NOW };
	world->directory = sample_directory(world->arena);
	world->repo = arena_printf(world->arena, "%s/repo", world->directory);
	make_key(world, "owner", &world->owner);
	make_key(world, "stranger", &world->stranger);
	world->keys =
		(struct publish_keys){ world->owner, world->owner, world->owner, world->owner };
	must(publish_init(world->repo, &world->keys, &options));
	world_publish(world, "1.0");
	must(trust_open(
		arena_printf(world->arena, "%s/trust.db", world->directory), &world->trust));
	must(trust_add(world->trust, "main", start_serving(world, is_http),
		world_read(world, "metadata/1.root.json")));
	must(world_update(world));
}

void
world_end(struct world *world)
{
	trust_close(&world->trust);
	if (world->server > 0) {
		kill(world->server, SIGTERM);
		waitpid(world->server, NULL, 0);
	}
	key_free(&world->owner);
	key_free(&world->stranger);
	sample_remove(world->directory);
	arena_free(&world->arena);
}

int
world_update(struct world *world)
{
	struct trust_options options = { .now = world->now };

	return trust_update(world->trust, "main", &options);
}

struct trust_repo
world_state(struct world *world)
{
	struct trust_repo *repos = NULL;
	size_t count = 0;

	must(trust_list(world->arena, world->trust, &repos, &count));
	if (count != 1)
		tap_bail("%zu repositories", count);
	return repos[0];
}

struct str
world_read(struct world *world, const char *path)
{
	struct str bytes = { 0 };

	must(file_read(world->arena, AT_FDCWD,
		arena_printf(world->arena, "%s/%s", world->repo, path), (size_t)16 << 20,
		&bytes));
	return bytes;
}

void
world_write(struct world *world, const char *path, struct str bytes)
{
	must(file_replace(AT_FDCWD, arena_printf(world->arena, "%s/%s", world->repo, path),
		bytes.at, bytes.len, 0644));
}

void
world_edit(struct world *world, const char *path, const char *find, const char *replace)
{
	struct str bytes = world_read(world, path);
	char *at = memmem(bytes.at, bytes.len, find, strlen(find));

	if (at == NULL || strlen(find) != strlen(replace))
		tap_bail("no %s in %s", find, path);
	memcpy(at, replace, strlen(replace));
	world_write(world, path, bytes);
}

void
world_sign(struct world *world, const char *path, const struct key *key)
{
	json_t *envelope AUTO(json_release) = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };

	must(json_read(world_read(world, path), &envelope));
	must(tuf_sign(json_object_get(envelope, "signed"), &key, 1, &text));
	world_write(world, path, strbuf_str(&text));
}
