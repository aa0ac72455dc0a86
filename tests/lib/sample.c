/* SPDX-License-Identifier: MIT */
/* Whatever fails here ends the test: there is nothing to test without it. */
#include "tests/lib/sample.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/package.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
must(int ret)
{
	if (ret < 0)
		tap_bail("%s", err_message());
}

static struct digest
add_object(int objects_dir, struct str contents)
{
	struct digest digest = hash_bytes(contents.at, contents.len);
	char hex[DIGEST_HEX_SIZE];
	int ret = file_create(
		objects_dir, digest_hex(&digest, hex), contents.at, contents.len, 0444);

	must(ret == ERR_EXISTS ? 0 : ret);
	return digest;
}

static struct manifest_list
make_list(struct arena *arena, const char *first, const char *second)
{
	struct manifest_list list = { .at = arena_array(arena, 3, sizeof(char *)) };

	if (first != NULL)
		list.at[list.len++] = arena_string(arena, first);
	if (second != NULL)
		list.at[list.len++] = arena_string(arena, second);
	return list;
}

static void
add_library(struct arena *arena, int objects_dir, struct manifest *manifest)
{
	static struct manifest_export exports[] = {
		{ .name = "frob", .is_function = true, .type = "i32 (ptr)" },
		{ .name = "frob_version", .size = 8, .type = "ptr" },
	};
	struct manifest_library *library = ARENA_NEW(arena, struct manifest_library);
	char *unit = arena_printf(arena, "unit of lib%s %s", manifest->name, manifest->version);

	library->name = manifest->name;
	library->code.unit = add_object(objects_dir, str_from(unit));
	library->code.natives = ARENA_NEW(arena, struct manifest_native);
	library->code.natives[0].arch = "x86_64";
	library->code.natives[0].object = add_object(objects_dir, str_from("native object"));
	library->code.native_count = 1;
	library->imports = make_list(arena, "c", NULL);
	library->exports = exports;
	library->export_count = 2;
	library->undefined = make_list(arena, "malloc", "free");
	manifest->libraries = library;
	manifest->library_count = 1;
}

static void
add_program(struct arena *arena, int objects_dir, struct manifest *manifest)
{
	struct manifest_program *program = ARENA_NEW(arena, struct manifest_program);
	char *unit =
		arena_printf(arena, "unit of bin/%s %s", manifest->name, manifest->version);

	program->path = arena_printf(arena, "bin/%s", manifest->name);
	program->code.unit = add_object(objects_dir, str_from(unit));
	program->imports = make_list(arena, manifest->name, "c");
	program->exports = make_list(arena, "main", NULL);
	program->undefined = make_list(arena, "frob", "puts");
	manifest->programs = program;
	manifest->program_count = 1;
}

static void
add_files(struct arena *arena, int objects_dir, struct manifest *manifest)
{
	struct manifest_file *files = arena_array(arena, 5, sizeof *files);
	struct str script = str_from("#!/bin/sh\necho hello\n");
	/* Longer than one tar block, and not a multiple of it. */
	struct str text = { .at = arena_alloc(arena, 70001), .len = 70001 };

	for (size_t i = 0; i < text.len; i++)
		((char *)text.at)[i] = (char)('a' + (i * i + strlen(manifest->name)) % 23);
	/* Not in order: writing sorts them. */
	files[0] = (struct manifest_file){
		.kind = MANIFEST_FILE_LINK, .path = "share/link", .target = "../bin/script"
	};
	files[1] = (struct manifest_file){ .path = "bin/script",
		.mode = 0755,
		.size = script.len,
		.sha256 = add_object(objects_dir, script) };
	files[2] = (struct manifest_file){ .path = "share/text",
		.mode = 0644,
		.size = text.len,
		.sha256 = add_object(objects_dir, text) };
	files[3] = (struct manifest_file){ .path = "etc/empty.conf",
		.mode = 0644,
		.is_config = true,
		.sha256 = add_object(objects_dir, str_from("")) };
	files[4] = (struct manifest_file){
		.kind = MANIFEST_FILE_DIRECTORY, .path = "var/empty", .mode = 0755
	};
	manifest->files = files;
	manifest->file_count = 5;
}

struct manifest *
sample_manifest(struct arena *arena, int objects_dir, const char *name, const char *version)
{
	struct manifest *manifest = ARENA_NEW(arena, struct manifest);

	manifest->name = name;
	manifest->version = version;
	manifest->release = 1;
	manifest->summary = "A sample for tests";
	manifest->licence = "MIT";
	manifest->homepage = "https://sample.example/";
	manifest->kind = MANIFEST_IR;
	manifest->source_name = name;
	manifest->source_version = version;
	manifest->source_files = ARENA_NEW(arena, struct manifest_source_file);
	manifest->source_files[0].name = "sample.tar.xz";
	manifest->source_files[0].sha256 = hash_bytes("source", 6);
	manifest->source_files[0].size = 6;
	manifest->source_file_count = 1;
	manifest->recipe = hash_bytes("recipe", 6);
	manifest->producer = "weld 0.1.0, clang 22.1.8";
	manifest->check_level = MANIFEST_CHECK_QUICK;
	manifest->check_passed = true;
	manifest->check_summary = "3 passed";
	manifest->requires = make_list(arena, "lib:c", NULL);
	manifest->provides =
		make_list(arena, arena_printf(arena, "lib:%s = %s-1", name, version), NULL);
	add_library(arena, objects_dir, manifest);
	add_program(arena, objects_dir, manifest);
	add_files(arena, objects_dir, manifest);
	return manifest;
}

char *
sample_package(
	struct arena *arena, const char *directory, const char *name, const char *version)
{
	char *objects = arena_printf(arena, "%s/objects-%s-%s", directory, name, version);
	struct manifest *manifest;
	char *path;
	int objects_dir AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;

	must(file_make_dirs(AT_FDCWD, objects, 0700));
	must(file_open_dir(AT_FDCWD, objects, &objects_dir));
	manifest = sample_manifest(arena, objects_dir, name, version);
	path = arena_printf(arena, "%s/%s", directory, manifest_file_name(arena, manifest));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		tap_bail("%s: cannot create", path);
	must(package_write(manifest, objects_dir, fd));
	return path;
}

char *
sample_directory(struct arena *arena)
{
	const char *parent = getenv("TMPDIR");
	char *path = NULL;

	/* Where syncing costs nothing, if there is such a place. */
	if (parent == NULL)
		parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	must(file_temp_dir(arena, parent, &path));
	return path;
}

void
sample_remove(const char *directory)
{
	must(file_remove_tree(AT_FDCWD, directory));
}
