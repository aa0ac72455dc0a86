/* SPDX-License-Identifier: MIT */
/*
 * Everything follows from a package's number. First the manifests, then who uses which library (two
 * users make a slot), then the directories in the store, then one generation.
 */
#include "tests/lib/synthetic.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "linker/facts.h"
#include "repo/manifest.h"
#include "repo/package.h"
#include "store/generation.h"
#include "store/objects.h"
#include "store/store.h"
#include "tests/lib/synthetic_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBC_EXPORTS 300
#define FUNCTIONS 15 /* of a library */
#define DATA 5
#define SLOT_SIZE UINT64_C(0x10000)
#define ARENA_BASE UINT64_C(0x10000000)

static const char document[] = "A text that is the same in every package.\n";

struct package {
	size_t index;
	struct manifest *manifest;
	const char *label;
	size_t uses[4]; /* packages whose libraries are imported, libc last */
	size_t use_count;
	size_t user_count; /* programs that use its library, directly or through others */
};

struct world {
	struct arena *arena;
	struct package *packages;
	size_t count;
};

static bool
is_library(size_t index)
{
	return index == 0 || index % 3 == 1;
}

/* Some libraries ask to be linked into each user. */
static bool
is_private(size_t index)
{
	return index % 12 == 7;
}

/* A library's package at or below a number. */
static size_t
library_near(size_t index)
{
	while (!is_library(index))
		index--;
	return index;
}

static const char *
package_name(struct arena *arena, size_t index)
{
	if (index == 0)
		return "musl";
	return arena_printf(arena, "%s%04zu", is_library(index) ? "lib" : "app", index);
}

static const char *
library_name(struct arena *arena, size_t index)
{
	return index == 0 ? "c" : arena_printf(arena, "l%04zu", index);
}

static char *
function_name(struct arena *arena, size_t library, size_t n)
{
	return library == 0 ? arena_printf(arena, "c_f%03zu", n % LIBC_EXPORTS)
			    : arena_printf(arena, "l%04zu_f%02zu", library, n % FUNCTIONS);
}

static void
choose_uses(struct package *package)
{
	size_t i = package->index;
	size_t wanted[3] = { i / 2, i / 5, i / 7 };

	if (!is_library(i)) {
		wanted[0] = i - 1;
		wanted[1] = i * 37 % i;
		wanted[2] = (i * 101 + 7) % i;
	}
	for (size_t n = 0; n < 3; n++) {
		size_t library = library_near(wanted[n]);
		bool is_new = library != 0 && library != i;

		for (size_t k = 0; k < package->use_count; k++)
			is_new = is_new && package->uses[k] != library;
		if (is_new)
			package->uses[package->use_count++] = library;
	}
	if (i != 0)
		package->uses[package->use_count++] = 0;
}

static void
list_add(struct arena *arena, struct manifest_list *list, const char *text)
{
	if (list->at == NULL)
		list->at = arena_array(arena, 64, sizeof *list->at);
	list->at[list->len++] = arena_string(arena, text);
}

static struct manifest_list
imports_of(struct arena *arena, const struct package *package)
{
	struct manifest_list list = { 0 };

	for (size_t i = 0; i < package->use_count; i++)
		list_add(arena, &list, library_name(arena, package->uses[i]));
	return list;
}

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Four functions of each library, twenty of libc. */
static struct manifest_list
undefined_of(struct arena *arena, const struct package *package)
{
	struct manifest_list list = { 0 };

	for (size_t i = 0; i < package->use_count; i++)
		for (size_t n = 0; n < (package->uses[i] == 0 ? 20 : 4); n++)
			list_add(arena, &list,
				function_name(arena, package->uses[i],
					package->index % 3 +
						n * (package->uses[i] == 0 ? 7 : 2)));
	for (size_t i = 0; i < package->use_count; i++)
		if (package->uses[i] != 0)
			list_add(arena, &list,
				arena_printf(
					arena, "%s_d0", library_name(arena, package->uses[i])));
	if (list.len > 0)
		qsort(list.at, list.len, sizeof *list.at, compare_texts);
	return list;
}

static void
set_exports(struct arena *arena, size_t index, struct manifest_library *library)
{
	size_t functions = index == 0 ? LIBC_EXPORTS : FUNCTIONS;

	library->exports = arena_array(arena, functions + DATA, sizeof *library->exports);
	for (size_t n = 0; n < DATA; n++)
		library->exports[library->export_count++] = (struct manifest_export){
			.name = arena_printf(arena, "%s_d%zu", library->name, n),
			.size = 8 * (n + 1),
			.type = arena_printf(arena, "[%zu x i64]", n + 1)
		};
	for (size_t n = 0; n < functions; n++)
		library->exports[library->export_count++] =
			(struct manifest_export){ .name = function_name(arena, index, n),
				.is_function = true,
				.type = n % 2 == 0 ? "i32 (ptr, i64)" : "ptr (i64)" };
}

static struct digest
digest_of(const char *text)
{
	return hash_bytes(text, strlen(text));
}

static const char *
unit_text(struct arena *arena, const struct manifest *manifest)
{
	return arena_printf(arena, "unit of %s %s\n", manifest->name, manifest->version);
}

static void
set_requires(struct arena *arena, const struct package *package, size_t count)
{
	struct manifest *manifest = package->manifest;

	/* A library and the program behind it: a cycle of requirements. */
	if (is_library(package->index) && package->index % 30 == 1 &&
		package->index + 1 < count)
		list_add(arena, &manifest->requires, package_name(arena, package->index + 1));
	for (size_t i = 0; i < package->use_count; i++)
		list_add(arena, &manifest->requires,
			arena_printf(arena, "lib:%s", library_name(arena, package->uses[i])));
}

static void
set_contents(struct arena *arena, const struct package *package)
{
	struct manifest *manifest = package->manifest;
	struct digest unit = digest_of(unit_text(arena, manifest));

	if (is_library(package->index)) {
		struct manifest_library *library = ARENA_NEW(arena, struct manifest_library);

		library->name = library_name(arena, package->index);
		library->code.unit = unit;
		library->sharing = is_private(package->index) ? MANIFEST_SHARING_PRIVATE
							      : MANIFEST_SHARING_AUTO;
		library->imports = imports_of(arena, package);
		library->undefined = undefined_of(arena, package);
		set_exports(arena, package->index, library);
		manifest->libraries = library;
		manifest->library_count = 1;
		list_add(arena, &manifest->provides,
			arena_printf(arena, "lib:%s = %s-1", library->name, manifest->version));
		return;
	}
	manifest->programs = ARENA_NEW(arena, struct manifest_program);
	manifest->program_count = 1;
	manifest->programs[0] = (struct manifest_program){
		.path = arena_printf(arena, "bin/%s", manifest->name),
		.code = { .unit = unit },
		.imports = imports_of(arena, package),
		.undefined = undefined_of(arena, package),
	};
	list_add(arena, &manifest->programs[0].exports, "main");
}

static void
make_package(struct arena *arena, size_t index, size_t count, const char *version,
	struct package *ret_package)
{
	struct manifest *manifest = ARENA_NEW(arena, struct manifest);

	*ret_package = (struct package){ .index = index, .manifest = manifest };
	choose_uses(ret_package);
	*manifest = (struct manifest){ .name = package_name(arena, index),
		.version = version,
		.release = 1,
		.summary = "A synthetic package",
		.licence = "MIT",
		.homepage = "",
		.kind = MANIFEST_IR,
		.source_name = package_name(arena, index),
		.source_version = version,
		.recipe = digest_of("recipe"),
		.producer = "weld 0.1.0, clang 22.1.8",
		.check_summary = "" };
	set_requires(arena, ret_package, count);
	set_contents(arena, ret_package);
	manifest->files = ARENA_NEW(arena, struct manifest_file);
	manifest->files[0] = (struct manifest_file){ .path = arena_printf(arena, "share/doc/%s",
							     manifest->name),
		.mode = 0644,
		.size = sizeof document - 1,
		.sha256 = digest_of(document) };
	manifest->file_count = 1;
	manifest_collect_objects(arena, manifest, &manifest->objects, &manifest->object_count);
	ret_package->label = manifest_full_name(arena, manifest);
}

/* The libraries that an image of a package needs, needed first. */
static void
collect_closure(const struct world *world, size_t index, size_t *seen, size_t mark,
	size_t *closure, size_t *count)
{
	const struct package *package = &world->packages[index];

	for (size_t i = 0; i < package->use_count; i++) {
		size_t library = package->uses[i];

		if (seen[library] == mark)
			continue;
		seen[library] = mark;
		collect_closure(world, library, seen, mark, closure, count);
		closure[(*count)++] = library;
	}
}

struct closures { /* of every package */
	size_t **at;
	size_t *counts;
};

static void
find_closures(struct world *world, struct closures *ret_closures)
{
	size_t *seen = arena_array(world->arena, world->count, sizeof *seen);
	size_t *found = arena_array(world->arena, world->count, sizeof *found);

	ret_closures->at = arena_array(world->arena, world->count, sizeof *ret_closures->at);
	ret_closures->counts =
		arena_array(world->arena, world->count, sizeof *ret_closures->counts);
	for (size_t i = 0; i < world->count; i++) {
		size_t count = 0;

		collect_closure(world, i, seen, i + 1, found, &count);
		ret_closures->at[i] = arena_copy(world->arena, found, count * sizeof *found);
		ret_closures->counts[i] = count;
		for (size_t k = 0; k < count && !is_library(i); k++)
			world->packages[found[k]].user_count++;
	}
}

static bool
has_slot(const struct package *package)
{
	return package->index == 0 || (package->user_count > 1 && !is_private(package->index));
}

static struct generation_image
describe_image(
	struct world *world, const struct package *package, const struct closures *closures)
{
	struct arena *arena = world->arena;
	bool is_slot = is_library(package->index);
	size_t count = closures->counts[package->index];
	const char **slots = arena_array(arena, count + 1, sizeof *slots);
	const char **privates = arena_array(arena, count + 1, sizeof *privates);
	struct generation_image image = { .is_slot = is_slot,
		.name = is_slot ? package->manifest->libraries[0].name
				: package->manifest->programs[0].path,
		.package = package->label,
		.key = digest_of(arena_printf(arena, "key %zu", package->index)),
		.digest = digest_of(arena_printf(arena, "image %zu\n", package->index)),
		.file_size = 4096 + package->index * 16,
		.store_file = is_slot ? arena_printf(arena, "lib%s.slot",
						package->manifest->libraries[0].name)
				      : package->manifest->name,
		.slots = slots,
		.privates = privates };

	for (size_t i = 0; i < count; i++) {
		size_t library = closures->at[package->index][i];
		const char *name = library_name(arena, library);

		if (has_slot(&world->packages[library]))
			slots[image.slot_count++] = name;
		else
			privates[image.private_count++] = name;
	}
	image.store_name = objects_name(arena, &image.digest, package->label);
	if (is_slot) {
		image.layout_id = digest_of(arena_printf(arena, "layout %zu", package->index));
		image.base = ARENA_BASE + package->index * SLOT_SIZE;
		image.size = SLOT_SIZE;
	}
	return image;
}

static int
store_image(struct world *world, struct store *store, const struct generation_image *image,
	size_t index)
{
	struct objects_new *new AUTO(objects_abandon) = NULL;
	struct strbuf facts AUTO(strbuf_free) = { 0 };
	const char *text = arena_printf(world->arena, "image %zu\n", index);

	TRY(synthetic_facts(world->arena, image, world->packages[index].manifest, &facts));
	TRY(objects_begin(store, image->store_name, &new));
	TRY(objects_add_bytes(new, image->store_file, text, strlen(text), true));
	TRY(objects_add_bytes(new, FACTS_FILE, facts.at, facts.len, false));
	return objects_finish(&new);
}

static int
store_package(struct world *world, struct store *store, const struct package *package,
	struct generation_package *ret_entry)
{
	const struct manifest *manifest = package->manifest;
	struct objects_new *new AUTO(objects_abandon) = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };
	struct generation_file *files = ARENA_NEW(world->arena, struct generation_file);
	const char *unit = unit_text(world->arena, manifest);
	struct digest digest = digest_of(unit);
	char hex[DIGEST_HEX_SIZE];

	TRY(manifest_write(manifest, &text));
	*files = (struct generation_file){ .path = manifest->files[0].path,
		.mode = 0644,
		.size = manifest->files[0].size,
		.digest = manifest->files[0].sha256 };
	*ret_entry = (struct generation_package){ .name = manifest->name,
		.version = manifest->version,
		.release = 1,
		.summary = manifest->summary,
		.licence = manifest->licence,
		.kind = "ir",
		.repository = "base",
		.digest = digest_of(package->label),
		.manifest = hash_bytes(text.at, text.len),
		.is_manual = !is_library(package->index) && package->index % 5 != 0,
		.requires = (const char *const *)manifest->requires.at,
		.require_count = manifest->requires.len,
		.provides = (const char *const *)manifest->provides.at,
		.provide_count = manifest->provides.len,
		.files = files,
		.file_count = 1 };
	ret_entry->store_name = objects_name(world->arena, &ret_entry->digest, package->label);
	TRY(objects_begin(store, ret_entry->store_name, &new));
	TRY(objects_add_bytes(new, "manifest.json", text.at, text.len, false));
	TRY(objects_add_bytes(new,
		arena_printf(world->arena, "objects/%s", digest_hex(&digest, hex)), unit,
		strlen(unit), false));
	TRY(objects_add_bytes(new,
		arena_printf(world->arena, "objects/%s", digest_hex(&files->digest, hex)),
		document, sizeof document - 1, false));
	return objects_finish(&new);
}

static void
make_world(struct arena *arena, size_t count, struct world *ret_world)
{
	*ret_world = (struct world){ .arena = arena, .count = count };
	ret_world->packages = arena_array(arena, count, sizeof *ret_world->packages);
	for (size_t i = 0; i < count; i++)
		make_package(arena, i, count, "1.0", &ret_world->packages[i]);
}

int
synthetic_root(const char *root, size_t count)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct store *store AUTO(store_close) = NULL;
	struct world world;
	struct closures closures;
	struct generation_package *packages = arena_array(arena, count, sizeof *packages);
	VEC(struct generation_image) images = { 0 };
	struct generation generation = { .command = "weld install everything" };
	uint64_t number;

	make_world(arena, count, &world);
	find_closures(&world, &closures);
	TRY(store_open(root, STORE_CREATE, &store));
	TRY(store_lock(store, "test", 0));
	for (size_t i = 0; i < count; i++) {
		const struct package *package = &world.packages[i];

		TRY(store_package(&world, store, package, &packages[i]));
		if (is_library(i) && !has_slot(package))
			continue;
		vec_push(arena, &images, describe_image(&world, package, &closures));
		TRY(store_image(&world, store, &images.at[images.len - 1], i));
	}
	TRY(objects_settle(store));
	generation.packages = packages;
	generation.package_count = count;
	generation.images = images.at;
	generation.image_count = images.len;
	TRY(generation_create(store, &generation, &number));
	return generation_activate(store, number, generation.command, NULL);
}

static void
change_library(
	struct arena *arena, struct manifest_library *library, enum synthetic_change change)
{
	struct manifest_export *data = &library->exports[0];
	struct manifest_export *function = &library->exports[DATA];

	switch (change) {
	case SYNTHETIC_SAME:
		break;
	case SYNTHETIC_VANISH:
		function->name = arena_printf(arena, "%s_gone", function->name);
		break;
	case SYNTHETIC_RETYPE:
		function->type = "i64 (ptr, ptr, i32)";
		break;
	case SYNTHETIC_RESIZE:
		data->type = "[9 x i64]";
		data->size = 72;
		break;
	}
}

static int
add_object(int directory, const char *text)
{
	struct digest digest = digest_of(text);
	char hex[DIGEST_HEX_SIZE];

	return file_create(directory, digest_hex(&digest, hex), text, strlen(text), 0444);
}

int
synthetic_package(const char *directory, size_t index, size_t count, const char *version,
	enum synthetic_change change, const char *built_with)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int objects AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;
	struct package package;
	char *scratch;
	char *path;
	int ret;

	make_package(arena, index, count, version, &package);
	if (package.manifest->library_count > 0)
		change_library(arena, &package.manifest->libraries[0], change);
	if (built_with != NULL)
		package.manifest->builds_with =
			(struct manifest_list){ (char **)&built_with, 1 };
	path = arena_printf(
		arena, "%s/%s", directory, manifest_file_name(arena, package.manifest));
	TRY(file_temp_dir(arena, directory, &scratch));
	TRY(file_open_dir(AT_FDCWD, scratch, &objects));
	TRY(add_object(objects, unit_text(arena, package.manifest)));
	TRY(add_object(objects, document));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno("%s", path);
	ret = package_write(package.manifest, objects, fd);
	TRY(file_remove_tree(AT_FDCWD, scratch));
	return ret;
}
