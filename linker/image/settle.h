/* SPDX-License-Identifier: MIT */
/*
 * settle: the keys of images, and the images that are there already.
 */
#ifndef LINKER_IMAGE_SETTLE_H
#define LINKER_IMAGE_SETTLE_H

#include "linker/image/state.h"

/*
 * Keep a slot whose key is that of a reserved one; its own slots must be settled.
 *
 * Sets the key in any case. Does nothing when a slot below it is not settled yet.
 */
void settle_slot(struct link_state *state, struct library *library);

/* Whether every slot that an image uses is settled. */
bool settle_has_slots(const struct image *image);

/* Keep a program whose key is that of an existing image; as settle_slot(). */
void settle_program(struct link_state *state, struct program *program);

/* Keep a plug-in's image whose key is that of a reserved one; its program must be settled. */
void settle_plugin(struct link_state *state, struct plugin *plugin);

/*
 * The digest of all that decides the bytes of an image in its tier, but for the layouts of its
 * slots; settle_all() must have been called.
 */
struct digest
settle_link_key_of_slot(const struct link_state *state, const struct library *library);
struct digest
settle_link_key_of_program(const struct link_state *state, const struct program *program);

/* Keep every image that can be kept before anything is lowered. */
void settle_all(struct link_state *state);

#endif
