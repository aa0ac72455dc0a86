/* SPDX-License-Identifier: MIT */
/* Maps from names to what the generation says of them, made once. */
#include "pkgd/audit/holding.h"

#include "base/arena.h"
#include "base/str.h"

#include <string.h>

/* What a package provides as "lib:z = 1.2.13-1" is its library z. */
static void
add_libraries(
	struct holding *holding, struct arena *arena, const struct generation_package *package)
{
	for (size_t i = 0; i < package->provide_count; i++) {
		struct str rest = str_from(package->provides[i]);
		struct str name;

		if (!str_has_prefix(rest.at, "lib:") || !str_cut(&rest, ' ', &name))
			continue;
		name.at += strlen("lib:");
		name.len -= strlen("lib:");
		map_set(arena, &holding->owners, str_copy(arena, name), (void *)package);
	}
}

static void
add_plugin(struct holding *holding, struct arena *arena, const struct generation_image *image)
{
	const char *path = generation_plugin_path(image);
	struct str program = { image->name, (size_t)(path - image->name) - 1 };
	struct holding_plugin *plugin = ARENA_NEW(arena, struct holding_plugin);
	const char *name = str_copy(arena, program);

	*plugin = (struct holding_plugin){ image, map_get(&holding->plugins, name) };
	map_set(arena, &holding->plugins, name, plugin);
}

const struct holding_plugin *
holding_find_plugins(const struct holding *holding, const struct generation_image *program)
{
	return program->is_slot ? NULL : map_get(&holding->plugins, program->name);
}

void
holding_init(struct holding *holding, struct arena *arena, const struct generation *generation)
{
	*holding = (struct holding){ .generation = generation };
	for (size_t i = 0; i < generation->package_count; i++) {
		const struct generation_package *package = &generation->packages[i];

		map_set(arena, &holding->labels, generation_package_label(arena, package),
			(void *)package);
		add_libraries(holding, arena, package);
	}
	for (size_t i = 0; i < generation->image_count; i++) {
		const struct generation_image *image = &generation->images[i];

		if (image->is_slot)
			map_set(arena, &holding->slots, image->name, (void *)image);
		if (image->is_plugin)
			add_plugin(holding, arena, image);
		for (size_t k = 0; !image->is_slot && k < image->slot_count; k++)
			map_set(arena, &holding->users, image->slots[k], NULL);
	}
}

const struct generation_image *
holding_find_slot(const struct holding *holding, const char *library)
{
	return map_get(&holding->slots, library);
}

static bool
has_code(const struct holding *holding, const struct generation_image *image,
	const struct generation_package *package)
{
	if (map_get(&holding->labels, image->package) == package)
		return true;
	for (size_t i = 0; i < image->private_count; i++)
		if (map_get(&holding->owners, image->privates[i]) == package)
			return true;
	return false;
}

bool
holding_concerns(const struct holding *holding, const struct generation_image *image,
	const struct generation_package *package)
{
	if (has_code(holding, image, package))
		return true;
	for (size_t i = 0; i < image->slot_count; i++) {
		const struct generation_image *slot =
			holding_find_slot(holding, image->slots[i]);

		if (slot != NULL && has_code(holding, slot, package))
			return true;
	}
	for (const struct holding_plugin *plugin = holding_find_plugins(holding, image);
		plugin != NULL; plugin = plugin->next)
		if (holding_concerns(holding, plugin->image, package))
			return true;
	return false;
}

bool
holding_is_unused(const struct holding *holding, const struct generation_image *slot)
{
	return !map_has(&holding->users, slot->name);
}
