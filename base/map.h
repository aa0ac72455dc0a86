/* SPDX-License-Identifier: MIT */
/*
 * map: from strings to pointers, in an arena.
 *
 * Entries are visited in the order in which they were added, so that the same
 * input always gives the same output.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct map_entry {
	const char *key; /* borrowed: must outlive the map */
	void *value;
};

struct map { /* { 0 } is empty; read entries[0..len), change through the functions only */
	struct map_entry *entries;
	size_t len; /* entries */
	size_t cap; /* entries */
	size_t *table; /* entry index + 1, 0 is free */
	size_t table_size; /* a power of two, or 0 */
};

/* Set the value of a key, replacing an earlier one. */
void map_set(struct arena *arena, struct map *map, const char *key, void *value);

/* The value of a key; NULL when it has none. */
void *map_get(const struct map *map, const char *key);

/* Whether the key has a value, also when that is NULL. */
bool map_has(const struct map *map, const char *key);

#endif
