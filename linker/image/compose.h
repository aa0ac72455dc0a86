/* SPDX-License-Identifier: MIT */
/*
 * compose: link the parts of images into slot images and program images.
 */
#ifndef LINKER_IMAGE_COMPOSE_H
#define LINKER_IMAGE_COMPOSE_H

#include "kernel-iface/image_note.h"
#include "linker/image/state.h"

/*
 * Link slots that are not settled, with all cores; the slots that they use must be settled.
 *
 * Errors: ERR_SLOT_FULL, ERR_SYMBOL, ERR_FAILED (the static linker refused), ERR_NO_SPACE, ERR_IO
 */
int compose_slots(struct link_state *state, struct library **libraries, size_t count);

/*
 * Link all programs that are not settled; all slots must be settled.
 *
 * Errors: as compose_slots()
 */
int compose_programs(struct link_state *state);

/*
 * Link one plug-in that is not settled; all slots and its program must be settled.
 *
 * Errors: as compose_slots()
 */
int compose_plugin(struct link_state *state, struct plugin *plugin);

/* Read the layout of a settled slot, unless it is known. Errors: ERR_DIGEST, ERR_FORMAT, ERR_IO */
int compose_read_layout(struct link_state *state, struct library *library);

struct compose_bound { /* the slots that an image is bound to, what is needed first is first */
	struct library **libraries;
	size_t count;
	const struct image_slot *slots; /* of a program: as its note lists them */
};

/*
 * Say which slots an image is bound to; they must be settled.
 *
 * `used` has the names of those that symbols of it are in, and gets those that come with them.
 * `program` is NULL for a slot.
 *
 * Owner: the arena of the state
 */
void compose_bind_again(struct link_state *state, struct image *image, struct program *program,
	struct map *used, struct compose_bound *ret_bound);

/* The current slot of a library; NULL when it has none. */
const struct link_slot *
compose_find_current(const struct link_request *request, const char *name);

#endif
