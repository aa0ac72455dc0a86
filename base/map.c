/* SPDX-License-Identifier: MIT */
/*
 * An insertion-ordered array with an open-addressed index over it, at most
 * half full. The hash is FNV-1a: keys are names from verified packages; the
 * worst a crafted set of names can cost is time that the caller's limits bound.
 */
#include "base/map.h"

#include "base/arena.h"
#include "base/vec.h"

#include <stdint.h>
#include <string.h>

static uint64_t
hash_key(const char *key)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *key != '\0'; key++)
		hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return hash ^ (hash >> 29);
}

/* The place in the table of the key's entry, or of the free cell where it belongs. */
static size_t *
find_cell(const struct map *map, const char *key)
{
	size_t mask = map->table_size - 1;

	for (size_t i = hash_key(key) & mask;; i = (i + 1) & mask) {
		size_t *cell = &map->table[i];

		if (*cell == 0 || strcmp(map->entries[*cell - 1].key, key) == 0)
			return cell;
	}
}

static void
grow_table(struct arena *arena, struct map *map)
{
	map->table_size = map->table_size == 0 ? 32 : map->table_size * 2;
	map->table = arena_array(arena, map->table_size, sizeof *map->table);
	for (size_t i = 0; i < map->len; i++)
		*find_cell(map, map->entries[i].key) = i + 1;
}

void
map_set(struct arena *arena, struct map *map, const char *key, void *value)
{
	size_t *cell;

	if (map->len + 1 > map->table_size / 2)
		grow_table(arena, map);
	cell = find_cell(map, key);
	if (*cell != 0) {
		map->entries[*cell - 1].value = value;
		return;
	}
	if (map->len == map->cap)
		map->entries = vec_grow(
			arena, map->entries, map->len, &map->cap, sizeof *map->entries);
	map->entries[map->len++] = (struct map_entry){ .key = key, .value = value };
	*cell = map->len;
}

void *
map_get(const struct map *map, const char *key)
{
	size_t *cell;

	if (map->table_size == 0)
		return NULL;
	cell = find_cell(map, key);
	return *cell == 0 ? NULL : map->entries[*cell - 1].value;
}

bool
map_has(const struct map *map, const char *key)
{
	return map->table_size != 0 && *find_cell(map, key) != 0;
}
