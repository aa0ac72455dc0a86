/* SPDX-License-Identifier: MIT */
/* Sources are compiled as weld-cc does, and images put where their mapper looks for slots. */
#include "tests/lib/linking.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/process.h"
#include "linker/llvm/bodies.h"
#include "linker/llvm/cut.h"
#include "linker/llvm/neutral.h"
#include "linker/unit.h"
#include "tests/lib/neutral.h"
#include "tests/lib/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char libc[] =
	"long __weld_syscall(long, long, long, long, long, long, long);\n"
	"void say(const char *s) { while (*s) __weld_syscall(64, 1, (long)s++, 1, 0, 0, 0); }\n"
	"static char heap[64];\n"
	"void *malloc(unsigned long n) { return heap; }\n"
	"void *duplicate(void) { return malloc(8); }\n"
	"void __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv,"
	" void (*init)(int, char **, char **), void (*fini)(void)) { int status;"
	" init(argc, argv, argv + argc + 1); status = main(argc, argv, argv + argc + 1);"
	" fini(); __weld_syscall(94, status, 0, 0, 0, 0, 0); }\n";

const char *
store(struct world *world, struct str bytes, struct digest *ret_digest)
{
	char hex[DIGEST_HEX_SIZE];
	const char *path;

	*ret_digest = hash_bytes(bytes.at, bytes.len);
	path = arena_printf(world->arena, "%s/%s", world->root, digest_hex(ret_digest, hex));
	if (file_replace(AT_FDCWD, path, bytes.at, bytes.len, 0600) < 0)
		tap_bail("%s", err_message());
	return path;
}

/* The file that weld-ir packs: a large unit is in pieces; bodies where they are used. */
static struct str
cut(struct world *world, struct neutral *module, const char *name, bool is_library)
{
	struct strbuf *pieces, file = { 0 };
	struct str *modules;
	size_t count;

	if (world->request.inlines && neutral_write_bodies(module, is_library, &file) < 0)
		tap_bail("%s", err_message());
	if (neutral_cut(world->arena, module, name, &pieces, &count) < 0)
		tap_bail("%s", err_message());
	modules = arena_array(world->arena, count, sizeof *modules);
	for (size_t i = 0; i < count; i++)
		modules[i] =
			(struct str){ arena_copy(world->arena, pieces[i].at, pieces[i].len),
				pieces[i].len };
	for (size_t i = 0; i < count; i++)
		strbuf_free(&pieces[i]);
	unit_write(modules, count, &file);
	modules[0] = (struct str){ arena_copy(world->arena, file.at, file.len), file.len };
	strbuf_free(&file);
	return modules[0];
}

static struct neutral_info
compile(struct world *world, const char *name, const char *source, bool is_library,
	struct link_unit *unit)
{
	struct neutral *module AUTO(neutral_free) = NULL;
	struct str bitcode =
		test_normalize(world->arena, test_compile_text(world->arena, source), true);
	struct neutral_info info;

	if (neutral_read("unit", bitcode, &module) < 0 ||
		neutral_describe(world->arena, module, &info) < 0)
		tap_bail("%s", err_message());
	unit->path = store(world, cut(world, module, name, is_library), &unit->digest);
	return info;
}

static const char *const *
needs(struct world *world, const struct neutral_info *info, size_t *ret_count)
{
	const char **names = arena_array(world->arena, info->undefined_count, sizeof *names);

	for (size_t i = 0; i < info->undefined_count; i++)
		if (!info->undefined[i].is_weak)
			names[(*ret_count)++] = info->undefined[i].name;
	return names;
}

/* Add a library; `import` may be NULL. */
struct link_library *
add_library(
	struct world *world, const char *name, const char *source, const char *const *imports)
{
	struct link_library *library = &world->libraries[world->request.library_count++];
	struct neutral_info info;
	struct link_export *exports;

	*library = (struct link_library){ .name = name, .package = "l-1-1" };
	info = compile(world, name, source, true, &library->unit);
	exports = arena_array(world->arena, info.export_count, sizeof *exports);
	for (size_t i = 0; i < info.export_count; i++)
		exports[i] =
			(struct link_export){ info.exports[i].name, info.exports[i].is_function,
				info.exports[i].size, info.exports[i].type };
	library->exports = exports;
	library->export_count = info.export_count;
	library->undefined = needs(world, &info, &library->undefined_count);
	library->imports = imports;
	while (imports != NULL && imports[library->import_count] != NULL)
		library->import_count++;
	library->tls_size = info.tls_size;
	return library;
}

struct link_program *
add_program(
	struct world *world, const char *path, const char *source, const char *const *imports)
{
	struct link_program *program = &world->programs[world->request.program_count++];
	struct neutral_info info;
	const char **exports;

	*program = (struct link_program){ .path = path, .package = "p-1-1" };
	info = compile(world, path, source, false, &program->unit);
	exports = arena_array(world->arena, info.export_count, sizeof *exports);
	for (size_t i = 0; i < info.export_count; i++)
		exports[i] = info.exports[i].name;
	program->exports = exports;
	program->export_count = info.export_count;
	program->undefined = needs(world, &info, &program->undefined_count);
	program->imports = imports;
	while (imports != NULL && imports[program->import_count] != NULL)
		program->import_count++;
	return program;
}

void
set_up(struct world *world)
{
	*world = (struct world){ .arena = arena_new() };
	snprintf(world->root, sizeof world->root, "/tmp/weld-link.XXXXXX");
	if (mkdtemp(world->root) == NULL ||
		file_make_dirs(AT_FDCWD,
			arena_printf(world->arena, "%s/current/slots", world->root), 0700) < 0)
		tap_bail("%s: cannot make it", world->root);
	world->request = (struct link_request){ .root = world->root,
		.cache = arena_printf(world->arena, "%s/cache", world->root),
		.tier = LOWER_FAST,
		.arch = arch_host(),
		.libraries = world->libraries,
		.programs = world->programs };
	add_library(world, "c", libc, NULL)->sharing = LINK_SHARING_ALWAYS;
}

void
tear_down(struct world *world)
{
	(void)file_remove_tree(AT_FDCWD, world->root);
	arena_free(&world->arena);
}

/* Put an image where programs look for it; a program's path is its name below the root. */
static void
install(struct world *world, const struct link_image *image)
{
	struct arena *arena = world->arena;
	const char *path =
		image->kind == LINK_SLOT
			? arena_printf(arena, "%s/current/slots/%s", world->root,
				  link_slot_name(arena, image->name, &image->layout_id))
			: arena_printf(arena, "%s/program-%s", world->root,
				  strrchr(image->name, '/') + 1);
	struct str bytes;

	if (file_read(arena, AT_FDCWD, image->file, (size_t)1 << 30, &bytes) < 0 ||
		file_replace(AT_FDCWD, path, bytes.at, bytes.len, 0700) < 0)
		tap_bail("%s", err_message());
}

int
link_world(struct world *world)
{
	char *scratch =
		arena_printf(world->arena, "%s/scratch-%u", world->root, world->rounds++);

	world->request.scratch = scratch;
	if (file_make_dirs(AT_FDCWD, scratch, 0700) < 0)
		tap_bail("%s", err_message());
	TRY(link_all(world->arena, &world->request, &world->result));
	for (size_t i = 0; i < world->result.image_count; i++)
		install(world, &world->result.images[i]);
	return 0;
}

const struct link_image *
image_of(const struct world *world, const char *name)
{
	for (size_t i = 0; i < world->result.image_count; i++)
		if (strcmp(world->result.images[i].name, name) == 0)
			return &world->result.images[i];
	return NULL;
}

/* What a program prints; an error's text when it cannot be linked or fails. */
const char *
run(struct world *world, const char *name)
{
	const char *const argv[] = { arena_printf(world->arena, "qemu-%s",
					     arch_name(world->request.arch)),
		arena_printf(world->arena, "%s/program-%s", world->root, name), NULL };
	struct process process = { .argv = argv + (world->request.arch == arch_host()) };
	struct str output;
	int status;

	if (process_capture(world->arena, &process, &status, &output) < 0)
		return err_message();
	return arena_printf(world->arena, "%d:" STR_FMT, status, STR_ARG(output));
}

const char *
link_and_run(struct world *world, const char *name)
{
	if (link_world(world) < 0)
		return err_message();
	return run(world, name);
}

static void
keep_model(
	const struct link_image *image, struct link_request *request, struct link_model *models)
{
	if (image->sites_file != NULL)
		models[request->model_count++] = (struct link_model){ image->kind, image->name,
			image->package, image->digest, image->file, image->sites_file,
			image->sites_digest, image->facts_file, image->facts_digest };
}

void
keep_images(struct world *world)
{
	size_t count = world->result.image_count;
	struct link_slot *slots = arena_array(world->arena, count, sizeof *slots);
	struct link_existing *existing = arena_array(world->arena, count, sizeof *existing);
	struct link_model *models = arena_array(world->arena, count, sizeof *models);
	struct link_request *request = &world->request;

	request->slots = slots;
	request->existing = existing;
	request->models = models;
	request->slot_count = request->existing_count = request->model_count = 0;
	for (size_t i = 0; i < count; i++) {
		const struct link_image *image = &world->result.images[i];

		if (image->kind == LINK_PROGRAM)
			existing[request->existing_count++] =
				(struct link_existing){ image->key, image->digest,
					image->file };
		else
			slots[request->slot_count++] = (struct link_slot){ image->name,
				image->key, image->digest, image->layout_id, image->base,
				image->size, image->tls, image->file, true };
		keep_model(image, request, models);
	}
}
