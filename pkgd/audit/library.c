/* SPDX-License-Identifier: MIT */
/*
 * A facts file is mapped, not read: of a large one only what a search touches comes into memory.
 * Files in the store are never changed, so that the mapping cannot either.
 */
#include "pkgd/audit/library.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "store/store.h"

#include <string.h>
#include <sys/mman.h>

#define DEPTH_MAX 100 /* slots that need slots that need slots ... */

void
library_init(struct library *library, struct store *store, const struct holding *holding,
	struct audit_images *images)
{
	*library = (struct library){ .store = store, .holding = holding, .images = images };
}

static int
map_file(const struct library *library, const char *path, struct str *ret_bytes)
{
	int fd AUTO(file_close) = -1;
	uint64_t size;
	void *at;

	TRY(file_open(store_root_dir(library->store), path, &fd));
	TRY(file_size(fd, &size));
	if (size == 0 || size > SIZE_MAX / 2)
		return err_set(ERR_FORMAT, "the facts are empty");
	at = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (at == MAP_FAILED)
		return err_errno("facts");
	*ret_bytes = (struct str){ at, (size_t)size };
	return 0;
}

static int
add_image(const struct library *library, const struct generation_image *image,
	uint32_t *ret_index)
{
	struct arena *arena = library->images->arena;
	const char *path = arena_printf(arena, "store/%s/%s", image->store_name, FACTS_FILE);
	struct str bytes;
	int ret;

	if (!file_exists(store_root_dir(library->store), path))
		return err_set(ERR_NOT_FOUND,
			"%s: it was linked without facts (run 'weld relink')", image->name);
	TRY(err_context(map_file(library, path, &bytes), "%s", image->name));
	ret = audit_images_add(library->images, bytes, ret_index);
	if (ret < 0)
		munmap((void *)bytes.at, bytes.len);
	return err_context(ret, "%s: facts", image->name);
}

int
library_load(struct library *library, const struct generation_image *image, uint32_t *ret_index)
{
	uint32_t index;

	if (image->is_slot) {
		*ret_index = audit_images_find_slot(library->images, image->name);
		if (*ret_index != AUDIT_NO_IMAGE)
			return 0;
	}
	if (library->depth >= DEPTH_MAX)
		return err_set(ERR_FORMAT, "%s: its slots need each other", image->name);
	library->depth++;
	for (size_t i = 0; i < image->slot_count; i++) {
		const struct generation_image *slot =
			holding_find_slot(library->holding, image->slots[i]);
		int ret = slot == NULL ? err_set(ERR_NOT_FOUND, "%s: its slot %s is missing",
						 image->name, image->slots[i])
				       : library_load(library, slot, &index);

		if (ret < 0) {
			library->depth--;
			return ret;
		}
	}
	library->depth--;
	return add_image(library, image, ret_index);
}

void
library_close(struct audit_images *images)
{
	for (size_t i = 0; i < images->at.len; i++)
		munmap((void *)images->at.at[i].facts.bytes.at,
			images->at.at[i].facts.bytes.len);
	images->at.len = 0;
}
