/* SPDX-License-Identifier: MIT */
/*
 * A file of ROOT/state that belongs to a change of the generation. Its text stands in the change's event, which
 * is committed before the rename; the file is written after. In between the event is pending and
 * its generation is current: then its text counts.
 */
#include "store/generation/tree.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "store/database/database.h"
#include "store/root/handle.h"
#include "store/store.h"

static char *
place_of(struct arena *arena, const char *path)
{
	return arena_printf(arena, "state/%s", path);
}

int
tree_write_state_file(struct store *store, const struct generation_state_file *file)
{
	struct arena *arena AUTO(arena_free) = arena_new();

	return err_context(file_replace(store->dir, place_of(arena, file->path), file->text.at,
				   file->text.len, 0644),
		"state/%s", file->path);
}

int
generation_read_state_file(struct arena *arena, const struct store *store, const char *path,
	size_t max_bytes, struct str *ret_text)
{
	uint64_t current;
	int ret;

	TRY(store_current(store, &current));
	/* A root that is being repaired has no database: then the file is all there is. */
	if (store->db != NULL && current > 0) {
		ret = database_find_state_file(arena, store, current, path, ret_text);
		if (ret != ERR_NOT_FOUND)
			return ret;
	}
	return file_read(arena, store->dir, place_of(arena, path), max_bytes, ret_text);
}
