/* SPDX-License-Identifier: MIT */
/*
 * rebind: images that differ from existing ones only in the addresses of their slots' exports.
 *
 * Such an image is a copy of the existing one, its model, with other addresses in
 * it. What does not fit is left to compose.h.
 */
#ifndef LINKER_IMAGE_REBIND_H
#define LINKER_IMAGE_REBIND_H

#include "linker/facts.h"
#include "linker/image/find_sites.h"
#include "linker/image/state.h"

struct rebind_record { /* what is known of an image that was linked */
	struct digest link_key;
	const struct facts_binding *bindings; /* `slot` is an index of the image's slots */
	size_t binding_count;
	const char *const *open; /* symbols that nothing defines */
	size_t open_count;
	const char *output; /* path of the image: the sites are written beside it */
};

/*
 * Record what it takes to bind an image again that was just linked, and whose digest is set.
 *
 * An image with a reference that is not understood has no such record.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int rebind_record(struct link_state *state, struct image *image,
	const struct rebind_record *record, const struct find_sites_request *request);

/* Find the models of the images that are not settled. */
void rebind_find_models(struct link_state *state);

/*
 * Bind a slot again that is not settled; the slots it uses must be settled. Without a model,
 * or when it does not fit, the slot is left unsettled, and has no model.
 *
 * Errors: ERR_NO_SPACE, ERR_IO
 */
int rebind_slot(struct link_state *state, struct library *library);

/* Likewise, all programs that are not settled, with all cores. */
int rebind_programs(struct link_state *state);

#endif
