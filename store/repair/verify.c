/* SPDX-License-Identifier: MIT */
/*
 * Comparing generations with their manifests. Every object and image is hashed once, however
 * many generations link to it.
 */
#include "store/repair.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/vec.h"
#include "store/database/database.h"
#include "store/generation/farm.h"
#include "store/generation/files.h"
#include "store/generation/fold.h"
#include "store/objects.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

struct verify {
	struct arena *arena;
	const struct store *store;
	const char *package; /* a name; NULL: all */
	struct map seen; /* paths in ROOT/store that were looked at */
	VEC(struct repair_finding) findings;
};

static void
report(struct verify *verify, const char *path, const char *package, const char *problem)
{
	vec_push(verify->arena, &verify->findings,
		(struct repair_finding){
			.path = path, .package = package, .problem = problem });
}

/* Compare a file of the store with its digest. */
static int
check_contents(struct verify *verify, const char *path, const struct digest *expected,
	const char *package)
{
	struct digest digest;
	struct stat info;
	int fd AUTO(file_close) = -1;
	int ret;

	if (map_has(&verify->seen, path))
		return 0;
	map_set(verify->arena, &verify->seen, path, NULL);
	ret = file_open_beneath(verify->store->dir, path, O_RDONLY, 0, &fd);
	if (ret == ERR_NOT_FOUND) {
		report(verify, path, package, "missing");
		return 0;
	}
	TRY(ret);
	if (fstat(fd, &info) < 0)
		return err_errno("%s", path);
	if (!S_ISREG(info.st_mode)) {
		report(verify, path, package, "not a file");
		return 0;
	}
	if ((info.st_mode & 07222) != 0)
		report(verify, path, package, "can be written or has set-id bits");
	TRY(err_context(hash_file(fd, &digest), "%s", path));
	if (!digest_equal(&digest, expected))
		report(verify, path, package, "changed");
	return 0;
}

/* Every object of a package has its digest as name: units too, which no link points to. */
static int
check_objects(struct verify *verify, const struct generation_package *package)
{
	const char *label = generation_package_label(verify->arena, package);
	const char *path = arena_printf(verify->arena, "store/%s/objects", package->store_name);
	int dir AUTO(file_close) = -1;
	char **names;
	size_t count;

	TRY(check_contents(verify,
		arena_printf(verify->arena, "store/%s/manifest.json", package->store_name),
		&package->manifest, label));
	if (!file_exists(verify->store->dir, path))
		return 0;
	TRY(file_open_dir(verify->store->dir, path, &dir));
	TRY(file_list(verify->arena, dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		const char *object = arena_printf(verify->arena, "%s/%s", path, names[i]);
		struct digest digest;

		if (digest_parse(names[i], &digest) < 0)
			report(verify, object, label, "not in its package");
		else
			TRY(check_contents(verify, object, &digest, label));
	}
	return 0;
}

static int
check_link(struct verify *verify, const char *path, const struct tree_entry *entry)
{
	char *target;
	int ret = file_read_link(verify->arena, verify->store->dir, path, &target);

	if (ret == ERR_NOT_FOUND)
		report(verify, path, entry->package, "missing");
	else if (ret < 0)
		report(verify, path, entry->package, "not a link");
	else if (strcmp(target, tree_link_target(verify->arena, entry)) != 0)
		report(verify, path, entry->package, "changed");
	return 0;
}

struct list_check { /* of the links that stand beside a package's list */
	struct verify *verify;
	const struct generation_package *package; /* with its files */
	const char *label;
	const char *store_name; /* of the list */
};

static int
check_list_link(const struct list_check *check, const struct generation_file *file)
{
	struct verify *verify = check->verify;
	const char *path = arena_printf(
		verify->arena, "store/%s/" FILES_TREE "/%s", check->store_name, file->path);
	struct tree_entry entry;
	char *target;
	int ret;

	if (file->kind == GENERATION_DIRECTORY) {
		if (!file_exists(verify->store->dir, path))
			report(verify, path, check->label, "missing");
		return 0;
	}
	tree_describe_file(verify->arena, check->package, check->label, file, &entry);
	ret = file_read_link(verify->arena, verify->store->dir, path, &target);
	if (ret == ERR_NOT_FOUND)
		report(verify, path, check->label, "missing");
	else if (ret < 0)
		report(verify, path, check->label, "not a link");
	else if (strcmp(target, files_link_target(verify->arena, &entry)) != 0)
		report(verify, path, check->label, "changed");
	return 0;
}

static int
check_list_part(void *data, const struct fold_part *part)
{
	const struct list_check *check = data;

	for (size_t i = part->from; part->directory != NULL && i < part->to; i++)
		TRY(check_list_link(check, &check->package->files[i]));
	return 0;
}

/* What a list's files lead to, and the links beside it: once for all generations. */
static int
check_list_files(
	struct verify *verify, const struct generation_package *package, const char *label)
{
	struct list_check check = { verify, package, label,
		files_has_list(package) ? files_store_name(verify->arena, package) : NULL };

	if (check.store_name != NULL && map_has(&verify->seen, check.store_name))
		return 0;
	if (check.store_name != NULL)
		TRY(check_contents(verify,
			arena_printf(verify->arena, "store/%s/" FILES_NAME, check.store_name),
			&package->list, label));
	for (size_t i = 0; i < package->file_count; i++) {
		struct tree_entry entry;

		tree_describe_file(verify->arena, package, label, &package->files[i], &entry);
		if (entry.target != NULL && package->files[i].kind == GENERATION_FILE)
			TRY(check_contents(verify, entry.target, &entry.digest, label));
	}
	if (check.store_name == NULL)
		return 0;
	map_set(verify->arena, &verify->seen, check.store_name, NULL);
	return fold_parts(verify->arena, package->files, package->file_count, "",
		check_list_part, &check);
}

/* Read the lists of a generation's packages. False when one cannot be read: the tree cannot be told then. */
static bool
read_lists(struct verify *verify, struct generation *generation)
{
	struct generation_package *packages =
		arena_array(verify->arena, generation->package_count + 1, sizeof *packages);
	bool is_whole = true;

	for (size_t i = 0; i < generation->package_count; i++) {
		packages[i] = generation->packages[i];
		if (generation_files(verify->arena, verify->store, &packages[i],
			    &packages[i].files, &packages[i].file_count) < 0)
			is_whole = false;
	}
	generation->packages = packages;
	return is_whole;
}

static int
check_entry(struct verify *verify, uint64_t number, const struct tree_entry *entry)
{
	const char *path =
		arena_printf(verify->arena, "generations/%" PRIu64 "/%s", number, entry->path);

	if (entry->kind == TREE_STATE && !tree_is_config(entry))
		return 0;
	if (entry->is_made)
		TRY(check_contents(verify, entry->target, &entry->digest, entry->package));
	if (entry->kind != TREE_DIRECTORY)
		return check_link(verify, path, entry);
	if (!file_exists(verify->store->dir, path))
		report(verify, path, entry->package, "missing");
	return 0;
}

/* Whether an entry belongs to the package that is looked at. */
static bool
is_wanted(const struct verify *verify, const struct generation *generation, const char *label)
{
	if (verify->package == NULL)
		return true;
	for (size_t i = 0; i < generation->package_count; i++)
		if (strcmp(generation->packages[i].name, verify->package) == 0)
			return strcmp(label, generation_package_label(verify->arena,
						     &generation->packages[i])) == 0;
	return false;
}

/* No link points to what stands beside an image. */
static int
check_beside(struct verify *verify, const struct generation_image *image)
{
	const char *directory = arena_printf(verify->arena, "store/%s", image->store_name);

	if (image->has_facts)
		TRY(check_contents(verify,
			arena_printf(verify->arena, "%s/" GENERATION_FACTS, directory),
			&image->facts, image->package));
	if (image->has_sites)
		TRY(check_contents(verify,
			arena_printf(verify->arena, "%s/" GENERATION_SITES, directory),
			&image->sites, image->package));
	return 0;
}

/* The description itself: generation_read() makes do with a copy. */
static int
check_manifest(struct verify *verify, uint64_t number)
{
	struct generation generation;
	struct manifest_text manifest;
	struct digest known;
	bool is_known = false;

	if (verify->store->db != NULL)
		TRY(database_find_generation(verify->store, number, &is_known, &known));
	if (!is_known)
		return 0;
	if (generation_read_file(verify->arena, verify->store, number, &generation, &manifest) <
			0 ||
		!digest_equal(&manifest.digest, &known))
		report(verify,
			arena_printf(
				verify->arena, "generations/%" PRIu64 "/manifest.json", number),
			"", "changed");
	return 0;
}

static int
check_packages(
	struct verify *verify, const struct generation *generation, bool *ret_has_package)
{
	for (size_t i = 0; i < generation->package_count; i++) {
		const struct generation_package *package = &generation->packages[i];

		if (verify->package != NULL && strcmp(package->name, verify->package) != 0)
			continue;
		*ret_has_package = true;
		TRY(check_objects(verify, package));
		TRY(check_list_files(
			verify, package, generation_package_label(verify->arena, package)));
	}
	return 0;
}

static int
check_generation(struct verify *verify, uint64_t number, bool *ret_has_package)
{
	struct generation generation;
	struct tree tree;
	bool is_whole;

	if (verify->package == NULL)
		TRY(check_manifest(verify, number));
	TRY(generation_read(verify->arena, verify->store, number, &generation));
	is_whole = read_lists(verify, &generation);
	TRY(check_packages(verify, &generation, ret_has_package));
	for (size_t i = 0; i < generation.image_count; i++)
		if (is_wanted(verify, &generation, generation.images[i].package))
			TRY(check_beside(verify, &generation.images[i]));
	if (!is_whole)
		return 0;
	TRY(farm_make(verify->arena, verify->store, &generation, NULL, &tree));
	for (size_t i = 0; i < tree.count; i++)
		if (is_wanted(verify, &generation, tree.entries[i]->package))
			TRY(check_entry(verify, number, tree.entries[i]));
	return 0;
}

int
repair_verify(struct arena *arena, const struct store *store, uint64_t generation,
	const char *package, struct repair_finding **ret_findings, size_t *ret_count)
{
	struct verify verify = { .arena = arena, .store = store, .package = package };
	uint64_t *numbers = &generation;
	size_t count = 1;
	bool has_package = false;

	if (generation == 0)
		TRY(generation_list_numbers(arena, store, &numbers, &count));
	for (size_t i = 0; i < count; i++)
		TRY(check_generation(&verify, numbers[i], &has_package));
	if (package != NULL && !has_package)
		return err_set(ERR_NOT_FOUND, "%s: not installed", package);
	*ret_findings = verify.findings.at;
	*ret_count = verify.findings.len;
	return 0;
}

/* The directory in ROOT/store that a finding's path lies in; NULL when it is elsewhere. */
static char *
store_name_of(struct arena *arena, const char *path)
{
	struct str rest = str_from(path);
	struct str part;

	if (!str_has_prefix(path, "store/"))
		return NULL;
	str_cut(&rest, '/', &part);
	str_cut(&rest, '/', &part);
	return str_copy(arena, part);
}

int
repair_expect_new(
	struct arena *arena, struct store *store, char ***ret_store_names, size_t *ret_count)
{
	VEC(char *) names = { 0 };
	struct repair_finding *findings;
	size_t count;

	TRY(repair_verify(arena, store, 0, NULL, &findings, &count));
	for (size_t i = 0; i < count; i++) {
		char *name = store_name_of(arena, findings[i].path);

		if (name == NULL || store_is_damaged(store, name))
			continue;
		objects_expect_new(store, name);
		vec_push(arena, &names, name);
	}
	*ret_store_names = names.at;
	*ret_count = names.len;
	return 0;
}
