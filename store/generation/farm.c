/* SPDX-License-Identifier: MIT */
/*
 * A farm begins with what stays of its base. What comes is put in piece by piece: a whole directory of another
 * package that is in the way is opened, which puts its parts in the same way, so that (F1) and (F2) are decided
 * where two files meet. At last the directories that something has left are looked at, from the top: where one
 * package is alone now, they are one link again (F3).
 */
#include "store/generation/farm.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/vec.h"
#include "store/generation/files.h"
#include "store/generation/fold.h"

#include <stdlib.h>
#include <string.h>

struct farm {
	struct arena *arena;
	const struct store *store;
	struct map packages; /* label -> struct loaded */
	struct map places; /* path -> struct tree_entry; NULL: gone again */
	struct map above; /* directory that something is or was below -> farm */
	VEC(const char *) left; /* directories that something has left */
};

struct loaded { /* a package, its files when they were needed */
	const struct generation_package *package;
	const char *label;
	const struct generation_file *files;
	size_t count;
	bool is_loaded;
};

static int insert(struct farm *farm, struct tree_entry *entry);

static int
load(struct farm *farm, const char *label, struct loaded **ret_loaded)
{
	struct loaded *loaded = map_get(&farm->packages, label);

	if (loaded == NULL)
		return err_set(ERR_FORMAT, "%s: not in the generation", label);
	if (!loaded->is_loaded)
		TRY(generation_files(farm->arena, farm->store, loaded->package, &loaded->files,
			&loaded->count));
	loaded->is_loaded = true;
	*ret_loaded = loaded;
	return 0;
}

static bool
is_directory(const struct tree_entry *entry)
{
	return entry->kind == TREE_DIRECTORY ||
	       (entry->kind == TREE_STATE && entry->file_kind == GENERATION_DIRECTORY);
}

static int
fail_both(const struct tree_entry *a, const struct tree_entry *b)
{
	bool is_sorted = strcmp(a->package, b->package) <= 0;

	return err_set(ERR_EXISTS, "%s and %s both have %s", (is_sorted ? a : b)->package,
		(is_sorted ? b : a)->package, a->path);
}

static int
fail_below(const struct tree_entry *entry, const struct tree_entry *file)
{
	return err_set(ERR_EXISTS, "%s has %s, which lies below %s of %s, not a directory",
		entry->package, entry->path, file->path, file->package);
}

/* The directory that a path is in; NULL: it is at the top. */
static const char *
parent_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? NULL
			     : str_copy(arena, (struct str){ .at = path,
						       .len = (size_t)(slash - path) });
}

static void
put(struct farm *farm, struct tree_entry *entry)
{
	map_set(farm->arena, &farm->places, entry->path, entry);
	for (const char *at = parent_of(farm->arena, entry->path);
		at != NULL && !map_has(&farm->above, at); at = parent_of(farm->arena, at))
		map_set(farm->arena, &farm->above, at, farm);
}

struct parts { /* of a package's directory, on their way into the farm */
	struct farm *farm;
	const struct loaded *loaded;
};

static int
insert_file(const struct parts *parts, size_t i)
{
	struct tree_entry *entry = ARENA_NEW(parts->farm->arena, struct tree_entry);

	tree_describe_file(parts->farm->arena, parts->loaded->package, parts->loaded->label,
		&parts->loaded->files[i], entry);
	return insert(parts->farm, entry);
}

static int
insert_whole(const struct parts *parts, const char *directory)
{
	struct tree_entry *entry = ARENA_NEW(parts->farm->arena, struct tree_entry);

	tree_describe_whole(parts->farm->arena, parts->loaded->package, parts->loaded->label,
		directory, entry);
	return insert(parts->farm, entry);
}

/* Without a list in the store there is no directory that could be linked. */
static int
insert_part(void *data, const struct fold_part *part)
{
	const struct parts *parts = data;

	if (part->directory != NULL && files_has_list(parts->loaded->package))
		return insert_whole(parts, part->directory);
	for (size_t i = part->from; i < part->to; i++)
		TRY(insert_file(parts, i));
	return 0;
}

/* The directory itself, where the package's list has it. */
static int
insert_own(struct farm *farm, const struct loaded *loaded, const char *directory)
{
	for (size_t i = 0; i < loaded->count; i++)
		if (strcmp(loaded->files[i].path, directory) == 0)
			return insert_file(&(struct parts){ farm, loaded }, i);
	return 0;
}

/* Put the parts of a directory in, instead of it as a whole. */
static int
insert_parts(struct farm *farm, const struct tree_entry *whole)
{
	struct loaded *loaded;

	TRY(load(farm, whole->package, &loaded));
	TRY(insert_own(farm, loaded, whole->path));
	return fold_parts(farm->arena, loaded->files, loaded->count, whole->path, insert_part,
		&(struct parts){ farm, loaded });
}

/* Open a whole directory that another package comes into. */
static int
open_whole(struct farm *farm, const struct tree_entry *whole)
{
	map_set(farm->arena, &farm->places, whole->path, NULL);
	map_set(farm->arena, &farm->above, whole->path, farm);
	return insert_parts(farm, whole);
}

/* Open what stands above an entry, from the top, so that it can be put in. */
static int
open_above(struct farm *farm, const struct tree_entry *entry)
{
	for (const char *slash = strchr(entry->path, '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		char *path =
			str_copy(farm->arena, (struct str){ .at = entry->path,
						      .len = (size_t)(slash - entry->path) });
		const struct tree_entry *other = map_get(&farm->places, path);

		if (other == NULL || is_directory(other))
			continue;
		if (other->kind != TREE_WHOLE)
			return fail_below(entry, other);
		TRY(open_whole(farm, other));
	}
	return 0;
}

/* What is no directory meets something else. */
static int
fail_meeting(struct farm *farm, const struct tree_entry *entry, const struct tree_entry *file)
{
	struct loaded *loaded;
	struct tree_entry below;
	size_t from;
	size_t to;

	if (entry->kind != TREE_WHOLE)
		return fail_both(entry, file);
	TRY(load(farm, entry->package, &loaded));
	fold_range(loaded->files, loaded->count, entry->path, &from, &to);
	below = *entry;
	if (from < to)
		below.path = loaded->files[from].path;
	return fail_below(&below, file);
}

/* Something is at the entry's own path. */
static int
meet(struct farm *farm, struct tree_entry *other, struct tree_entry *entry)
{
	if (is_directory(other) && is_directory(entry)) {
		entry->next = other->next;
		other->next = entry;
		return 0;
	}
	if (other->kind != TREE_WHOLE && !is_directory(other))
		return fail_meeting(farm, entry, other);
	if (entry->kind != TREE_WHOLE && !is_directory(entry))
		return fail_meeting(farm, other, entry);
	if (other->kind == TREE_WHOLE)
		TRY(open_whole(farm, other));
	return entry->kind == TREE_WHOLE ? insert_parts(farm, entry) : insert(farm, entry);
}

/* What lies below an entry that is none. */
static int
fail_above(const struct farm *farm, const struct tree_entry *entry)
{
	size_t length = strlen(entry->path);

	for (size_t i = 0; i < farm->places.len; i++) {
		const struct tree_entry *other = farm->places.entries[i].value;

		if (other != NULL && strncmp(other->path, entry->path, length) == 0 &&
			other->path[length] == '/')
			return fail_below(other, entry);
	}
	return 0;
}

static int
insert(struct farm *farm, struct tree_entry *entry)
{
	struct tree_entry *other;

	TRY(open_above(farm, entry));
	other = map_get(&farm->places, entry->path);
	if (other != NULL)
		return meet(farm, other, entry);
	if (!is_directory(entry) && map_has(&farm->above, entry->path)) {
		if (entry->kind == TREE_WHOLE)
			return insert_parts(farm, entry);
		TRY(fail_above(farm, entry));
	}
	put(farm, entry);
	return 0;
}

static void
leave(struct farm *farm, const struct tree_entry *entry)
{
	for (const char *at = parent_of(farm->arena, entry->path); at != NULL;
		at = parent_of(farm->arena, at))
		vec_push(farm->arena, &farm->left, at);
}

/* Whether an entry of the base is one of this generation, too: then it stays as it is. */
static bool
stays(const struct farm *farm, const struct farm_base *base, const struct map *made,
	const struct tree_entry *entry)
{
	const struct loaded *loaded = map_get(&farm->packages, entry->package);
	const struct digest *list = map_get(&base->lists, entry->package);
	const struct tree_entry *same;

	if (!entry->is_made)
		return loaded != NULL && list != NULL && files_has_list(loaded->package) &&
		       digest_equal(list, &loaded->package->list);
	same = map_get(made, entry->path);
	return same != NULL && strcmp(same->target, entry->target) == 0 &&
	       strcmp(same->package, entry->package) == 0 &&
	       digest_equal(&same->digest, &entry->digest) &&
	       same->is_plugin == entry->is_plugin;
}

/* Begin with what stays; `made` loses what stays of it. */
static void
begin(struct farm *farm, const struct farm_base *base, struct map *made)
{
	for (size_t i = 0; i < base->tree.count; i++) {
		struct tree_entry *entry = base->tree.entries[i];
		struct tree_entry *other = map_get(&farm->places, entry->path);

		entry->next = NULL;
		if (!stays(farm, base, made, entry)) {
			leave(farm, entry);
			continue;
		}
		if (entry->is_made)
			map_set(farm->arena, made, entry->path, NULL);
		if (other == NULL) {
			put(farm, entry);
			continue;
		}
		entry->next = other->next;
		other->next = entry;
	}
}

static void
add_made(struct arena *arena, struct map *made, const struct tree_entry *entry)
{
	map_set(arena, made, entry->path, arena_copy(arena, entry, sizeof *entry));
}

/* Images and outputs by path. A plug-in's own path is that of its first image. */
static int
describe_made(struct arena *arena, const struct generation *generation, struct map *ret_made)
{
	struct map made = { 0 };
	struct tree_entry entry;

	for (size_t i = 0; i < generation->image_count; i++) {
		const struct generation_image *image = &generation->images[i];

		TRY(tree_describe_image(arena, image, &entry));
		if (map_has(&made, entry.path))
			return fail_both(map_get(&made, entry.path), &entry);
		add_made(arena, &made, &entry);
		if (!image->is_plugin)
			continue;
		entry.path = generation_plugin_path(image);
		entry.is_plugin = true;
		if (map_has(&made, entry.path) &&
			!((struct tree_entry *)map_get(&made, entry.path))->is_plugin)
			return fail_both(map_get(&made, entry.path), &entry);
		if (!map_has(&made, entry.path))
			add_made(arena, &made, &entry);
	}
	for (size_t i = 0; i < generation->output_count; i++) {
		TRY(tree_describe_output(arena, &generation->outputs[i], &entry));
		if (map_has(&made, entry.path))
			return fail_both(map_get(&made, entry.path), &entry);
		add_made(arena, &made, &entry);
	}
	*ret_made = made;
	return 0;
}

static int
insert_package(struct farm *farm, const char *label)
{
	struct loaded *loaded;

	TRY(load(farm, label, &loaded));
	return fold_parts(farm->arena, loaded->files, loaded->count, "", insert_part,
		&(struct parts){ farm, loaded });
}

static int
insert_packages(struct farm *farm, const struct farm_base *base)
{
	for (size_t i = 0; i < farm->packages.len; i++) {
		const struct loaded *loaded = farm->packages.entries[i].value;
		const struct digest *list =
			base == NULL ? NULL : map_get(&base->lists, loaded->label);

		if (list == NULL || !files_has_list(loaded->package) ||
			!digest_equal(list, &loaded->package->list))
			TRY(insert_package(farm, loaded->label));
	}
	return 0;
}

static int
insert_made(struct farm *farm, const struct map *made)
{
	for (size_t i = 0; i < made->len; i++)
		if (made->entries[i].value != NULL)
			TRY(insert(farm, made->entries[i].value));
	return 0;
}

/* By parts, so that what lies below a path follows it at once. */
static int
compare_paths(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	if (*a == '\0' || *b == '\0')
		return (*a != '\0') - (*b != '\0');
	if (*a == '/' || *b == '/')
		return (*b == '/') - (*a == '/');
	return (unsigned char)*a - (unsigned char)*b;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct tree_entry *left = *(struct tree_entry *const *)a;
	const struct tree_entry *right = *(struct tree_entry *const *)b;
	int order = compare_paths(left->path, right->path);

	return order != 0 ? order : strcmp(left->package, right->package);
}

static void
collect(struct farm *farm, struct tree *ret_tree)
{
	VEC(struct tree_entry *) entries = { 0 };

	for (size_t i = 0; i < farm->places.len; i++)
		for (struct tree_entry *entry = farm->places.entries[i].value; entry != NULL;
			entry = entry->next)
			vec_push(farm->arena, &entries, entry);
	if (entries.len > 0)
		qsort(entries.at, entries.len, sizeof *entries.at, compare_entries);
	ret_tree->entries = entries.at;
	ret_tree->count = entries.len;
}

static bool
is_at_or_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strncmp(path, directory, length) == 0 &&
	       (path[length] == '/' || path[length] == '\0');
}

/* The first entry at a directory or below it; they stand together. */
static size_t
find_first(const struct tree *tree, const char *directory)
{
	size_t from = 0;
	size_t to = tree->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (compare_paths(tree->entries[middle]->path, directory) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

/* Make a directory one link where a package is alone there; 1 when it was made so. */
static int
close_whole(struct farm *farm, const struct tree *tree, const char *directory)
{
	size_t from = find_first(tree, directory);
	size_t to = from;
	struct tree_entry *whole;
	struct loaded *loaded;

	while (to < tree->count && is_at_or_below(tree->entries[to]->path, directory)) {
		if (tree->entries[to]->is_made ||
			strcmp(tree->entries[to]->package, tree->entries[from]->package) != 0)
			return 0;
		to++;
	}
	if (from == to || (tree->entries[from]->kind == TREE_WHOLE && to == from + 1 &&
				  strcmp(tree->entries[from]->path, directory) == 0))
		return 0;
	TRY(load(farm, tree->entries[from]->package, &loaded));
	if (!files_has_list(loaded->package) ||
		!fold_can(loaded->files, loaded->count, directory))
		return 0;
	whole = ARENA_NEW(farm->arena, struct tree_entry);
	tree_describe_whole(farm->arena, loaded->package, loaded->label, directory, whole);
	for (size_t i = from; i < to; i++)
		map_set(farm->arena, &farm->places, tree->entries[i]->path, NULL);
	map_set(farm->arena, &farm->places, directory, whole);
	return 1;
}

static int
compare_texts(const void *a, const void *b)
{
	return compare_paths(*(const char *const *)a, *(const char *const *)b);
}

/* (F3) for what something has left. */
static int
close_left(struct farm *farm, const struct tree *tree)
{
	const char *closed = NULL;

	if (farm->left.len > 0)
		qsort(farm->left.at, farm->left.len, sizeof *farm->left.at, compare_texts);
	for (size_t i = 0; i < farm->left.len; i++) {
		const char *directory = farm->left.at[i];
		int ret;

		if (strchr(directory, '/') == NULL ||
			(i > 0 && strcmp(directory, farm->left.at[i - 1]) == 0) ||
			(closed != NULL && is_at_or_below(directory, closed)))
			continue;
		ret = close_whole(farm, tree, directory);
		TRY(ret);
		if (ret > 0)
			closed = directory;
	}
	return closed != NULL;
}

/* The packages by label; names are unique. */
static int
add_packages(struct farm *farm, const struct generation *generation)
{
	for (size_t i = 0; i < generation->package_count; i++) {
		struct loaded *loaded = ARENA_NEW(farm->arena, struct loaded);

		loaded->package = &generation->packages[i];
		loaded->label = generation_package_label(farm->arena, loaded->package);
		if (i > 0 && strcmp(generation->packages[i - 1].name,
				     generation->packages[i].name) == 0)
			return err_set(ERR_EXISTS, "%s: twice in one generation",
				generation->packages[i].name);
		map_set(farm->arena, &farm->packages, loaded->label, loaded);
	}
	return 0;
}

int
farm_make(struct arena *arena, const struct store *store, const struct generation *generation,
	const struct farm_base *base, struct tree *ret_tree)
{
	struct farm farm = { .arena = arena, .store = store };
	struct map made;
	int ret;

	TRY(add_packages(&farm, generation));
	TRY(describe_made(arena, generation, &made));
	if (base != NULL)
		begin(&farm, base, &made);
	TRY(insert_packages(&farm, base));
	TRY(insert_made(&farm, &made));
	collect(&farm, ret_tree);
	ret = close_left(&farm, ret_tree);
	TRY(ret);
	if (ret > 0)
		collect(&farm, ret_tree);
	for (size_t i = 0; base != NULL && i < base->tree.count; i++)
		base->tree.entries[i]->is_gone = true;
	for (size_t i = 0; i < ret_tree->count; i++)
		ret_tree->entries[i]->is_gone = false;
	return 0;
}
