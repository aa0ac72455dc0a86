/* SPDX-License-Identifier: MIT */
/*
 * A line of an input section has address, load address, size and alignment, and
 * then, indented, FILE:(SECTION). The order of lines is that of addresses, and
 * sections of one name keep the order that they have in their file.
 */
#include "linker/image/link_map.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

struct link_map_place {
	uint64_t address;
	struct link_map_place *next;
};

static void
skip_spaces(struct str *line)
{
	while (line->len > 0 && *line->at == ' ')
		*line = (struct str){ line->at + 1, line->len - 1 };
}

static bool
cut_word(struct str *line, struct str *ret_word)
{
	skip_spaces(line);
	return str_cut(line, ' ', ret_word) && ret_word->len > 0;
}

static void
add(struct arena *arena, struct link_map *map, const char *key, uint64_t address)
{
	struct link_map_place *place = ARENA_NEW(arena, struct link_map_place);
	struct link_map_place *last = map_get(&map->places, key);

	place->address = address;
	if (last == NULL) {
		map_set(arena, &map->places, key, place);
		return;
	}
	while (last->next != NULL)
		last = last->next;
	last->next = place;
}

void
link_map_read(struct arena *arena, struct str text, struct link_map *ret_map)
{
	struct link_map map = { 0 };
	struct str line, address, word;

	while (str_cut(&text, '\n', &line)) {
		if (line.len == 0 || line.at[line.len - 1] != ')' ||
			!cut_word(&line, &address) || !cut_word(&line, &word) ||
			!cut_word(&line, &word) || !cut_word(&line, &word))
			continue;
		skip_spaces(&line);
		if (line.len > 0 && line.at[0] == '/')
			add(arena, &map, str_copy(arena, line),
				strtoull(str_copy(arena, address), NULL, 16));
	}
	*ret_map = map;
}

static struct link_map_place *
find(struct arena *arena, const struct link_map *map, const char *file, const char *section)
{
	return map_get(&map->places, arena_printf(arena, "%s:(%s)", file, section));
}

size_t
link_map_count(
	struct arena *arena, const struct link_map *map, const char *file, const char *section)
{
	size_t count = 0;

	for (const struct link_map_place *place = find(arena, map, file, section);
		place != NULL; place = place->next)
		count++;
	return count;
}

uint64_t
link_map_find(struct arena *arena, const struct link_map *map, const char *file,
	const char *section, size_t rank)
{
	const struct link_map_place *place = find(arena, map, file, section);

	for (; rank > 0; rank--)
		place = place->next;
	return place->address;
}

bool
link_map_take(struct arena *arena, const struct link_map *map, const char *file,
	const char *section, uint64_t *ret_address)
{
	struct link_map_place *place = find(arena, map, file, section);

	if (place == NULL || place->address == UINT64_MAX)
		return false;
	*ret_address = place->address;
	if (place->next != NULL)
		*place = *place->next;
	else
		place->address = UINT64_MAX;
	return true;
}
