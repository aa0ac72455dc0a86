/* SPDX-License-Identifier: MIT */
/*
 * layout: which address each export of a slot image has.
 *
 * Two versions of a library with the same layout can stand in for each other:
 * a program that is bound to one runs with the other.
 */
#ifndef LINKER_IMAGE_LAYOUT_H
#define LINKER_IMAGE_LAYOUT_H

#include "base/hash.h"
#include "base/map.h"
#include "kernel-iface/image_note.h"
#include "linker/elf/elf_file.h"

struct layout_entry {
	const char *name;
	uint64_t address;
	uint64_t size; /* bytes of a variable; 0 for a function */
	bool is_function;
};

struct layout {
	struct layout_entry *entries; /* sorted by name */
	size_t count;
	struct map by_name; /* to struct layout_entry */
	struct image_tls tls; /* the range of its thread-local variables */
	struct digest id; /* of base, range and entries */
};

/*
 * Read the export table of a slot image.
 *
 * `exports` says which symbols count; one that the image lacks is left out.
 *
 * Owner: the arena
 */
void layout_read(struct arena *arena, const struct elf_file *image, uint64_t base,
	const struct image_tls *tls, const struct map *exports, struct layout *ret_layout);

/* The entry of a symbol; NULL when the slot does not export it. */
const struct layout_entry *layout_find(const struct layout *layout, const char *name);

#endif
