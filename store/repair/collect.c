/* SPDX-License-Identifier: MIT */
/*
 * Garbage: the directories of ROOT/store that no generation on the disk names and no running
 * process has mapped. The manifests decide, not the database, and nothing is removed unless
 * all of them could be read. Which files are mapped is asked in two ways: /proc tells of those that may
 * be seen, and for what would be removed the file system is asked whether anybody else has it.
 */
#include "store/repair.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "base/vec.h"
#include "store/generation/files.h"
#include "store/generation/tree.h"
#include "store/objects.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct collect {
	struct arena *arena;
	struct store *store;
	struct map needed; /* names in ROOT/store */
	const struct repair_scope *scope;
	VEC(struct repair_garbage) garbage;
};

static void
need(struct collect *collect, const char *name)
{
	map_set(collect->arena, &collect->needed, name, NULL);
}

static void
need_package(struct collect *collect, const struct generation_package *package)
{
	const char *label = generation_package_label(collect->arena, package);

	need(collect, package->store_name);
	if (files_has_list(package))
		need(collect, files_store_name(collect->arena, package));
	for (size_t i = 0; i < package->text_count; i++)
		need(collect, objects_name(collect->arena, &package->texts[i], label));
}

static bool
is_gone(const struct collect *collect, uint64_t number)
{
	for (size_t i = 0; i < collect->scope->gone_count; i++)
		if (collect->scope->gone[i] == number)
			return true;
	return false;
}

static int
find_needed(struct collect *collect)
{
	uint64_t *numbers;
	size_t count;

	TRY(generation_list_numbers(collect->arena, collect->store, &numbers, &count));
	for (size_t i = 0; i < count; i++) {
		struct generation generation;

		if (is_gone(collect, numbers[i]))
			continue;
		TRY(generation_read(collect->arena, collect->store, numbers[i], &generation));
		for (size_t j = 0; j < generation.package_count; j++)
			need_package(collect, &generation.packages[j]);
		for (size_t j = 0; j < generation.image_count; j++)
			need(collect, generation.images[j].store_name);
		for (size_t j = 0; j < generation.output_count; j++)
			need(collect, generation.outputs[j].store_name);
	}
	return 0;
}

/* Keep what a process has mapped, as far as it may be seen. */
static void
find_mapped(struct collect *collect, const char *pid, const char *store_path)
{
	size_t length = strlen(store_path);
	const char *path = arena_printf(collect->arena, "/proc/%s/maps", pid);
	FILE *stream = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (stream == NULL)
		return;
	while (getline(&line, &room, stream) > 0) {
		char *at = strchr(line, '/');

		if (at == NULL || strncmp(at, store_path, length) != 0 || at[length] != '/')
			continue;
		at += length + 1;
		at[strcspn(at, "/\n")] = '\0';
		if (!map_has(&collect->needed, at))
			need(collect, arena_string(collect->arena, at));
	}
	free(line);
	fclose(stream);
}

static int
find_running(struct collect *collect)
{
	int proc AUTO(file_close) = -1;
	char **names;
	size_t count;
	char *store_path;

	/* The path as the kernel shows it, whatever links the root's path goes through. */
	TRY(file_read_link(collect->arena, AT_FDCWD,
		arena_printf(collect->arena, "/proc/self/fd/%d", collect->store->objects_dir),
		&store_path));
	TRY(file_open_dir(AT_FDCWD, "/proc", &proc));
	TRY(file_list(collect->arena, proc, &names, &count));
	for (size_t i = 0; i < count; i++)
		if (isdigit((unsigned char)names[i][0]))
			find_mapped(collect, names[i], store_path);
	return 0;
}

/* The bytes that a file or tree takes; what cannot be read counts as nothing. */
static uint64_t
disk_size(int dir, const char *name)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int fd AUTO(file_close) = -1;
	struct stat info;
	uint64_t size;
	char **names;
	size_t count;

	if (fstatat(dir, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	size = (uint64_t)info.st_blocks * 512;
	if (!S_ISDIR(info.st_mode) || file_open_dir(dir, name, &fd) < 0 ||
		file_list(arena, fd, &names, &count) < 0)
		return size;
	for (size_t i = 0; i < count; i++)
		size += disk_size(fd, names[i]);
	return size;
}

/* Whether any process, of other users too, has a file below it, or that cannot be known. */
static bool
is_in_use(int dir, const char *name)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	int fd AUTO(file_close) =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat info;
	char **names;
	size_t count;

	if (fd < 0)
		return errno != ENOENT && errno != ELOOP;
	if (fstat(fd, &info) < 0)
		return true;
	if (!S_ISDIR(info.st_mode))
		return S_ISREG(info.st_mode) && file_is_in_use(fd);
	if (file_list(arena, fd, &names, &count) < 0)
		return true;
	for (size_t i = 0; i < count; i++)
		if (is_in_use(fd, names[i]))
			return true;
	return false;
}

static void
add_garbage(struct collect *collect, int dir, const char *parent, const char *name)
{
	vec_push(collect->arena, &collect->garbage,
		(struct repair_garbage){
			.path = arena_printf(collect->arena, "%s/%s", parent, name),
			.size = disk_size(dir, name),
		});
}

static int
collect_store(struct collect *collect)
{
	char **names;
	size_t count;

	TRY(file_list(collect->arena, collect->store->objects_dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		if (map_has(&collect->needed, names[i]) ||
			is_in_use(collect->store->objects_dir, names[i]))
			continue;
		add_garbage(collect, collect->store->objects_dir, "store", names[i]);
		if (!collect->scope->is_dry_run)
			TRY(objects_drop(collect->store, names[i]));
	}
	return 0;
}

/* What a killed command left half made in the cache goes in any case. */
static int
collect_cache(struct collect *collect)
{
	int dir AUTO(file_close) = -1;
	char **names;
	size_t count;

	TRY(file_open_dir(collect->store->dir, "cache", &dir));
	TRY(file_list(collect->arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		if (!collect->scope->with_cache && strcmp(names[i], STORE_SCRATCH) != 0)
			continue;
		add_garbage(collect, dir, "cache", names[i]);
		if (!collect->scope->is_dry_run)
			TRY(file_remove_tree(dir, names[i]));
	}
	return 0;
}

int
repair_collect(struct arena *arena, struct store *store, const struct repair_scope *scope,
	struct repair_garbage **ret_garbage, size_t *ret_count)
{
	struct collect collect = { .arena = arena, .store = store, .scope = scope };

	if (!scope->is_dry_run)
		TRY(store_need_lock(store));
	TRY(err_context(find_needed(&collect), "nothing was removed"));
	TRY(find_running(&collect));
	TRY(collect_store(&collect));
	TRY(collect_cache(&collect));
	*ret_garbage = collect.garbage.at;
	*ret_count = collect.garbage.len;
	return 0;
}
