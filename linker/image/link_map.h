/* SPDX-License-Identifier: MIT */
/*
 * link_map: where the static linker put each section of its input.
 */
#ifndef LINKER_IMAGE_LINK_MAP_H
#define LINKER_IMAGE_LINK_MAP_H

#include "base/map.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct link_map {
	struct map places; /* "FILE:(SECTION)" to struct link_map_place */
};

/*
 * Read what ld.lld wrote for -Map. Lines that are not of an input section are passed over.
 *
 * Owner: the arena
 */
void link_map_read(struct arena *arena, struct str text, struct link_map *ret_map);

/*
 * Find the address of a section of an input file; false when it is not in the image.
 *
 * Of sections of one file that have one name, each call gives the next.
 */
bool link_map_take(struct arena *arena, const struct link_map *map, const char *file,
	const char *section, uint64_t *ret_address);

/* How many sections of a name of an input file are in the image. */
size_t link_map_count(
	struct arena *arena, const struct link_map *map, const char *file, const char *section);

/* The address of one of them, by its rank; nothing must have been taken yet. */
uint64_t link_map_find(struct arena *arena, const struct link_map *map, const char *file,
	const char *section, size_t rank);

#endif
