/* SPDX-License-Identifier: MIT */
/*
 * Facts are read, not mapped: every byte of them is checked anyway, and for files of 40 KB mapping and
 * unmapping take longer than copying.
 */
#include "pkgd/audit/library.h"

#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "store/store.h"

#define FACTS_MAX ((size_t)1 << 30) /* bytes */
#define DEPTH_MAX 100 /* slots that need slots that need slots ... */

void
library_init(struct library *library, struct store *store, const struct holding *holding,
	struct audit_images *images)
{
	*library = (struct library){ .store = store, .holding = holding, .images = images };
}

static int
add_image(const struct library *library, const struct generation_image *image,
	uint32_t *ret_index)
{
	struct arena *arena = library->images->arena;
	const char *path = arena_printf(arena, "store/%s/%s", image->store_name, FACTS_FILE);
	struct str bytes;
	int ret;

	ret = file_read(arena, store_root_dir(library->store), path, FACTS_MAX, &bytes);
	if (ret == ERR_NOT_FOUND)
		return err_set(ERR_NOT_FOUND,
			"%s: it was linked without facts (run 'weld relink')", image->name);
	if (ret >= 0)
		ret = audit_images_add(library->images, bytes, &image->digest, ret_index);
	return err_context(ret, "%s: facts", image->name);
}

static int
load_one(struct library *library, const struct generation_image *image, uint32_t *ret_index)
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
				       : load_one(library, slot, &index);

		if (ret < 0) {
			library->depth--;
			return ret;
		}
	}
	library->depth--;
	return add_image(library, image, ret_index);
}

static int
load_plugins(struct library *library, const struct generation_image *program)
{
	const struct holding_plugin *plugin = holding_find_plugins(library->holding, program);
	uint32_t index;

	for (; plugin != NULL; plugin = plugin->next)
		TRY(load_one(library, plugin->image, &index));
	return 0;
}

int
library_load(struct library *library, const struct generation_image *image, uint32_t *ret_index)
{
	TRY(load_one(library, image, ret_index));
	return image->is_slot ? 0 : load_plugins(library, image);
}
