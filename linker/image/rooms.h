/* SPDX-License-Identifier: MIT */
/*
 * rooms: where in its slot each export stands, so that updates move nothing.
 *
 * The section of each exported function has a room with slack. A new version
 * keeps every export at its old address as long as its body fits its old room;
 * a function that outgrew it leaves a jump there and moves behind the rooms.
 */
#ifndef LINKER_IMAGE_ROOMS_H
#define LINKER_IMAGE_ROOMS_H

#include "base/map.h"
#include "base/str.h"
#include "kernel-iface/arch.h"
#include "linker/elf/elf_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The symbol that stands in an image where a function left a jump: this and the function's name. */
#define ROOMS_ENTRY_PREFIX "__weld_entry."

struct rooms_object { /* one relocatable object of the image */
	const char *path; /* as the static linker sees it */
	const struct elf_file *file;
};

struct rooms_request {
	enum arch arch;
	const struct rooms_object *objects;
	size_t object_count;
	const struct map *exports; /* names */
	uint64_t base; /* of the slot */
	const struct elf_file *old; /* the image whose exports are to stay; NULL for none */
	uint32_t
		order; /* of functions that are placed afresh: drawn from it; 0: that of the objects */
	bool is_constant; /* lists of constructors are read-only */
};

/*
 * Write the script that makes the static linker place everything.
 *
 * With an old image, *ret_fits says whether every export of it can stay; when
 * it cannot, or when functions stand in another order there, the script is that of a fresh layout.
 *
 * Owner:  the caller frees ret_script with strbuf_free()
 */
void rooms_plan(struct arena *arena, const struct rooms_request *request, bool *ret_fits,
	struct strbuf *ret_script);

/*
 * Estimate how long a slot of a fresh layout of these objects will be: what the static linker drops is counted, too.
 *
 * Units: bytes
 */
uint64_t rooms_measure(struct arena *arena, const struct rooms_request *request);

#endif
