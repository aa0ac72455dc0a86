/* SPDX-License-Identifier: MIT */
/*
 * compose: link the parts of images into slot images and program images.
 */
#ifndef LINKER_IMAGE_COMPOSE_H
#define LINKER_IMAGE_COMPOSE_H

#include "linker/image/state.h"

/*
 * Link one slot that is not settled; the slots it uses must be settled.
 *
 * Errors: ERR_SLOT_FULL, ERR_SYMBOL, ERR_FAILED (the static linker refused), ERR_NO_SPACE, ERR_IO
 */
int compose_slot(struct link_state *state, struct library *library);

/*
 * Link all programs that are not settled; all slots must be settled.
 *
 * Errors: as compose_slot()
 */
int compose_programs(struct link_state *state);

/*
 * Link one plug-in that is not settled; all slots and its program must be settled.
 *
 * Errors: as compose_slot()
 */
int compose_plugin(struct link_state *state, struct plugin *plugin);

#endif
