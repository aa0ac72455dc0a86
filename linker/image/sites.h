/* SPDX-License-Identifier: MIT */
/*
 * sites: where an image refers to its slots, recorded when it is linked.
 *
 * A sites file stands beside its image in the store. With it an image can be
 * bound again to slots whose exports have moved, without compiler and static linker.
 */
#ifndef LINKER_IMAGE_SITES_H
#define LINKER_IMAGE_SITES_H

#include "base/hash.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct sites_binding { /* a symbol of a slot that the image uses */
	const char *symbol;
	uint32_t slot; /* index of the slots' names */
	bool is_function;
	uint64_t address; /* that it is bound to */
};

struct site {
	uint32_t offset; /* in the image file */
	uint32_t type; /* ELF relocation of the machine */
	uint32_t binding;
	int64_t addend;
};

struct sites {
	uint16_t machine; /* ELF */
	struct digest
		link_key; /* of all that decides the image's bytes, but for the addresses */
	struct digest labels; /* of the packages' names in its facts */
	struct digest image; /* of the image file */
	const char *const *slots; /* libraries that the bindings are of */
	size_t slot_count;
	const struct sites_binding *bindings;
	size_t binding_count;
	const char *const *open; /* symbols that nothing defines: weak ones */
	size_t open_count;
	const struct site *sites; /* by offset; two never overlap */
	size_t site_count;
};

/*
 * Write a sites file.
 *
 * Shape:  one form for the same sites
 * Owner:  the caller frees ret_bytes with strbuf_free()
 * Source: weld-sites(5)
 */
void sites_pack(const struct sites *sites, struct strbuf *ret_bytes);

/*
 * Read a sites file. The bytes may be anything.
 *
 * All indexes are checked, and that each kind of relocation is known; offsets must be compared with the image.
 *
 * Owner:  the arena, and `bytes`, which must stay
 * Errors: ERR_FORMAT
 */
int sites_unpack(struct arena *arena, struct str bytes, struct sites *ret_sites);

/*
 * Write other addresses into an image: those of `addresses`, one a binding.
 *
 * Units:  addresses are virtual ones
 * Owner:  `image` is changed in place; after a failure it is of no use
 * Errors: ERR_FORMAT (sites and image do not belong together), ERR_RANGE (an address does not fit)
 */
int sites_apply(const struct sites *sites, const uint64_t *addresses, struct str image);

#endif
