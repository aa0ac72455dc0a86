/* SPDX-License-Identifier: MIT */
/*
 * (I1) A descriptor is opened once, verified, and unpacked: no path is opened again in between.
 * (I2) A directory appears in the store only when everything in it was verified.
 */
#include "pkgd/intake.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/parallel.h"
#include "kernel-iface/arch.h"
#include "repo/package.h"
#include "store/objects.h"

#include <string.h>

#define GROUP 256 /* packages that are fetched side by side: so many files are open then */
#define BATCH 16 /* packages that are unpacked side by side, as far as there are cores */

/* The files as the generation records them, which outlive the manifest: programs are images and not among them. */
static void
record_files(struct arena *arena, struct plan_package *package)
{
	const struct manifest *manifest = package->manifest;
	struct generation_file *files =
		arena_array(arena, manifest->file_count + 1, sizeof *files);

	for (size_t i = 0; i < manifest->file_count; i++) {
		const struct manifest_file *file = &manifest->files[i];

		files[i] = (struct generation_file){
			.kind = file->kind == MANIFEST_FILE_LINK        ? GENERATION_LINK
				: file->kind == MANIFEST_FILE_DIRECTORY ? GENERATION_DIRECTORY
									: GENERATION_FILE,
			.path = arena_string(arena, file->path),
			.mode = (mode_t)file->mode,
			.size = file->size,
			.digest = file->sha256,
			.target =
				file->target == NULL ? NULL : arena_string(arena, file->target),
			.is_config = file->is_config,
			.has_prefix = file->has_prefix,
		};
	}
	package->entry.files = files;
	package->entry.file_count = manifest->file_count;
	package->entry.is_plain = manifest_is_plain(manifest);
}

/* What has machine code, but none for this architecture, cannot be linked. */
static int
check_architecture(struct state *state, const struct plan_package *package)
{
	const struct manifest_code *code;
	const char *label = NULL;
	size_t next = 0;

	while ((code = manifest_next_code(state->arena, package->manifest, &next, &label)) !=
		NULL)
		if (!manifest_is_for(code, arch_name(state->arch)))
			return err_set(ERR_NOT_FOUND,
				"%s: %s has no native object for %s: the package cannot be "
				"used in this root",
				generation_package_label(state->arena, &package->entry), label,
				arch_name(state->arch));
	return 0;
}

/* Whether a package will turn out to be plain, by what its repository says; for memory only. */
static bool
looks_plain(const struct index_package *offer)
{
	return offer->library_count == 0 && offer->program_count == 0 &&
	       declared_is_empty(&offer->declared);
}

/*
 * Read back what the store holds, as every later transaction will. Of a plain package nothing is needed
 * but its files: there may be thousands, and only they are kept.
 */
static int
read_manifest(struct state *state, struct plan_package *package)
{
	struct arena *scratch AUTO(arena_free) = arena_new();
	bool is_passing = looks_plain(package->candidate->package);
	int fd AUTO(file_close) = -1;

	TRY(file_open(store_root_dir(state->store),
		arena_printf(state->arena, "store/%s/manifest.json", package->entry.store_name),
		&fd));
	TRY(hash_file(fd, &package->entry.manifest));
	TRY(plan_read_manifest(is_passing ? scratch : state->arena, state, &package->entry,
		&package->manifest));
	TRY(check_architecture(state, package));
	record_files(state->arena, package);
	package->is_passive = is_passing && package->entry.is_plain;
	if (package->is_passive)
		package->manifest = NULL;
	else if (is_passing)
		return plan_read_manifest(
			state->arena, state, &package->entry, &package->manifest);
	return 0;
}

static bool
lists_equal(const struct manifest_list *a, const struct manifest_list *b)
{
	if (a->len != b->len)
		return false;
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->at[i], b->at[i]) != 0)
			return false;
	return true;
}

/* The index must have told the truth: the plan that was shown was made from it. */
static int
check_offer(
	const struct plan_package *package, const struct manifest *manifest, const char *label)
{
	const struct index_package *offer = package->candidate->package;

	if (strcmp(manifest->name, package->entry.name) != 0 ||
		strcmp(manifest->version, package->entry.version) != 0 ||
		manifest->release != package->entry.release)
		return err_set(ERR_FORMAT, "%s: the package says that it is %s-%s", label,
			manifest->name, manifest->version);
	/* Room was looked for by what the index says. */
	if (manifest_installed_size(manifest) != offer->installed_size)
		return err_set(
			ERR_FORMAT, "%s: is larger or smaller than its repository says", label);
	if (!lists_equal(&manifest->requires, &offer->requires) ||
		!lists_equal(&manifest->provides, &offer->provides) ||
		!lists_equal(&manifest->conflicts, &offer->conflicts) ||
		!lists_equal(&manifest->replaces, &offer->replaces))
		return err_set(ERR_FORMAT,
			"%s: requires and provides other things than its repository says",
			label);
	if (!declared_equal(&manifest->declared, &offer->declared))
		return err_set(ERR_FORMAT,
			"%s: declares other accounts, directories, services or triggers than "
			"its repository says",
			label);
	return 0;
}

struct unpacking { /* a package on its way into the store */
	struct plan_package *package;
	struct archiver *archiver;
	int fd; /* of its file (I1) */
	bool is_own_fd;
	struct objects_new *new;
};

/* One of a batch, in a thread of its own. */
static int
unpack(void *data, size_t index, struct arena *arena)
{
	const struct unpacking *unpacking = &((const struct unpacking *)data)[index];
	const char *label = generation_package_label(arena, &unpacking->package->entry);
	int directory AUTO(file_close) = -1;
	struct manifest *manifest;

	TRY(file_open_dir(AT_FDCWD, objects_staging_path(unpacking->new), &directory));
	TRY(package_unpack(
		arena, unpacking->archiver, unpacking->fd, label, directory, &manifest));
	TRY(check_offer(unpacking->package, manifest, label));
	return objects_seal(unpacking->new);
}

/* A copy of ours is verified and unpacked: its owner may write to the file meanwhile. */
static int
copy_local(struct state *state, const struct candidate *candidate, int *ret_fd)
{
	int from AUTO(file_close) = -1;
	int directory AUTO(file_close) = -1;
	int fd AUTO(file_close) = -1;
	struct digest digest;

	TRY(file_open(AT_FDCWD, candidate->path, &from));
	TRY(file_open_dir(store_root_dir(state->store), "store", &directory));
	TRY(file_unnamed(directory, &fd));
	TRY(err_context(file_copy(from, fd), "%s", candidate->path));
	TRY(err_context(hash_file(fd, &digest), "%s", candidate->path));
	if (!digest_equal(&digest, &candidate->package->sha256))
		return err_set(ERR_DIGEST, "%s: changed while it was being installed",
			candidate->path);
	*ret_fd = fd;
	fd = -1;
	return 0;
}

static int
begin_unpacking(struct state *state, struct unpacking *unpacking)
{
	const struct candidate *candidate = unpacking->package->candidate;

	if (candidate->path != NULL) {
		TRY(copy_local(state, candidate, &unpacking->fd));
		unpacking->is_own_fd = true;
	}
	return objects_begin(
		state->store, unpacking->package->entry.store_name, &unpacking->new);
}

static int
unpack_batch(struct state *state, struct unpacking *batch, size_t count)
{
	/* What is read on the way is read again from the store: it need not stay. */
	struct arena *arena AUTO(arena_free) = arena_new();

	for (size_t i = 0; i < count; i++)
		TRY(begin_unpacking(state, &batch[i]));
	TRY(parallel_run(arena, count, unpack, batch));
	for (size_t i = 0; i < count; i++)
		TRY(objects_finish(&batch[i].new));
	return 0;
}

/* Drop what was not finished. */
static void
end_batch(struct unpacking *batch, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		objects_abandon(&batch[i].new);
		if (batch[i].is_own_fd)
			file_close(&batch[i].fd);
	}
}

/* How a crowd of packages gets into the store. */
struct intake {
	struct state *state;
	struct archiver *archiver; /* decompresses all of them */
	struct plan_package **packages;
	size_t count;
	size_t done; /* packages that are in the store */
	const struct intake_progress *progress;
	uint64_t fetched_bytes; /* of the groups before */
};

struct group { /* of packages that are fetched together: each is an open file until it is unpacked */
	struct plan_package **packages;
	size_t count;
	struct trust_package fetched[GROUP]; /* those that are not local, in the same order */
	size_t fetch_count;
};

static void
show_fetched(void *data, uint64_t bytes)
{
	const struct intake *intake = data;

	intake->progress->fetched(intake->progress->data, intake->fetched_bytes + bytes);
}

static int
fetch(struct intake *intake, struct group *group)
{
	struct state *state = intake->state;
	struct trust_options options = state->trust_options;
	int directory AUTO(file_close) = -1;

	if (group->fetch_count == 0)
		return 0;
	if (state->request->is_offline)
		return err_set(ERR_FETCH, "%s: must be fetched (run without --offline)",
			group->fetched[0].package->file);
	options.fetch.progress = show_fetched;
	options.fetch.data = intake;
	TRY(file_open_dir(store_root_dir(state->store), "store", &directory));
	TRY(trust_fetch(state->trust, &options, directory, group->fetched, group->fetch_count));
	for (size_t i = 0; i < group->fetch_count; i++)
		intake->fetched_bytes += group->fetched[i].package->download_size;
	return 0;
}

static void
close_all(struct group *group)
{
	for (size_t i = 0; i < group->fetch_count; i++)
		file_close(&group->fetched[i].ret_fd);
}

static int
unpack_group(struct intake *intake, const struct group *group)
{
	size_t next = 0;

	for (size_t done = 0; done < group->count;) {
		struct unpacking batch[BATCH] = { { 0 } };
		size_t left = group->count - done;
		size_t batch_count = left < BATCH ? left : BATCH;
		int ret;

		for (size_t i = 0; i < batch_count; i++) {
			batch[i].package = group->packages[done + i];
			batch[i].archiver = intake->archiver;
			if (batch[i].package->candidate->path == NULL)
				batch[i].fd = group->fetched[next++].ret_fd;
		}
		ret = unpack_batch(intake->state, batch, batch_count);
		end_batch(batch, batch_count);
		TRY(ret);
		for (size_t i = 0; i < batch_count; i++, done++)
			intake->progress->unpacked(intake->progress->data,
				generation_package_label(
					intake->state->arena, &group->packages[done]->entry),
				++intake->done, intake->count);
	}
	return 0;
}

static int
take_group(struct intake *intake, struct plan_package **packages, size_t count)
{
	struct group group = { .packages = packages, .count = count };
	int ret;

	for (size_t i = 0; i < count; i++)
		if (packages[i]->candidate->path == NULL)
			group.fetched[group.fetch_count++] =
				(struct trust_package){ packages[i]->candidate->repository,
					packages[i]->candidate->package, -1 };
	ret = fetch(intake, &group);
	if (ret >= 0)
		ret = unpack_group(intake, &group);
	close_all(&group);
	return ret;
}

/* Fetch and unpack, with one weld-archive for all. */
static int
take_in(struct intake *intake)
{
	struct archiver *archiver AUTO(archiver_free) = NULL;

	if (intake->count > 0)
		TRY(archiver_start(0, &archiver));
	intake->archiver = archiver;
	for (size_t from = 0; from < intake->count; from += GROUP) {
		size_t left = intake->count - from;

		TRY(take_group(intake, &intake->packages[from], left < GROUP ? left : GROUP));
	}
	return objects_settle(intake->state->store);
}

int
intake_packages(struct state *state, struct plan *plan, const struct intake_progress *progress)
{
	struct intake intake = { .state = state,
		.packages = arena_array(
			state->arena, plan->packages.len + 1, sizeof(struct plan_package *)),
		.progress = progress };

	VEC_EACH (struct plan_package, package, &plan->packages)
		if (!package->is_passive &&
			!objects_has(state->store, package->entry.store_name))
			intake.packages[intake.count++] = package;
	TRY(take_in(&intake));
	VEC_EACH (struct plan_package, package, &plan->packages) {
		if (package->is_passive)
			continue;
		if (package->manifest == NULL)
			TRY(read_manifest(state, package));
		else if (package->entry.files == NULL &&
			 !generation_has_list(state->store, &package->entry))
			record_files(state->arena, package);
	}
	return 0;
}
