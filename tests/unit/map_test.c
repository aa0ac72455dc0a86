/* SPDX-License-Identifier: MIT */
/* map: values by key, replaced in place, visited in the order of adding. */
#include "base/map.h"

#include "base/arena.h"
#include "tests/lib/tap.h"

#include <string.h>

int
main(void)
{
	struct arena *arena = arena_new();
	struct map map = { 0 };
	bool is_found = true;
	bool is_ordered = true;
	int values[5000];

	tap_ok(map_get(&map, "x") == NULL && !map_has(&map, "x"), "an empty map has no key");
	for (int i = 0; i < 5000; i++)
		map_set(arena, &map, arena_printf(arena, "key-%d", i), &values[i]);
	for (int i = 0; i < 5000; i++) {
		const char *key = arena_printf(arena, "key-%d", i);

		is_found = is_found && map_get(&map, key) == &values[i];
		is_ordered = is_ordered && strcmp(map.entries[i].key, key) == 0;
	}
	tap_ok(is_found, "5000 keys are found");
	tap_ok(is_ordered, "entries stand in the order of adding");
	tap_ok(!map_has(&map, "key-5000") && !map_has(&map, ""), "other keys are not");
	map_set(arena, &map, "key-7", &values[8]);
	tap_ok(map_get(&map, "key-7") == &values[8] && map.len == 5000, "a value is replaced");
	tap_ok(map.entries[7].value == &values[8], "in its old place");
	map_set(arena, &map, "none", NULL);
	tap_ok(map_get(&map, "none") == NULL && map_has(&map, "none"), "NULL is a value");
	arena_free(&arena);
	return tap_done();
}
