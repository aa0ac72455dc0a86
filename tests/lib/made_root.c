/* SPDX-License-Identifier: MIT */
/*
 * made_root DIRECTORY COUNT: a root of so many packages that was never linked.
 *
 * Package pN has the library lN, the program bin/pN and a licence text, and
 * requires lib:lM, with M = N / 2. Every fourth library has a slot; the other
 * ones are private to their users. Text stands for images. Package p1's program
 * has a name that must be quoted everywhere, p2's licence is in no list, p3's is
 * no expression, p4 brings no text, p5's text is in Latin 1.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/manifest.h"
#include "store/generation.h"
#include "store/objects.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MADE_TIME 1700000000 /* seconds since 1970 */

struct making {
	struct arena *arena;
	struct store *store;
	struct generation generation;
	struct generation_package *packages;
	struct generation_image *images;
	struct generation_decision *decisions;
};

static void
must(int ret)
{
	if (ret < 0) {
		fprintf(stderr, "made_root: %s\n", err_message());
		exit(1);
	}
}

static struct digest
digest_of(const char *text)
{
	return hash_bytes(text, strlen(text));
}

static bool
has_slot(unsigned long number)
{
	return number % 4 == 0;
}

static const char *
licence_of(unsigned long number)
{
	static const char *const some[] = { "MIT", "Zlib", "BSD-3-Clause OR GPL-2.0-only",
		"Apache-2.0 WITH LLVM-exception" };

	switch (number) {
	case 2:
		return "MIT AND Own-Licence";
	case 3:
		return "see \"COPYING\" <here>";
	default:
		return some[number % (sizeof some / sizeof some[0])];
	}
}

static const char *
text_of(unsigned long number)
{
	if (number == 4)
		return NULL;
	return number == 5 ? "Copyright Andr\351\n\033[31mred\n"
			   : "Do with it what you like.\n\tBut \"quote\" it.\n";
}

static const char *
program_of(struct arena *arena, unsigned long number)
{
	return number == 1 ? "bin/a b\"<&>'\303\251{}|"
			   : arena_printf(arena, "bin/p%lu", number);
}

static struct manifest_list
one(struct arena *arena, char *text)
{
	struct manifest_list list = { arena_array(arena, 1, sizeof(char *)), 1 };

	list.at[0] = text;
	return list;
}

static struct manifest *
make_manifest(struct arena *arena, unsigned long number)
{
	struct manifest *manifest = ARENA_NEW(arena, struct manifest);
	struct manifest_library *library = ARENA_NEW(arena, struct manifest_library);
	struct manifest_program *program = ARENA_NEW(arena, struct manifest_program);

	*library = (struct manifest_library){ .name = arena_printf(arena, "l%lu", number),
		.code.unit = digest_of(arena_printf(arena, "library %lu", number)) };
	*program = (struct manifest_program){ .path = program_of(arena, number),
		.code.unit = digest_of(arena_printf(arena, "program %lu", number)),
		.imports = one(arena, arena_printf(arena, "l%lu", number / 2)) };
	*manifest = (struct manifest){ .name = arena_printf(arena, "p%lu", number),
		.version = "1.0",
		.release = 1,
		.summary = "A \"made\" package & <more>",
		.licence = licence_of(number),
		.homepage = "https://example.org/a b",
		.kind = MANIFEST_IR,
		.source_name = arena_printf(arena, "s%lu", number / 3),
		.source_version = "1:1.0~rc1+b-1",
		.source_files = ARENA_NEW(arena, struct manifest_source_file),
		.source_file_count = 1,
		.recipe = digest_of("recipe"),
		.producer = "weld 0.1.0, clang 22.1.8",
		.check_summary = "",
		.libraries = library,
		.library_count = 1,
		.programs = program,
		.program_count = 1 };
	manifest->source_files[0] = (struct manifest_source_file){
		.name = arena_printf(arena, "s%lu_1.0~rc1+b-1.dsc", number / 3),
		.sha256 = digest_of(arena_printf(arena, "source %lu", number / 3)),
		.size = 9
	};
	if (number > 1)
	manifest->requires = one(arena, arena_printf(arena, "lib:l%lu", number / 2));
	manifest->provides = one(arena, arena_printf(arena, "lib:l%lu = 1.0-1", number));
	if (text_of(number) != NULL) {
		manifest->files = ARENA_NEW(arena, struct manifest_file);
		manifest->file_count = 1;
		manifest->files[0] = (struct manifest_file){
			.path = arena_printf(arena, "share/licenses/p%lu/COPYING", number),
			.mode = 0644,
			.size = strlen(text_of(number)),
			.sha256 = digest_of(text_of(number))
		};
	}
	manifest_collect_objects(arena, manifest, &manifest->objects, &manifest->object_count);
	for (size_t i = 0; i < manifest->object_count; i++)
		manifest->objects[i].size =
			manifest->objects[i].size == 0 ? 9 : manifest->objects[i].size;
	return manifest;
}

/* The package's directory in the store, and its entry in the generation. */
static void
make_package(struct making *making, unsigned long number)
{
	struct arena *arena = making->arena;
	const struct manifest *manifest = make_manifest(arena, number);
	struct generation_package *package = &making->packages[number - 1];
	struct objects_new *new AUTO(objects_abandon) = NULL;
	struct strbuf text AUTO(strbuf_free) = { 0 };
	char hex[DIGEST_HEX_SIZE];

	must(manifest_write(manifest, &text));
	*package = (struct generation_package){ .name = manifest->name,
		.version = manifest->version,
		.release = manifest->release,
		.summary = manifest->summary,
		.licence = manifest->licence,
		.kind = "ir",
		.repository = "made",
		.digest = digest_of(manifest->name),
		.manifest = hash_bytes(text.at, text.len),
		.requires = (const char *const *)manifest->requires.at,
		.require_count = manifest->requires.len,
		.provides = (const char *const *)manifest->provides.at,
		.provide_count = manifest->provides.len };
	package->store_name =
		objects_name(arena, &package->digest, generation_package_label(arena, package));
	must(objects_begin(making->store, package->store_name, &new));
	must(objects_add_bytes(new, "manifest.json", text.at, text.len, false));
	if (manifest->file_count > 0) {
		struct generation_file *file = ARENA_NEW(arena, struct generation_file);
		const char *licence = text_of(number);

		*file = (struct generation_file){ .path = manifest->files[0].path,
			.mode = 0644,
			.size = strlen(licence),
			.digest = digest_of(licence) };
		must(objects_add_bytes(new,
			arena_printf(arena, "objects/%s", digest_hex(&file->digest, hex)),
			licence, strlen(licence), false));
		package->files = file;
		package->file_count = 1;
	}
	must(objects_finish(&new));
}

static void
make_image(struct making *making, unsigned long number, bool is_slot)
{
	struct arena *arena = making->arena;
	const struct generation_package *package = &making->packages[number - 1];
	struct generation_image *image = &making->images[making->generation.image_count++];
	unsigned long used = number / 2;
	const char *contents =
		arena_printf(arena, "%s %lu", is_slot ? "slot" : "program", number);
	const char **library = ARENA_NEW(arena, const char *);
	struct objects_new *new AUTO(objects_abandon) = NULL;

	*library = arena_printf(arena, "l%lu", used);
	*image = (struct generation_image){ .is_slot = is_slot,
		.name = is_slot ? arena_printf(arena, "l%lu", number)
				: program_of(arena, number),
		.package = generation_package_label(arena, package),
		.key = digest_of(arena_printf(arena, "key of %s", contents)),
		.digest = digest_of(contents),
		.file_size = strlen(contents),
		.store_file = "image" };
	if (used > 0 && has_slot(used)) {
		image->slots = library;
		image->slot_count = 1;
	} else if (used > 0) {
		image->privates = library;
		image->private_count = 1;
	}
	if (is_slot) {
		image->layout_id = digest_of(arena_printf(arena, "layout of %s", contents));
		image->base = 0x10000000 + number * 0x10000;
		image->size = 0x10000;
	}
	image->store_name = objects_name(arena, &image->digest, image->package);
	must(objects_begin(making->store, image->store_name, &new));
	must(objects_add_bytes(new, "image", contents, strlen(contents), true));
	must(objects_finish(&new));
}

static void
make_decision(struct making *making, unsigned long number)
{
	making->decisions[number - 1] = (struct generation_decision){
		.library = arena_printf(making->arena, "l%lu", number),
		.is_slot = has_slot(number),
		.reason = has_slot(number) ? "2 programs use it" : "1 program uses it"
	};
}

int
main(int argc, char **argv)
{
	struct making making = { .arena = arena_new() };
	unsigned long count = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	uint64_t number;

	if (argc != 3) {
		fprintf(stderr, "usage: made_root DIRECTORY COUNT\n");
		return 2;
	}
	making.packages = arena_array(making.arena, count + 1, sizeof *making.packages);
	making.images = arena_array(making.arena, 2 * count + 1, sizeof *making.images);
	making.decisions = arena_array(making.arena, count + 1, sizeof *making.decisions);
	must(store_open(argv[1], STORE_CREATE, &making.store));
	must(store_lock(making.store, "made_root", 0));
	for (unsigned long i = 1; i <= count; i++) {
		make_package(&making, i);
		make_decision(&making, i);
		make_image(&making, i, false);
		if (has_slot(i))
			make_image(&making, i, true);
	}
	making.generation.time = MADE_TIME;
	making.generation.command = "made_root";
	making.generation.packages = making.packages;
	making.generation.package_count = count;
	making.generation.images = making.images;
	making.generation.decisions = making.decisions;
	making.generation.decision_count = count;
	must(generation_create(making.store, &making.generation, &number));
	must(generation_activate(making.store, number, "made_root", NULL));
	store_close(&making.store);
	arena_free(&making.arena);
	return 0;
}
