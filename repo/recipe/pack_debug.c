/* SPDX-License-Identifier: MIT */
/*
 * The package NAME-debug, from a second build of the recipe: the ordinary packages come from the
 * first, which knows nothing of this, and so have the bytes that they always have.
 *
 * A unit with debug information is the file DEBUG_UNITS/DIGEST.bc, DIGEST being that of the
 * ordinary unit which it stands for. Sources have the paths that debug information gives them.
 */
#include "repo/recipe/job.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "base/prefix.h"
#include "repo/recipe/scan.h"
#include "repo/recipe/unit.h"
#include "repo/relation.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct debug_packing {
	const struct job *job;
	struct map sources; /* paths below the build directory */
	struct manifest *manifest;
};

static const char *
source_directory(const struct job *job)
{
	return arena_printf(job->arena, "src/%s-%s", job->recipe->name, job->recipe->version);
}

char *
job_debug_sources(const struct job *job)
{
	return arena_printf(job->arena, "%s/%s", WELD_PREFIX, source_directory(job));
}

static bool
is_same_unit(const struct entry *entry, const char *library, const char *program)
{
	return entry->kind == ENTRY_LIBRARY
		       ? library != NULL && strcmp(entry->library, library) == 0
		       : program != NULL && strcmp(entry->path, program) == 0;
}

/* The ordinary unit of what was installed again; NULL when there is none. */
static const struct digest *
find_ordinary(const struct job *job, const struct entry *entry)
{
	for (size_t i = 0; i < job->ordinary_count; i++) {
		const struct manifest *manifest = job->ordinary[i].manifest;

		for (size_t n = 0; n < manifest->library_count; n++)
			if (is_same_unit(entry,
				    relation_plain_name(
					    job->arena, manifest->libraries[n].name),
				    NULL))
				return &manifest->libraries[n].code.unit;
		for (size_t n = 0; n < manifest->program_count; n++)
			if (is_same_unit(entry, NULL, manifest->programs[n].path))
				return &manifest->programs[n].code.unit;
	}
	return NULL;
}

static int
add_file(struct debug_packing *packing, const char *path, const struct digest *object)
{
	char hex[DIGEST_HEX_SIZE];
	struct stat info;
	const char *file = arena_printf(packing->job->arena, "%s/%s",
		job_path(packing->job, "objects"), digest_hex(object, hex));

	if (stat(file, &info) < 0)
		return err_errno("%s", file);
	packing->manifest->files[packing->manifest->file_count++] =
		(struct manifest_file){ .kind = MANIFEST_FILE_REGULAR,
			.path = path,
			.mode = 0644,
			.size = (uint64_t)info.st_size,
			.sha256 = *object };
	return 0;
}

/* Note the sources that lie in the build directory: headers of the sysroot are other packages'. */
static void
add_sources(struct debug_packing *packing, const struct entry *entry)
{
	struct arena *arena = packing->job->arena;
	const char *prefix = arena_printf(arena, "%s/", job_debug_sources(packing->job));

	for (size_t i = 0; i < entry->sources.len; i++) {
		const char *path = entry->sources.at[i];

		if (str_has_prefix(path, prefix))
			map_set(arena, &packing->sources, path + strlen(prefix), NULL);
	}
}

/* A path in debug information is not always a tidy one. */
static bool
is_plain(const char *path)
{
	return path[0] != '/' && strstr(path, "./") == NULL && strstr(path, "//") == NULL &&
	       path[0] != '\0';
}

static int
pack_source(struct debug_packing *packing, const char *path)
{
	const struct job *job = packing->job;
	const char *from = job_path(job, path), *copy = job_path(job, "source");
	int source AUTO(file_close) = -1;
	int target AUTO(file_close) = -1;
	struct digest digest;

	/* What a build made for a moment is not there any more. */
	if (!is_plain(path) || file_open(AT_FDCWD, from, &source) < 0)
		return 0;
	target = open(copy, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (target < 0)
		return err_errno("%s: create", copy);
	TRY(file_copy(source, target));
	TRY(unit_keep_object(job, copy, &digest));
	return add_file(packing, arena_printf(job->arena, "%s/%s", source_directory(job), path),
		&digest);
}

static int
compare_files(const void *a, const void *b)
{
	return strcmp(((const struct manifest_file *)a)->path,
		((const struct manifest_file *)b)->path);
}

/* It is found by the names of the packages that it is about. */
static struct manifest_list
list_provides(const struct job *job)
{
	struct manifest_list list = { arena_array(job->arena, job->ordinary_count + 1,
					      sizeof(char *)),
		job->ordinary_count };

	for (size_t i = 0; i < list.len; i++) {
		const struct manifest *manifest = job->ordinary[i].manifest;

		list.at[i] = arena_printf(job->arena, "debug:%s = %s-%llu", manifest->name,
			manifest->version, (unsigned long long)manifest->release);
	}
	if (list.len > 0)
		qsort(list.at, list.len, sizeof *list.at, str_compare);
	return list;
}

static int
collect(struct debug_packing *packing, const struct entries *entries)
{
	struct arena *arena = packing->job->arena;
	char hex[DIGEST_HEX_SIZE];

	VEC_EACH (struct entry, entry, &entries->all) {
		const struct digest *ordinary;

		if (entry->kind != ENTRY_PROGRAM && entry->kind != ENTRY_LIBRARY)
			continue;
		ordinary = find_ordinary(packing->job, entry);
		if (ordinary == NULL)
			continue;
		TRY(add_file(packing,
			arena_printf(
				arena, BUILD_DEBUG_UNITS "/%s.bc", digest_hex(ordinary, hex)),
			&entry->object));
		add_sources(packing, entry);
	}
	return 0;
}

int
pack_debug(const struct job *job, struct build_package **ret_packages, size_t *ret_count)
{
	struct arena *arena = job->arena;
	const struct recipe *recipe = job->recipe;
	struct build_package *package = ARENA_NEW(arena, struct build_package);
	struct manifest *manifest = ARENA_NEW(arena, struct manifest);
	struct debug_packing packing = { .job = job, .manifest = manifest };
	struct entries entries = { 0 };
	size_t source_count = 0;

	TRY(scan_installed(job, &entries));
	VEC_EACH (struct entry, entry, &entries.all)
		source_count += entry->sources.len;
	*manifest = (struct manifest){
		.name = relation_in_series(arena,
			arena_printf(arena, "%s-debug", recipe->plain_name), recipe->series),
		.version = recipe->version,
		.release = (uint64_t)recipe->release,
		.summary = arena_printf(arena, "Debug information of %s", recipe->name),
		.licence = recipe->licence,
		.homepage = recipe->homepage,
		.kind = MANIFEST_FILES,
		.check_summary = "",
		.provides = list_provides(job),
		.files = arena_array(
			arena, entries.all.len + source_count + 1, sizeof *manifest->files),
	};
	TRY(pack_describe_origin(job, manifest));
	TRY(collect(&packing, &entries));
	for (size_t i = 0; i < packing.sources.len; i++)
		TRY(pack_source(&packing, packing.sources.entries[i].key));
	if (manifest->file_count > 0)
		qsort(manifest->files, manifest->file_count, sizeof *manifest->files,
			compare_files);
	TRY(pack_write(job, manifest, package));
	*ret_packages = package;
	*ret_count = 1;
	return 0;
}
