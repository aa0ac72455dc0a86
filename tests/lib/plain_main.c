/* SPDX-License-Identifier: MIT */
/*
 * plain DIRECTORY COUNT FILES: packages p00001-1.0-1.weld ... of so many small files each, for
 * measuring roots with many packages.
 *
 * Each package needs the one with half its number: who wants one gets a chain of at most 14.
 * The last file of each stands in a directory that all have in common, the others in its own.
 */
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "repo/manifest.h"
#include "repo/package.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
add_file(struct arena *arena, int objects, const char *path, struct manifest *manifest)
{
	const char *text = arena_printf(arena, "%s of %s\n", path, manifest->name);
	struct manifest_file *file = &manifest->files[manifest->file_count++];
	char hex[DIGEST_HEX_SIZE];

	*file = (struct manifest_file){ .kind = MANIFEST_FILE_REGULAR,
		.path = path,
		.mode = 0644,
		.size = strlen(text),
		.sha256 = hash_bytes(text, strlen(text)) };
	return file_write(objects, digest_hex(&file->sha256, hex), text, file->size, 0644);
}

static int
describe(struct arena *arena, size_t number, size_t files, int objects,
	struct manifest **ret_manifest)
{
	struct manifest *manifest = ARENA_NEW(arena, struct manifest);

	*manifest = (struct manifest){ .name = arena_printf(arena, "p%05zu", number),
		.version = "1.0",
		.release = 1,
		.summary = arena_printf(arena, "Package %zu among many", number),
		.licence = "MIT",
		.homepage = "",
		.kind = MANIFEST_FILES,
		.source_name = "plain",
		.source_version = "1.0",
		.recipe = hash_bytes("plain", 5),
		.producer = "weld 0.1.0, clang 22.1.8",
		.check_summary = "",
		.files = arena_array(arena, files + 1, sizeof *manifest->files) };
	if (number > 1) {
		manifest->requires.at = arena_array(arena, 1, sizeof *manifest->requires.at);
		manifest->requires.at[manifest->requires.len++] =
			arena_printf(arena, "p%05zu >= 1.0", number / 2);
	}
	for (size_t i = 1; i < files; i++)
		TRY(add_file(arena, objects,
			arena_printf(arena, "share/%s/f%02zu", manifest->name, i), manifest));
	TRY(add_file(
		arena, objects, arena_printf(arena, "share/doc/%s", manifest->name), manifest));
	*ret_manifest = manifest;
	return 0;
}

static int
write_package(const char *directory, size_t number, size_t files)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int objects AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;
	struct manifest *manifest;
	char *scratch, *path;

	TRY(file_temp_dir(arena, directory, &scratch));
	TRY(file_open_dir(AT_FDCWD, scratch, &objects));
	TRY(describe(arena, number, files, objects, &manifest));
	path = arena_printf(arena, "%s/%s", directory, manifest_file_name(arena, manifest));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno("%s", path);
	TRY(package_write(manifest, objects, fd));
	return file_remove_tree(AT_FDCWD, scratch);
}

int
main(int argc, char **argv)
{
	int ret = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: plain DIRECTORY COUNT FILES\n");
		return 2;
	}
	for (size_t i = 1; ret >= 0 && i <= strtoul(argv[2], NULL, 10); i++)
		ret = write_package(argv[1], i, strtoul(argv[3], NULL, 10));
	if (ret >= 0)
		return 0;
	fprintf(stderr, "plain: %s\n", err_message());
	return 1;
}
