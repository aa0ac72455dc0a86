/* SPDX-License-Identifier: MIT */
/*
 * find_sites: the sites of an image, out of its objects and where the static linker put them.
 */
#ifndef LINKER_IMAGE_FIND_SITES_H
#define LINKER_IMAGE_FIND_SITES_H

#include "linker/elf/elf_file.h"
#include "linker/image/link_map.h"
#include "linker/image/record.h"
#include "linker/image/sites.h"

struct find_sites_request {
	const struct record_object *objects; /* as they were linked */
	size_t object_count;
	const struct link_map *map; /* none of it is taken */
	const struct elf_file *file; /* the image */
};

/*
 * Find every place where an image holds an address of its bindings.
 *
 * Each is tried: writing the addresses that the image is bound to must give the image again.
 * `sites` has all but the sites, which are added.
 *
 * Owner:  the arena
 * Errors: ERR_FORMAT (there is a reference that is not understood, so that the image must
 * always be linked; it says which)
 */
int
find_sites(struct arena *arena, const struct find_sites_request *request, struct sites *sites);

#endif
