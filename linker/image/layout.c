/* SPDX-License-Identifier: MIT */
/*
 * The layout id covers what a bound program relies on: names, kinds, addresses
 * and the sizes of variables. Sizes of functions may change.
 */
#include "linker/image/layout.h"

#include "base/arena.h"
#include "linker/image/rooms.h"

#include <stdlib.h>
#include <string.h>

static bool
is_export(const struct elf_symbol *symbol, const struct map *exports)
{
	return symbol->binding != STB_LOCAL && symbol->section != SHN_UNDEF &&
	       symbol->visibility != STV_HIDDEN && symbol->visibility != STV_INTERNAL &&
	       symbol->type != STT_TLS && map_has(exports, symbol->name);
}

/* The jumps that functions left behind: others call them there. */
static void
find_entries(struct arena *arena, const struct elf_file *image, struct map *entries)
{
	size_t prefix = sizeof ROOMS_ENTRY_PREFIX - 1;

	for (size_t i = 0; i < image->symbol_count; i++)
		if (str_has_prefix(image->symbols[i].name, ROOMS_ENTRY_PREFIX))
			map_set(arena, entries, image->symbols[i].name + prefix,
				(void *)&image->symbols[i]);
}

static int
compare_entries(const void *a, const void *b)
{
	const struct layout_entry *left = a;
	const struct layout_entry *right = b;

	return strcmp(left->name, right->name);
}

static struct digest
digest_of(const struct layout *layout, uint64_t base)
{
	struct hash hash;

	hash_init(&hash);
	hash_add_string(&hash, "weld layout 2");
	hash_add_u64(&hash, base);
	hash_add_u64(&hash, layout->tls.start);
	hash_add_u64(&hash, layout->tls.size);
	hash_add_u64(&hash, layout->tls.align);
	for (size_t i = 0; i < layout->count; i++) {
		hash_add_string(&hash, layout->entries[i].name);
		hash_add_u64(&hash, layout->entries[i].is_function);
		hash_add_u64(&hash, layout->entries[i].address);
		hash_add_u64(&hash, layout->entries[i].size);
	}
	return hash_end(&hash);
}

void
layout_read(struct arena *arena, const struct elf_file *image, uint64_t base,
	const struct image_tls *tls, const struct map *exports, struct layout *ret_layout)
{
	struct layout layout = { .tls = *tls };
	struct map entries = { 0 };

	layout.entries = arena_array(arena, image->symbol_count, sizeof *layout.entries);
	find_entries(arena, image, &entries);
	for (size_t i = 0; i < image->symbol_count; i++) {
		const struct elf_symbol *symbol = &image->symbols[i];
		bool is_function = symbol->type == STT_FUNC || symbol->type == STT_NOTYPE;
		const struct elf_symbol *entry = map_get(&entries, symbol->name);

		if (!is_export(symbol, exports))
			continue;
		layout.entries[layout.count++] = (struct layout_entry){ .name = symbol->name,
			.address = entry != NULL ? entry->value : symbol->value,
			.size = is_function ? 0 : symbol->size,
			.is_function = is_function };
	}
	if (layout.count > 0)
		qsort(layout.entries, layout.count, sizeof *layout.entries, compare_entries);
	for (size_t i = 0; i < layout.count; i++)
		map_set(arena, &layout.by_name, layout.entries[i].name, &layout.entries[i]);
	layout.id = digest_of(&layout, base);
	*ret_layout = layout;
}

const struct layout_entry *
layout_find(const struct layout *layout, const char *name)
{
	return map_get(&layout->by_name, name);
}
