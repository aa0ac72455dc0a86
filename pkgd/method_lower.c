/* SPDX-License-Identifier: MIT */
/*
 * A builder's work: lower what installs from a repository ask for, and put it into bundles.
 *
 * The repository is read as a client reads it, verified from its root metadata on. The newest
 * version of each package is taken, all of them together: who shares a library there shares it
 * wherever these objects are used. Catalogues and bundles are written into a directory of the
 * caller, who signs them; nothing of a root is touched.
 */
#include "pkgd/methods.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "linker/level.h"
#include "linker/published.h"
#include "pkgd/policy.h"
#include "pkgd/wanted.h"
#include "repo/package.h"
#include "repo/trust.h"
#include "repo/version.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define REPOSITORY "lowered" /* its name in the trust database of this request */

struct source { /* a package that is lowered */
	const struct index_package *package;
	const char *label; /* "lua-5.4.4-1" */
	bool is_wanted; /* a bundle is made for it */
	const struct manifest *manifest; /* once it is unpacked */
	const char *directory; /* that it was unpacked into */
};

struct lowering {
	struct request *request;
	struct arena *arena;
	const char *output; /* directory of the caller */
	const char *cache;
	const char *builder;
	struct trust *trust;
	VEC(struct source) sources;
	size_t done; /* parts lowered for this level */
};

static const char *
version_of(struct arena *arena, const struct index_package *package)
{
	return arena_printf(arena, "%s-%" PRIu64, package->version, package->release);
}

static bool
is_named(char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return count == 0;
}

/* The newest version of each package with code; the index is sorted by name. */
static int
choose_sources(struct lowering *lowering, const struct index *index)
{
	struct arena *arena = lowering->arena;
	char **names;
	size_t name_count;

	TRY(request_strings(lowering->request, "names", &names, &name_count));
	for (size_t i = 0; i < index->len; i++) {
		const struct index_package *package = &index->packages[i];
		size_t count = lowering->sources.len;
		struct source *last = count == 0 ? NULL : &lowering->sources.at[count - 1];
		struct source source = { package,
			arena_printf(arena, "%s-%s", package->name, version_of(arena, package)),
			is_named(names, name_count, package->name), NULL, NULL };

		if (package->kind != MANIFEST_IR)
			continue;
		if (last == NULL || strcmp(last->package->name, package->name) != 0)
			vec_push(arena, &lowering->sources, source);
		else if (version_compare(version_of(arena, last->package),
				 version_of(arena, package)) < 0)
			*last = source;
	}
	for (size_t i = 0; i < name_count; i++) {
		bool is_there = false;

		VEC_EACH (struct source, source, &lowering->sources)
			is_there = is_there || strcmp(source->package->name, names[i]) == 0;
		if (!is_there)
			return err_set(ERR_NOT_FOUND,
				"%s: the repository has no package of this name with code to "
				"lower",
				names[i]);
	}
	return 0;
}

static int
open_repository(struct lowering *lowering, struct index *ret_index)
{
	struct request *request = lowering->request;
	const char *url, *metadata;

	TRY(json_get_string(request->parameters, "url", &url));
	TRY(json_get_string(request->parameters, "root_metadata", &metadata));
	TRY(trust_open(arena_printf(lowering->arena, "%s/trust.db", lowering->output),
		&lowering->trust));
	TRY(trust_add(lowering->trust, REPOSITORY, url, str_from(metadata)));
	TRY(trust_update(lowering->trust, REPOSITORY, NULL));
	TRY(trust_check_fresh(lowering->trust, REPOSITORY, NULL));
	return trust_offers(
		lowering->arena, lowering->trust, REPOSITORY, TRUST_ALL, NULL, ret_index);
}

static int
unpack_source(struct lowering *lowering, struct source *source, int fd)
{
	struct arena *arena = lowering->arena;
	const char *path = arena_printf(arena, "%s/%s", lowering->output, source->label);
	int directory AUTO(file_close) = -1;
	struct manifest *manifest;

	if (mkdir(path, 0700) < 0)
		return err_errno("%s: make", path);
	TRY(file_open_dir(AT_FDCWD, path, &directory));
	TRY(package_unpack(arena, NULL, fd, source->label, directory, &manifest));
	source->manifest = manifest;
	source->directory = path;
	return 0;
}

static int
fetch_sources(struct lowering *lowering)
{
	size_t count = lowering->sources.len;
	struct trust_package *packages =
		arena_array(lowering->arena, count + 1, sizeof *packages);
	int directory AUTO(file_close) = -1;
	int ret = 0;

	for (size_t i = 0; i < count; i++)
		packages[i] = (struct trust_package){ REPOSITORY,
			lowering->sources.at[i].package, -1 };
	TRY(file_open_dir(AT_FDCWD, lowering->output, &directory));
	TRY(trust_fetch(lowering->trust, NULL, directory, packages, count));
	for (size_t i = 0; i < count; i++) {
		if (ret >= 0)
			ret = unpack_source(
				lowering, &lowering->sources.at[i], packages[i].ret_fd);
		file_close(&packages[i].ret_fd);
	}
	return ret;
}

static void
show_progress(void *data, const struct link_progress *progress)
{
	struct lowering *lowering = data;

	request_progress(lowering->request, progress->step, progress->object,
		arena_printf(lowering->arena, "lowered %s", progress->object), progress->done,
		progress->total);
}

/* The bundle of one package: its objects from the cache, in the order of their keys. */
static int
write_bundle(struct lowering *lowering, const struct link_request *request,
	const struct lowered_catalogue *catalogue, const struct source *source,
	const struct link_lowered *objects, size_t count, struct lowered_bundle *ret_bundle)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	struct lowered_contents *contents = arena_array(arena, count + 1, sizeof *contents);
	struct lowered_bundle bundle = { .package = source->label,
		.package_sha256 = source->package->sha256,
		.objects = arena_array(lowering->arena, count + 1, sizeof *bundle.objects),
		.object_count = count };
	int fd AUTO(file_close) = -1;
	char *path;

	for (size_t i = 0; i < count; i++) {
		struct link_object object;
		int found = link_get_object(arena, request, &objects[i].key, &object);

		TRY(found);
		if (found == 0)
			return err_set(ERR_IO,
				"%s: its object is not in %s (is the disk full?)",
				source->label, request->cache);
		contents[i] = (struct lowered_contents){ object.object, object.facts };
		bundle.objects[i] = (struct lowered_object){ objects[i].key,
			hash_bytes(object.object.at, object.object.len), object.object.len,
			hash_bytes(object.facts.at, object.facts.len), object.facts.len };
	}
	path = arena_printf(arena, "%s/%s", lowering->output,
		lowered_bundle_name(arena, catalogue, &bundle));
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno("%s: create", path);
	TRY(lowered_bundle_write(fd, contents, &bundle));
	*ret_bundle = bundle;
	return 0;
}

static int
write_bundles(struct lowering *lowering, const struct link_request *request,
	const struct link_lowered_set *set, struct lowered_catalogue *catalogue)
{
	catalogue->bundles = arena_array(
		lowering->arena, lowering->sources.len + 1, sizeof *catalogue->bundles);
	VEC_EACH (struct source, source, &lowering->sources) {
		size_t first = 0, count = 0;

		while (first < set->object_count &&
			strcmp(set->objects[first].package, source->label) != 0)
			first++;
		while (first + count < set->object_count &&
			strcmp(set->objects[first + count].package, source->label) == 0)
			count++;
		if (source->is_wanted && count > 0)
			TRY(write_bundle(lowering, request, catalogue, source,
				&set->objects[first], count,
				&catalogue->bundles[catalogue->bundle_count++]));
	}
	return 0;
}

static int
write_catalogue(struct lowering *lowering, const struct lowered_catalogue *catalogue)
{
	struct strbuf text AUTO(strbuf_free) = { 0 };
	char *name =
		lowered_catalogue_name(lowering->arena, catalogue->builder, catalogue->level);
	uint64_t bytes = 0;
	size_t objects = 0;

	for (size_t i = 0; i < catalogue->bundle_count; i++) {
		bytes += catalogue->bundles[i].size;
		objects += catalogue->bundles[i].object_count;
	}
	json_array_append_new(json_object_get(lowering->request->reply, "levels"),
		json_pack("{s:s, s:s, s:I, s:I, s:I}", "level", catalogue->level, "catalogue",
			name, "packages", (json_int_t)catalogue->bundle_count, "objects",
			(json_int_t)objects, "bytes", (json_int_t)bytes));
	lowered_write(catalogue, &text);
	return file_create(AT_FDCWD,
		arena_printf(lowering->arena, "%s/%s", lowering->output, name), text.at,
		text.len, 0600);
}

/* Whether a package can be used on an architecture. */
static bool
is_for(const struct index_package *package, enum arch arch)
{
	for (size_t i = 0; i < package->architectures.len; i++)
		if (strcmp(package->architectures.at[i], arch_name(arch)) == 0)
			return true;
	return package->architectures.len == 0;
}

static int
lower_level(struct lowering *lowering, const char *name)
{
	const struct level *level = level_find(name);
	struct link_lowered_set set = { 0 };
	struct lowered_catalogue catalogue = { 0 };
	struct wanted wanted = { .arena = lowering->arena };
	struct link_request request = { .root = "/weld",
		.cache = lowering->cache,
		.tier = LOWER_FULL,
		.harden = HARDEN_DEFAULT,
		.inlines = POLICY_INLINE_STANDARD,
		.progress = show_progress,
		.progress_data = lowering };

	if (level == NULL)
		return err_set(
			ERR_USAGE, "--for=%s: not a level (there are %s)", name, level_names());
	wanted.arch = level->arch;
	VEC_EACH (struct source, source, &lowering->sources)
		if (is_for(source->package, level->arch))
			wanted_add_manifest(&wanted, source->manifest, source->directory);
	request.libraries = wanted.libraries.at;
	request.library_count = wanted.libraries.len;
	request.programs = wanted.programs.at;
	request.program_count = wanted.programs.len;
	request.arch = level->arch;
	request.cpu = level->cpu;
	request_step(lowering->request, "lowering for %s", name);
	TRY(link_lower(lowering->arena, &request, &set));
	if (strcmp(set.target.producer, lower_producer()) != 0)
		return err_set(ERR_WORKER,
			"weld-worker is of %s, weld of %s (build both together)",
			set.target.producer, lower_producer());
	catalogue = (struct lowered_catalogue){ .builder = lowering->builder,
		.level = name,
		.arch = arch_name(set.target.arch),
		.cpu = set.target.cpu,
		.features = set.target.features,
		.producer = set.target.producer,
		.tier = lower_tier_name(LOWER_FULL),
		.slots = { (char **)set.slots, set.slot_count } };
	TRY(write_bundles(lowering, &request, &set, &catalogue));
	return write_catalogue(lowering, &catalogue);
}

static int
lower_levels(struct lowering *lowering)
{
	struct index index;
	char **levels;
	size_t count;

	TRY(request_strings(lowering->request, "levels", &levels, &count));
	TRY(open_repository(lowering, &index));
	TRY(choose_sources(lowering, &index));
	TRY(fetch_sources(lowering));
	for (size_t i = 0; i < count; i++)
		TRY(lower_level(lowering, levels[i]));
	return 0;
}

int
method_repo_lower(struct request *request)
{
	struct lowering lowering = { .request = request, .arena = request->arena };
	int ret;

	json_object_set_new(request->reply, "levels", json_array());
	TRY(json_get_string(request->parameters, "output", &lowering.output));
	TRY(json_get_string(request->parameters, "cache", &lowering.cache));
	TRY(json_get_string(request->parameters, "builder", &lowering.builder));
	ret = lower_levels(&lowering);
	trust_close(&lowering.trust);
	return ret;
}
