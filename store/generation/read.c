/* SPDX-License-Identifier: MIT */
/* Reading generations, and their directories as a whole. */
#include "store/generation/tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/vec.h"
#include "store/database/database.h"
#include "store/generation/farm.h"
#include "store/root/handle.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST_SIZE_MAX ((size_t)1 << 30) /* bytes */

bool
generation_parse_number(const char *name, uint64_t *ret_number)
{
	uint64_t number;
	char again[24];

	if (sscanf(name, "%20" SCNu64, &number) != 1 || number == 0 || number > INT64_MAX)
		return false;
	snprintf(again, sizeof again, "%" PRIu64, number);
	if (strcmp(again, name) != 0)
		return false;
	*ret_number = number;
	return true;
}

static int
compare_numbers(const void *a, const void *b)
{
	const uint64_t *left = a;
	const uint64_t *right = b;

	return (*left > *right) - (*left < *right);
}

int
generation_list_numbers(struct arena *arena, const struct store *store, uint64_t **ret_numbers,
	size_t *ret_count)
{
	VEC(uint64_t) numbers = { 0 };
	char **names;
	size_t count;

	TRY(file_list(arena, store->generations_dir, &names, &count));
	for (size_t i = 0; i < count; i++) {
		uint64_t number;

		if (generation_parse_number(names[i], &number))
			vec_push(arena, &numbers, number);
	}
	if (numbers.len > 0)
		qsort(numbers.at, numbers.len, sizeof *numbers.at, compare_numbers);
	*ret_numbers = numbers.at;
	*ret_count = numbers.len;
	return 0;
}

static int
read_manifest(struct arena *arena, const struct store *store, uint64_t number,
	struct generation *ret_generation, struct manifest_text *ret_manifest)
{
	struct generation generation;
	struct str text;
	char path[64];

	snprintf(path, sizeof path, "%" PRIu64, number);
	if (!file_exists(store->generations_dir, path))
		return err_set(ERR_NOT_FOUND, "there is none");
	snprintf(path, sizeof path, "%" PRIu64 "/manifest.json", number);
	TRY(file_read(arena, store->generations_dir, path, MANIFEST_SIZE_MAX, &text));
	TRY(generation_read_manifest(arena, text, &generation));
	if (generation.number != number)
		return err_set(ERR_FORMAT, "manifest.json is of generation %" PRIu64,
			generation.number);
	ret_manifest->text = text;
	ret_manifest->digest = hash_bytes(text.at, text.len);
	*ret_generation = generation;
	return 0;
}

int
generation_read_file(struct arena *arena, const struct store *store, uint64_t number,
	struct generation *ret_generation, struct manifest_text *ret_manifest)
{
	return err_context(read_manifest(arena, store, number, ret_generation, ret_manifest),
		"generation %" PRIu64, number);
}

/* The file is damaged: its copy in the database serves until the next transaction. */
static int
read_copy(struct arena *arena, const struct store *store, uint64_t number,
	const struct digest *known, struct generation *ret_generation)
{
	struct digest digest;
	struct str text;

	TRY(database_find_text(arena, store, number, &text));
	digest = hash_bytes(text.at, text.len);
	if (!digest_equal(&digest, known))
		return err_set(
			ERR_FORMAT, "generation %" PRIu64 ": its copy is damaged", number);
	return generation_read_manifest(arena, text, ret_generation);
}

static int
fail_changed(const struct store *store, uint64_t number)
{
	uint64_t current = 0;

	TRY(store_current(store, &current));
	return err_set(ERR_FORMAT, "generation %" PRIu64 ": manifest.json was changed (%s)",
		number,
		number == current ? "go back with 'weld rollback'"
				  : "'weld gc --keep 1' forgets it");
}

int
generation_read(struct arena *arena, const struct store *store, uint64_t number,
	struct generation *ret_generation)
{
	struct manifest_text manifest;
	struct digest known;
	bool is_known = false;
	int ret;

	if (number == 0) {
		*ret_generation = (struct generation){ .command = "" };
		return 0;
	}
	if (store->db != NULL)
		TRY(database_find_generation(store, number, &is_known, &known));
	ret = generation_read_file(arena, store, number, ret_generation, &manifest);
	if (!is_known || (ret >= 0 && digest_equal(&manifest.digest, &known)))
		return ret;
	if (read_copy(arena, store, number, &known, ret_generation) >= 0)
		return 0;
	return fail_changed(store, number);
}

int
generation_read_current(
	struct arena *arena, const struct store *store, struct generation *ret_generation)
{
	uint64_t number;
	int ret;

	TRY(store_current(store, &number));
	ret = number == 0 || store->db == NULL
		      ? 0
		      : database_read_installed(arena, store, number, ret_generation);
	TRY(ret);
	return ret > 0 ? 0 : generation_read(arena, store, number, ret_generation);
}

/* The list of each package of the current generation, by label. */
static void
map_lists(struct arena *arena, const struct generation *generation, struct map *ret_lists)
{
	for (size_t i = 0; i < generation->package_count; i++)
		map_set(arena, ret_lists,
			generation_package_label(arena, &generation->packages[i]),
			(void *)&generation->packages[i].list);
}

int
tree_find_base(struct arena *arena, const struct store *store, struct tree_made *made)
{
	struct farm_base *base = ARENA_NEW(arena, struct farm_base);
	struct generation current = { 0 };
	uint64_t number;
	int ret;

	*base = (struct farm_base){ 0 };
	TRY(store_current(store, &number));
	ret = number == 0 ? 0 : database_read_installed(arena, store, number, &current);
	if (ret > 0)
		ret = database_read_places(arena, store, number, &base->tree);
	TRY(ret);
	if (ret > 0)
		map_lists(arena, &current, &base->lists);
	made->base = ret > 0 ? base : NULL;
	return 0;
}

int
tree_read_current(struct arena *arena, const struct store *store, struct tree *ret_tree)
{
	struct generation generation;
	uint64_t number;
	int ret;

	TRY(store_current(store, &number));
	ret = number == 0 ? 0 : database_read_places(arena, store, number, ret_tree);
	TRY(ret);
	if (ret > 0)
		return 0;
	TRY(generation_read(arena, store, number, &generation));
	return farm_make(arena, store, &generation, NULL, ret_tree);
}

int
generation_drop_staging(struct store *store, const char *staging)
{
	return file_remove_tree(store->generations_dir, staging);
}

int
generation_remove_tree(struct store *store, uint64_t number)
{
	struct arena *arena AUTO(arena_free) = arena_new();
	const char *old = store_new_name(arena);
	char name[24];
	int ret;

	snprintf(name, sizeof name, "%" PRIu64, number);
	ret = file_rename(store->generations_dir, name, store->generations_dir, old);
	if (ret == ERR_NOT_FOUND)
		return 0;
	TRY(err_context(ret, "generation"));
	return generation_drop_staging(store, old);
}
