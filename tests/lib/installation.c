/* SPDX-License-Identifier: MIT */
/* A small installation: plain text stands for images, so nothing has to be linked. */
#include "tests/lib/installation.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/prefix.h"
#include "store/objects.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct digest
digest_of(const char *text)
{
	return hash_bytes(text, strlen(text));
}

static const char text_file[] = "#!/bin/sh\ncat " WELD_PREFIX "/share/tool/data\n";

static int
add_one(struct store *store, const char *name, const char *path, const char *contents,
	bool is_executable)
{
	struct objects_new *new AUTO(objects_abandon) = NULL;

	TRY(objects_begin(store, name, &new));
	TRY(objects_add_bytes(new, path, contents, strlen(contents), is_executable));
	if (strcmp(path, "manifest.json") == 0 && strstr(name, "tool") != NULL) {
		char hex[DIGEST_HEX_SIZE];
		char object[100];
		static const char *const texts[] = { "data of tool 1\n", "data of tool 2\n",
			text_file, "setting = 1\n", "setting = 2\n" };

		for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
			struct digest digest = digest_of(texts[i]);

			snprintf(object, sizeof object, "objects/%s", digest_hex(&digest, hex));
			TRY(objects_add_bytes(new, object, texts[i], strlen(texts[i]),
				texts[i] == text_file));
		}
	}
	return objects_finish(&new);
}

static struct generation_file *
describe_files(struct arena *arena, int version)
{
	struct generation_file *files = arena_array(arena, 7, sizeof *files);

	files[0] = (struct generation_file){ .path = "share/tool/data",
		.mode = 0644,
		.digest = digest_of(version == 1 ? "data of tool 1\n" : "data of tool 2\n") };
	files[1] = (struct generation_file){ .path = "bin/script",
		.mode = 0755,
		.digest = digest_of(text_file),
		.has_prefix = true };
	files[2] = (struct generation_file){
		.kind = GENERATION_LINK, .path = "bin/alias", .target = "tool"
	};
	files[3] = (struct generation_file){ .path = "etc/tool.conf",
		.mode = 0644,
		.digest = digest_of(version == 1 ? "setting = 1\n" : "setting = 2\n"),
		.is_config = true };
	files[4] = (struct generation_file){
		.kind = GENERATION_DIRECTORY, .path = "var/lib/tool", .mode = 0750
	};
	files[5] = (struct generation_file){
		.kind = GENERATION_DIRECTORY, .path = "share/tool/empty", .mode = 0755
	};
	files[6] = (struct generation_file){
		.path = "share/tool-data", .mode = 0644, .digest = digest_of("data of tool 1\n")
	};
	return files;
}

static struct generation_package *
describe_packages(struct arena *arena, int version, const char *manifest)
{
	static const char *const requires[] = { "lib" };
	struct generation_package *packages = arena_array(arena, 2, sizeof *packages);

	packages[0] = (struct generation_package){ .name = "tool",
		.version = arena_printf(arena, "%d.0", version),
		.release = 1,
		.kind = "ir",
		.digest = digest_of(arena_printf(arena, "tool %d", version)),
		.manifest = digest_of(manifest),
		.is_manual = true,
		.requires = requires,
		.require_count = 1,
		.files = describe_files(arena, version),
		.file_count = 7 };
	packages[1] = (struct generation_package){ .name = "lib",
		.version = "1.0",
		.release = 1,
		.kind = "ir",
		.digest = digest_of("lib"),
		.manifest = digest_of("{}") };
	for (size_t i = 0; i < 2; i++)
		packages[i].store_name = objects_name(arena, &packages[i].digest,
			generation_package_label(arena, &packages[i]));
	return packages;
}

static struct generation_image *
describe_images(struct arena *arena, int version, const char *image)
{
	static const char *const slots[] = { "lib" };
	struct generation_image *images = arena_array(arena, 2, sizeof *images);

	images[0] = (struct generation_image){ .name = "bin/tool",
		.package = arena_printf(arena, "tool-%d.0-1", version),
		.key = digest_of(arena_printf(arena, "key %d", version)),
		.digest = digest_of(image),
		.file_size = strlen(image),
		.store_file = "tool",
		.slots = slots,
		.slot_count = 1 };
	images[1] = (struct generation_image){ .is_slot = true,
		.name = "lib",
		.package = "lib-1.0-1",
		.key = digest_of("slot key"),
		.digest = digest_of("slot\n"),
		.file_size = 5,
		.store_file = "lib.slot",
		.layout_id = digest_of("layout"),
		.base = 0x10000000,
		.size = 0x200000 };
	for (size_t i = 0; i < 2; i++)
		images[i].store_name =
			objects_name(arena, &images[i].digest, images[i].package);
	return images;
}

int
make_state(struct arena *arena, struct store *store, int version,
	struct generation *ret_generation)
{
	char *manifest = arena_printf(arena, "{\"version\":%d}", version);
	char *image = arena_printf(arena, "program %d\n", version);
	struct generation_package *packages = describe_packages(arena, version, manifest);
	struct generation_image *images = describe_images(arena, version, image);

	*ret_generation = (struct generation){ .command = arena_printf(
						       arena, "weld install tool %d", version),
		.packages = packages,
		.package_count = 2,
		.images = images,
		.image_count = 2 };
	TRY(add_one(store, packages[0].store_name, "manifest.json", manifest, false));
	TRY(add_one(store, packages[1].store_name, "manifest.json", "{}", false));
	TRY(add_one(store, images[0].store_name, "tool", image, true));
	return add_one(store, images[1].store_name, "lib.slot", "slot\n", true);
}

int
transact(struct store *store, int version, uint64_t *ret_number)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct generation generation;
	struct generation_state_file choice = { "choice",
		str_from(arena_printf(arena, "program %d\n", version)) };

	TRY(make_state(arena, store, version, &generation));
	TRY(generation_create(store, &generation, ret_number));
	return generation_activate(store, *ret_number, generation.command, &choice);
}

const char *
current_text(struct fixture *it, const char *path)
{
	struct str text;

	if (file_read(it->arena, AT_FDCWD,
		    arena_printf(it->arena, "%s/current/%s", it->root, path), 1 << 20,
		    &text) < 0)
		return "";
	return text.at;
}

void
write_text(struct fixture *it, const char *path, const char *text)
{
	if (file_replace(AT_FDCWD, arena_printf(it->arena, "%s/%s", it->root, path), text,
		    strlen(text), 0644) < 0)
		tap_bail("%s", err_message());
}

struct store *
open_locked(struct fixture *it)
{
	struct store *store = NULL;

	if (store_open(it->root, STORE_CREATE, &store) < 0 ||
		store_lock(store, "test", 5000) < 0)
		tap_bail("%s", err_message());
	return store;
}

struct fixture
fixture_new(void)
{
	struct fixture it = { .arena = arena_new() };
	char *real;

	/* In memory, where syncs cost nothing: hundreds of roots are made. */
	if (file_temp_dir(it.arena, "/dev/shm", &it.scratch) < 0 &&
		file_temp_dir(it.arena, ".", &it.scratch) < 0)
		tap_bail("%s", err_message());
	real = realpath(it.scratch, NULL);
	it.scratch = arena_string(it.arena, real);
	free(real);
	it.root = arena_printf(it.arena, "%s/root", it.scratch);
	return it;
}

void
fixture_free(struct fixture *it)
{
	file_remove_tree(AT_FDCWD, it->scratch);
	arena_free(&it->arena);
}
