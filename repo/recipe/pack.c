/* SPDX-License-Identifier: MIT */
/*
 * From what was installed to packages: attach to each unit what is for one architecture, check that
 * all fits together, give each entry to the package that lists it, describe each package in a
 * manifest, and write.
 */
#include "repo/recipe/job.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/map.h"
#include "base/vec.h"
#include "repo/glob.h"
#include "repo/package.h"
#include "repo/recipe/licences.h"
#include "repo/recipe/packing.h"
#include "repo/recipe/scan.h"
#include "repo/recipe/source.h"
#include "repo/relation.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef WELD_VERSION
#define WELD_VERSION "0.1.0"
#endif

typedef VEC(char *) names;

static void
add_name(struct arena *arena, names *list, const char *name)
{
	VEC_EACH (char *, old, list) {
		if (strcmp(*old, name) == 0)
			return;
	}
	vec_push(arena, list, arena_string(arena, name));
}

static struct manifest_list
to_list(const names *list)
{
	if (list->len > 0)
		qsort(list->at, list->len, sizeof *list->at, str_compare);
	return (struct manifest_list){ .at = list->at, .len = list->len };
}

/* Whether a path is that of a licence of this package. */
static bool
is_licence_of(const char *path, const char *package)
{
	size_t skip = strlen(LICENCES_DIRECTORY);
	size_t length = strlen(package);

	return strncmp(path, LICENCES_DIRECTORY, skip) == 0 &&
	       strncmp(path + skip, package, length) == 0 && path[skip + length] == '/';
}

/* The package that an entry belongs to: the first that lists it, else the first of all. */
static size_t
owner_of(const struct recipe *recipe, const struct entry *entry)
{
	for (size_t i = 0; i < recipe->package_count; i++)
		if (is_licence_of(entry->path, recipe->packages[i].name))
			return i;
	for (size_t i = 1; i < recipe->package_count; i++)
		if (glob_match_any(&recipe->packages[i].files, entry->path))
			return i;
	return 0;
}

static enum manifest_sharing
sharing_of(const struct recipe *recipe, const char *name)
{
	for (size_t i = 0; i < recipe->library_count; i++) {
		const struct recipe_library *library = &recipe->libraries[i];

		if (strcmp(library->name, name) != 0)
			continue;
		if (strcmp(library->sharing, "always") == 0)
			return MANIFEST_SHARING_ALWAYS;
		if (strcmp(library->sharing, "private") == 0)
			return MANIFEST_SHARING_PRIVATE;
	}
	return MANIFEST_SHARING_AUTO;
}

/* Add to a list that is sorted by architecture; false when it has one of that already. */
static bool
add_for(struct arena *arena, struct manifest_native **list, size_t *count, const char *arch,
	const struct digest *object)
{
	struct manifest_native *new = arena_array(arena, *count + 1, sizeof *new);
	size_t at = 0;

	while (at < *count && strcmp((*list)[at].arch, arch) < 0)
		at++;
	if (at < *count && strcmp((*list)[at].arch, arch) == 0)
		return false;
	for (size_t i = 0; i < *count; i++)
		new[i < at ? i : i + 1] = (*list)[i];
	new[at] = (struct manifest_native){ .arch = arch, .object = *object };
	*list = new;
	(*count)++;
	return true;
}

static int
add_native(struct packing *packing, const struct entry *entry, struct manifest_library *owner,
	const char *arch, const struct digest *object)
{
	if (add_for(packing->job->arena, &owner->code.natives, &owner->code.native_count, arch,
		    object))
		return 0;
	return err_set(ERR_BUILD,
		"%s: has a second native object for %s (what $CC linked carries its own)",
		entry->path, arch);
}

/* Add a native object, or a unit for one architecture, to what it belongs to. */
static int
attach(struct packing *packing, const struct entry *entry)
{
	struct manifest_library *owner = packing_find_owner(packing, entry);

	if (owner == NULL)
		return err_set(ERR_BUILD, "%s: there is no %s \"%s\"", entry->path,
			entry->owner == NULL ? "library" : "program or plug-in",
			entry->owner == NULL ? entry->library : entry->owner);
	if (entry->kind == ENTRY_NATIVE)
		return add_native(packing, entry, owner, entry->arch, &entry->object);
	(void)add_for(packing->job->arena, &owner->code.units, &owner->code.unit_count,
		entry->arch, &entry->object);
	if (entry->native_arch == NULL)
		return 0;
	if (strcmp(entry->native_arch, entry->arch) != 0)
		return err_set(ERR_BUILD,
			"%s: carries machine code for %s (set WELD_ARCH while it is made)",
			entry->path, entry->native_arch);
	return add_native(packing, entry, owner, entry->arch, &entry->native);
}

/* Machine code that programs, libraries and plug-ins carry themselves, then what came apart. */
static int
attach_all(struct packing *packing)
{
	VEC_EACH (struct entry, entry, &packing->entries.all)
		if (packing_has_code(entry) && entry->native_arch != NULL)
			TRY(add_native(packing, entry, &entry->unit, entry->native_arch,
				&entry->native));
	VEC_EACH (struct entry, entry, &packing->entries.all)
		if (entry->kind == ENTRY_NATIVE || entry->kind == ENTRY_UNIT)
			TRY(attach(packing, entry));
	return 0;
}

/* A build knows nothing of its own series: what it imports of its own is named here. */
static void
name_own_imports(const struct map *own, struct entry *entry)
{
	for (size_t i = 0; i < entry->unit.imports.len; i++) {
		char *full_name = map_get(own, entry->unit.imports.at[i]);

		if (full_name != NULL)
			entry->unit.imports.at[i] = full_name;
	}
}

/* Name the libraries and make all of them known by name. */
static void
collect_libraries(struct packing *packing)
{
	struct arena *arena = packing->job->arena;
	const struct job *job = packing->job;
	struct map own = { 0 }; /* plain name -> full name */

	for (size_t i = 0; i < job->input_count; i++)
		for (size_t j = 0; j < job->inputs[i]->library_count; j++)
			map_set(arena, &packing->libraries, job->inputs[i]->libraries[j].name,
				&job->inputs[i]->libraries[j]);
	VEC_EACH (struct entry, entry, &packing->entries.all) {
		if (entry->kind != ENTRY_LIBRARY)
			continue;
		entry->unit.name =
			relation_in_series(arena, entry->library, job->recipe->series);
		entry->unit.sharing = sharing_of(job->recipe, entry->library);
		map_set(arena, &packing->libraries, entry->unit.name, &entry->unit);
		map_set(arena, &own, entry->library, (void *)entry->unit.name);
	}
	VEC_EACH (struct entry, entry, &packing->entries.all)
		name_own_imports(&own, entry);
}

/* The names of what a program defines for all to see. */
static struct manifest_list
export_names(struct arena *arena, const struct manifest_library *unit)
{
	struct manifest_list list = {
		arena_array(arena, unit->export_count + 1, sizeof(char *)), unit->export_count
	};

	for (size_t i = 0; i < unit->export_count; i++)
		list.at[i] = arena_string(arena, unit->exports[i].name);
	return list;
}

static struct manifest_program
program_of(const struct packing *packing, const struct entry *entry)
{
	return (struct manifest_program){
		.path = entry->path,
		.code = entry->unit.code,
		.imports = entry->unit.imports,
		.exports = export_names(packing->job->arena, &entry->unit),
		.undefined = entry->unit.undefined,
		.weak_undefined = entry->unit.weak_undefined,
		.constructors = entry->unit.constructors,
		.destructors = entry->unit.destructors,
		.tls_size = entry->unit.tls_size,
	};
}

static struct manifest_list
loads_of(const struct recipe *recipe, const char *path)
{
	for (size_t i = 0; i < recipe->program_count; i++)
		if (strcmp(recipe->programs[i].path, path) == 0)
			return recipe->programs[i].loads;
	return (struct manifest_list){ 0 };
}

static void
add_entry(struct packing *packing, const struct entry *entry, struct manifest *manifest)
{
	const struct recipe *recipe = packing->job->recipe;

	switch (entry->kind) {
	case ENTRY_LIBRARY:
		manifest->libraries[manifest->library_count++] = entry->unit;
		break;
	case ENTRY_PROGRAM:
		manifest->programs[manifest->program_count] = program_of(packing, entry);
		manifest->programs[manifest->program_count++].loads =
			loads_of(recipe, entry->path);
		break;
	case ENTRY_PLUGIN:
		manifest->plugins[manifest->plugin_count] = program_of(packing, entry);
		manifest->plugins[manifest->plugin_count++].plugin_for = recipe->plugin_for;
		break;
	case ENTRY_FILE:
	case ENTRY_LINK:
	case ENTRY_DIRECTORY:
		manifest->files[manifest->file_count++] = (struct manifest_file){
			.kind = entry->kind == ENTRY_FILE   ? MANIFEST_FILE_REGULAR
				: entry->kind == ENTRY_LINK ? MANIFEST_FILE_LINK
							    : MANIFEST_FILE_DIRECTORY,
			.path = entry->path,
			.mode = entry->kind == ENTRY_DIRECTORY ? 0755 : entry->mode,
			.size = entry->kind == ENTRY_FILE ? entry->size : 0,
			.sha256 = entry->object,
			.is_config = entry->kind == ENTRY_FILE &&
				     glob_match_any(&recipe->config, entry->path),
			.has_prefix = entry->has_prefix,
			.target = entry->target,
		};
		break;
	case ENTRY_NATIVE:
	case ENTRY_UNIT:
	case ENTRY_DROPPED:
		break;
	}
}

static bool
has_library(const struct manifest *manifest, const char *name)
{
	for (size_t i = 0; i < manifest->library_count; i++)
		if (strcmp(manifest->libraries[i].name, name) == 0)
			return true;
	return false;
}

static void
add_imports(struct arena *arena, const struct manifest *manifest,
	const struct manifest_list *imports, names *requires)
{
	for (size_t i = 0; i < imports->len; i++)
		if (!has_library(manifest, imports->at[i]))
			add_name(
				arena, requires, arena_printf(arena, "lib:%s", imports->at[i]));
}

static void
relate(struct packing *packing, const struct recipe_package *package, struct manifest *manifest)
{
	struct arena *arena = packing->job->arena;
	names requires = { 0 };
	names provides = { 0 };

	for (size_t i = 0; i < package->requires.len; i++)
		add_name(arena, &requires, package->requires.at[i]);
	for (size_t i = 0; i < manifest->library_count; i++) {
		const struct manifest_library *library = &manifest->libraries[i];

		add_imports(arena, manifest, &library->imports, &requires);
		add_name(arena, &provides,
			arena_printf(arena, "lib:%s = %s-%llu", library->name,
				manifest->version, (unsigned long long)manifest->release));
	}
	/* "lua >= 5.3" is met by every series that is new enough. */
	if (*relation_series(manifest->name) != '\0')
		add_name(arena, &provides,
			arena_printf(arena, "%s = %s-%llu",
				relation_plain_name(arena, manifest->name), manifest->version,
				(unsigned long long)manifest->release));
	for (size_t i = 0; i < manifest->program_count; i++)
		add_imports(arena, manifest, &manifest->programs[i].imports, &requires);
	for (size_t i = 0; i < manifest->plugin_count; i++)
		add_imports(arena, manifest, &manifest->plugins[i].imports, &requires);
	manifest->requires = to_list(&requires);
	manifest->provides = to_list(&provides);
	manifest->conflicts = package->conflicts;
	manifest->replaces = package->replaces;
}

static int
describe_source(const struct job *job, struct manifest *manifest)
{
	const struct recipe *recipe = job->recipe;
	struct arena *arena = job->arena;
	size_t count = 0;

	for (size_t i = 0; i < recipe->source_count; i++)
		count += recipe->sources[i].file_count;
	manifest->source_files = arena_array(arena, count, sizeof *manifest->source_files);
	manifest->source_name = recipe->sources[0].version == NULL ? recipe->plain_name
								   : recipe->sources[0].name;
	manifest->source_version = recipe->sources[0].version == NULL
					   ? recipe->version
					   : recipe->sources[0].version;
	for (size_t i = 0; i < recipe->source_count; i++)
		for (size_t j = 0; j < recipe->sources[i].file_count; j++) {
			const struct recipe_file *file = &recipe->sources[i].files[j];
			struct stat info;

			if (stat(source_path(arena, job->cache_dir, file), &info) < 0)
				return err_errno("%s", file->name);
			manifest->source_files[manifest->source_file_count++] =
				(struct manifest_source_file){
					.name = file->name,
					.sha256 = file->digest,
					.size = (uint64_t)info.st_size,
				};
		}
	return 0;
}

static bool
is_for_all(const struct manifest *manifest, const char *arch)
{
	const struct manifest_code *code;
	size_t next = 0;

	while ((code = manifest_next_code(NULL, manifest, &next, NULL)) != NULL)
		if (!manifest_is_for(code, arch))
			return false;
	return true;
}

/* Those that all of it can be linked for; none when it can be for every one. */
static struct manifest_list
common_architectures(struct arena *arena, const struct manifest *manifest)
{
	const struct manifest_code *code;
	names common = { 0 };
	size_t next = 0;

	while ((code = manifest_next_code(arena, manifest, &next, NULL)) != NULL)
		for (size_t i = 0; code->unit_count == 0 && i < code->native_count; i++)
			if (is_for_all(manifest, code->natives[i].arch))
				add_name(arena, &common, code->natives[i].arch);
	return to_list(&common);
}

/* What stood in the sysroot. */
static struct manifest_list
list_inputs(const struct job *job)
{
	names inputs = { 0 };

	for (size_t i = 0; i < job->input_count; i++)
		add_name(job->arena, &inputs,
			arena_printf(job->arena, "%s = %s-%llu", job->inputs[i]->name,
				job->inputs[i]->version,
				(unsigned long long)job->inputs[i]->release));
	return to_list(&inputs);
}

int
pack_describe_origin(const struct job *job, struct manifest *manifest)
{
	manifest->recipe = job->recipe->digest;
	manifest->producer = arena_printf(
		job->arena, "weld " WELD_VERSION ", clang %s", job->tools->clang_version);
	manifest->builds_with = list_inputs(job);
	return describe_source(job, manifest);
}

static int
describe(struct packing *packing, size_t number)
{
	const struct job *job = packing->job;
	const struct recipe *recipe = job->recipe;
	const struct recipe_package *package = &recipe->packages[number];
	struct manifest *manifest = &packing->manifests[number];
	size_t most = packing->entries.all.len + 1;

	*manifest = (struct manifest){
		.name = package->name,
		.version = recipe->version,
		.release = (uint64_t)recipe->release,
		.summary = package->summary,
		.licence = recipe->licence,
		.homepage = recipe->homepage,
		.declared = package->declared,
		.check_level = job->is_checked ? job->check : MANIFEST_CHECK_NONE,
		.check_passed = job->is_checked,
		.check_summary = job->is_checked ? job->check_summary : "",
		.libraries = arena_array(job->arena, most, sizeof *manifest->libraries),
		.programs = arena_array(job->arena, most, sizeof *manifest->programs),
		.plugins = arena_array(job->arena, most, sizeof *manifest->plugins),
		.files = arena_array(job->arena, most, sizeof *manifest->files),
	};
	VEC_EACH (struct entry, entry, &packing->entries.all) {
		if (owner_of(recipe, entry) == number)
			add_entry(packing, entry, manifest);
	}
	manifest->kind =
		recipe->is_native ? MANIFEST_NATIVE
		: manifest->library_count + manifest->program_count + manifest->plugin_count > 0
			? MANIFEST_IR
			: MANIFEST_FILES;
	manifest->architectures = recipe->is_native
					  ? recipe->architectures
					  : common_architectures(job->arena, manifest);
	manifest->harden_except = recipe->harden_except;
	relate(packing, package, manifest);
	return pack_describe_origin(job, manifest);
}

/* Write under a temporary name, sync, rename. */
static int
write_package(
	const struct job *job, int objects, const struct manifest *manifest, const char *path)
{
	const char *fresh = arena_printf(job->arena, "%s.new-%d", path, (int)getpid());
	int fd AUTO(file_close) = -1;
	int ret;

	fd = open(fresh, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno("%s: create", fresh);
	ret = package_write(manifest, objects, fd);
	if (ret >= 0)
		ret = file_sync(fd);
	if (ret >= 0)
		ret = file_rename(AT_FDCWD, fresh, AT_FDCWD, path);
	if (ret < 0)
		unlink(fresh);
	return ret;
}

int
pack_write(const struct job *job, const struct manifest *manifest,
	struct build_package *ret_package)
{
	const char *path = arena_printf(job->arena, "%s/%s", job->options->output_dir,
		manifest_file_name(job->arena, manifest));
	int objects AUTO(file_close) = -1;

	TRY(file_open_dir(AT_FDCWD, job_path(job, "objects"), &objects));
	TRY(err_context(write_package(job, objects, manifest, path), "%s", path));
	*ret_package = (struct build_package){
		.path = path,
		.manifest = manifest,
		.is_new = true,
	};
	return 0;
}

int
pack_packages(const struct job *job, struct build_package **ret_packages, size_t *ret_count)
{
	struct packing packing = { .job = job };
	const struct recipe *recipe = job->recipe;
	struct build_package *packages =
		arena_array(job->arena, recipe->package_count, sizeof *packages);

	packing.manifests =
		arena_array(job->arena, recipe->package_count, sizeof *packing.manifests);
	TRY(scan_installed(job, &packing.entries));
	collect_libraries(&packing);
	TRY(attach_all(&packing));
	TRY(packing_check(&packing));
	for (size_t i = 0; i < recipe->package_count; i++)
		TRY(describe(&packing, i));
	for (size_t i = 0; i < recipe->package_count; i++)
		TRY(pack_write(job, &packing.manifests[i], &packages[i]));
	*ret_packages = packages;
	*ret_count = recipe->package_count;
	return 0;
}
