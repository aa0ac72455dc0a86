/* SPDX-License-Identifier: MIT */
/* The cache of lowered objects gives back what was put in, and never damage. */
#include "base/arena.h"
#include "base/file.h"
#include "linker/image/object_cache.h"
#include "tests/lib/tap.h"

#include <sys/stat.h>
#include <unistd.h>

int
main(void)
{
	struct arena *arena = arena_new();
	struct digest key = hash_bytes("key", 3);
	char hex[DIGEST_HEX_SIZE];
	char *directory = NULL;
	char *path;
	const struct object_cache_entry kept = { str_from("machine code"), str_from("facts") };
	struct object_cache_entry entry;
	int fd;

	if (file_temp_dir(arena, "/tmp", &directory) < 0)
		return 1;
	path = arena_printf(arena, "%s/objects/%s", directory, digest_hex(&key, hex));
	directory = arena_printf(arena, "%s/objects", directory);
	tap_ok(object_cache_get(arena, directory, &key, &entry) == 0,
		"an empty cache has nothing");
	tap_ok(object_cache_put(directory, &key, &kept) == 0, "an object is kept");
	tap_ok(object_cache_get(arena, directory, &key, &entry) == 1 &&
			str_is(entry.object, "machine code") && str_is(entry.facts, "facts"),
		"it comes back whole");
	fd = open(path, O_WRONLY);
	tap_ok(fd >= 0 && pwrite(fd, "X", 1, 3) == 1,
		"one byte is changed behind the cache's back");
	close(fd);
	tap_ok(object_cache_get(arena, directory, &key, &entry) == 0,
		"the damaged entry counts as none");
	tap_ok(!file_exists(AT_FDCWD, path), "and is gone");
	chmod(directory, 0555);
	if (geteuid() != 0)
		tap_is_number(object_cache_put(directory, &key, &kept), 0,
			"what cannot be kept is no error");
	file_remove_tree(AT_FDCWD, arena_printf(arena, "%s/..", directory));
	file_remove_tree(AT_FDCWD, directory);
	arena_free(&arena);
	return tap_done();
}
